"""How pictures look is kept, and what looks alike is found; findings, and samples of closed tickets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from pathlib import Path

from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes
from bot.domain.findings import Finding, What
from bot.domain.numbers import make
from bot.domain.pictures import Likeness, Look
from bot.domain.ticket import Action, Status
from bot.pictures.seeing import see
from bot.pictures.viewer import Viewer
from bot.ports import Wanted
from bot.runtime.picture_looker import PictureLooker
from storage.media import MediaFolder
from storage.sql_store import SqlStore
from tests.fakes.changesets import NOW, file, person, ticket
from tests.fakes.photos import jpeg, scene

A = person()
N, M = make(NOW.date(), 1), make(NOW.date(), 2)
PHASH = "d3ce4191807e3f87"
SHA = "ab" * 32


def photo(id_: str, number: str = "", **fields: object) -> AttachmentRecord:
    given = {
        "state": "stored",
        "sha256": SHA,
        "mime": "image/jpeg",
        "bytes": 7,
        "ticket": number,
        "draft": "",
        **fields,
    }
    return replace(file(id_, A), **given)


def turned(*bits: int) -> str:
    """`PHASH` with these bits turned."""
    return f"{int(PHASH, 16) ^ sum(1 << bit for bit in bits):016x}"


async def test_files_are_looked_at_once_the_oldest_first(store: SqlStore) -> None:
    later = photo("later", created_at=NOW + timedelta(seconds=1))
    pending, voice = file("pending", A), photo("voice", type="voice")
    await store.commit(Changes(at=NOW, attachments=[later, photo("first"), pending, voice]))
    assert [f.id for f in await store.unseen_pictures(9)] == ["first", "later"]
    await store.keep_look(Look(attachment="first"))
    assert [f.id for f in await store.unseen_pictures(9)] == ["later"]
    await store.settle_media(replace(pending, state="stored", sha256=SHA, mime="image/png"))
    assert {f.id for f in await store.unseen_pictures(9)} == {"pending", "later"}


async def test_how_a_file_looks_is_known_again(store: SqlStore) -> None:
    look = Look(attachment="f1", sha256=SHA, phash=PHASH, taken_at=NOW)
    assert await store.known_look(SHA) is None
    await store.keep_look(look)
    await store.keep_look(look)
    assert await store.known_look(SHA) == replace(look, attachment="")
    assert await store.reader.looks(["f1", "f2"]) == {"f1": look}
    assert await store.reader.looks([]) == {}


async def test_what_was_here_before_and_looks_alike_is_found(store: SqlStore) -> None:
    early = NOW - timedelta(days=400)
    files = {
        "same": (photo("same", M, created_at=early), SHA, PHASH),
        "near": (photo("near", M, created_at=early, sha256="cd" * 32), "cd" * 32, turned(0, 5, 17, 30, 33, 63)),
        "far": (photo("far", M, created_at=early), "ef" * 32, turned(0, 5, 17, 30, 33, 50, 63)),
        "loose": (photo("loose", created_at=early), SHA, PHASH),
        "dropped": (photo("dropped", M, created_at=early, state="dropped"), SHA, PHASH),
        "afterwards": (photo("afterwards", M, created_at=NOW + timedelta(days=1)), SHA, PHASH),
        "mine": (photo("mine"), SHA, PHASH),
        "mine too": (photo("mine too"), SHA, PHASH),
    }
    await store.commit(Changes(at=NOW, attachments=[record for record, _, _ in files.values()]))
    for id_, (_, sha256, phash) in files.items():
        await store.keep_look(Look(attachment=id_, sha256=sha256, phash=phash))
    found = await store.reader.lookalikes(["mine", "mine too"])
    assert [each for each in found if each.attachment == "mine"] == [
        Likeness(attachment="mine", other="same", ticket=M, bits=0),
        Likeness(attachment="mine", other="near", ticket=M, bits=6),
    ]
    assert {each.other for each in found if each.attachment == "mine too"} == {"same", "near"}
    assert not await store.reader.lookalikes([])


async def test_pictures_of_nothing_are_alike_only_when_they_are_the_same_file(store: SqlStore) -> None:
    for id_, sha256 in (("mine", SHA), ("same", SHA), ("other", "cd" * 32)):
        await store.commit(Changes(at=NOW, attachments=[photo(id_, M)]))
        await store.keep_look(Look(attachment=id_, sha256=sha256))
    assert [each.other for each in await store.reader.lookalikes(["mine"])] == ["same"]


async def test_what_comes_in_is_looked_at(store: SqlStore, tmp_path: Path) -> None:
    media = MediaFolder(tmp_path / "media")
    street = jpeg(scene(1), taken="2026:03:01 08:30:00")
    small = jpeg(scene(1).resize((200, 150)), quality=40)
    contents = {"street": street, "again": street, "small": small, "wrong": street[:900], "gone": b"", "page": b"%PDF-"}
    for id_, content in contents.items():
        stored = await media.save(_pieces(content), 10**6)
        kept = photo(id_, N, sha256=stored.sha256, mime=stored.mime, bytes=stored.bytes, type="file")
        if id_ == "gone":
            kept = replace(kept, sha256="ee" * 32, mime="image/jpeg", bytes=5)
        await store.commit(Changes(at=NOW, attachments=[kept]))
    looker = PictureLooker(store, media, Viewer(), lambda: NOW, lambda: UTC)
    assert await looker.once() == len(contents)
    assert await looker.once() == 0
    looks = await store.reader.looks(list(contents))
    assert looks["street"].phash == looks["again"].phash == see(street).phash
    assert looks["street"].taken_at is not None
    assert (looks["wrong"].phash, looks["wrong"].taken_at) == ("", None)
    assert looks.keys() == {"street", "again", "small", "wrong"}
    assert {each.other for each in await store.reader.lookalikes(["small"])} == {"street", "again"}


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


# Findings and samples


async def test_a_finding_takes_the_place_of_the_answers_last_one(store: SqlStore) -> None:
    one = Finding(ticket=N, round=1, what=What.UNFAIR, by="s1", at=NOW, text="已核实")
    two = replace(one, what=What.FALSE_CLOSING, by="s2", text="现场仍未修")
    other = replace(one, round=2)
    await store.commit(Changes(at=NOW, findings=[one, other]))
    assert list(await store.reader.findings(N)) == [one, other]
    await store.commit(Changes(at=NOW, findings=[two]))
    assert list(await store.reader.findings(N)) == [two, other]
    assert not await store.reader.findings(M)


async def test_a_sample_is_drawn_from_what_is_wanted_and_stays_as_more_comes(store: SqlStore) -> None:
    numbers = [make(NOW.date(), counter) for counter in range(1, 41)]
    closed = {number: replace(ticket(number), status=Status.CLOSED, closed_at=NOW, unit="u1") for number in numbers}
    changes = Changes(at=NOW)
    for each in list(closed.values())[:30]:
        changes.ticket(each, each.event(Action.FILE, NOW))
    open_, elsewhere = make(NOW.date(), 100), make(NOW.date(), 101)
    changes.ticket(ticket(open_), ticket(open_).event(Action.FILE, NOW))
    away = replace(closed[numbers[0]], number=elsewhere, unit="u2")
    changes.ticket(away, away.event(Action.FILE, NOW))
    await store.commit(changes)
    wanted = Wanted(statuses=(Status.CLOSED,), units=("u1",), since=NOW - timedelta(days=1))
    first, of = await store.reader.sampled(wanted, "seed", 10)
    assert (len(first), of) == (10, 30)
    assert set(first) <= set(numbers[:30])
    assert (await store.reader.sampled(wanted, "seed", 5))[0] == first[:5]
    assert (await store.reader.sampled(wanted, "another", 10))[0] != first
    more = Changes(at=NOW)
    for each in list(closed.values())[30:]:
        more.ticket(each, each.event(Action.FILE, NOW))
    await store.commit(more)
    after, of = await store.reader.sampled(wanted, "seed", 10)
    assert of == 40
    assert [number for number in after if number in numbers[:30]] == [n for n in first if n in after]
    assert not (await store.reader.sampled(replace_wanted(wanted, "nobody"), "seed", 5))[0]


def replace_wanted(wanted: Wanted, unit: str) -> Wanted:
    return Wanted(statuses=wanted.statuses, units=(unit,), since=wanted.since)
