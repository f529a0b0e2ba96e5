"""Copies of files are made once, covered ones when somebody asks for them; heard words are kept, and given up."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes
from bot.domain.evidence import NO_COPIES, Box, Boxing, Copy, Rendition, Transcript
from bot.domain.numbers import make
from storage.sql_store import SqlStore
from tests.fakes.changesets import NOW, file, person

A = person()
N = make(NOW.date(), 1)
SHA = "ab" * 32
FACE, PLATE = Box(10.0, 20.0, 5.5, 5.0), Box(50.0, 50.0, 10.0, 10.0)


def stored(id_: str, number: str = N, **fields: object) -> AttachmentRecord:
    given = {"state": "stored", "sha256": SHA, "mime": "image/jpeg", "bytes": 7, "ticket": number, "draft": ""}
    return replace(file(id_, A), **{**given, **fields})


def copy(id_: str, kind: Copy, sha256: str = SHA, **fields: object) -> Rendition:
    made = Rendition(attachment=id_, kind=kind, sha256=sha256, mime="image/jpeg", bytes=3, width=2, height=1)
    return replace(made, **fields)


async def test_every_file_is_tried_once_the_oldest_first(store: SqlStore) -> None:
    later = stored("later", created_at=NOW + timedelta(seconds=1))
    await store.commit(Changes(at=NOW, attachments=[later, stored("first"), file("pending", A)]))
    assert [each.id for each in await store.unrendered(9)] == ["first", "later"]
    await store.keep_renditions("first", [copy("first", Copy.SHOWN), copy("first", Copy.THUMB)], False)
    await store.keep_renditions("later", [], False)
    assert await store.unrendered(9) == []
    copies = await store.reader.copies(["first", "later", "nobody"])
    assert copies["first"].of(Copy.SHOWN) == copy("first", Copy.SHOWN)
    assert copies["first"].copied
    assert copies["later"] == replace(NO_COPIES, rendered=True)
    assert "nobody" not in copies


async def test_what_is_to_be_covered_waits_until_it_is(store: SqlStore) -> None:
    await store.commit(Changes(at=NOW, attachments=[stored("a")]))
    await store.keep_renditions("a", [copy("a", Copy.SHOWN)], False)
    await store.commit(Changes(at=NOW, boxings=[Boxing(attachment="a", boxes=(FACE,), by="s", at=NOW)]))
    ((record, wanted),) = await store.unboxed(9)
    assert (record.id, wanted.boxes, wanted.by) == ("a", (FACE,), "s")
    assert (await store.reader.copies(["a"]))["a"].of(Copy.BOXED) is None
    made = [copy("a", kind, boxes=(FACE,), by="s") for kind in (Copy.BOXED, Copy.BOXED_THUMB)]
    await store.keep_boxed(wanted, made)
    assert await store.unboxed(9) == []
    assert (await store.reader.copies(["a"]))["a"].of(Copy.BOXED) == made[0]


async def test_a_copy_that_is_late_does_not_stand_for_other_boxes(store: SqlStore) -> None:
    await store.commit(Changes(at=NOW, attachments=[stored("a")]))
    await store.commit(Changes(at=NOW, boxings=[Boxing(attachment="a", boxes=(FACE,), by="s", at=NOW)]))
    ((_, wanted),) = await store.unboxed(9)
    await store.commit(Changes(at=NOW, boxings=[Boxing(attachment="a", boxes=(FACE, PLATE), by="t", at=NOW)]))
    await store.keep_boxed(wanted, [copy("a", Copy.BOXED, boxes=(FACE,), by="s")])
    ((_, newer),) = await store.unboxed(9)
    assert newer.boxes == (FACE, PLATE)
    assert (await store.reader.copies(["a"]))["a"].of(Copy.BOXED) is None


async def test_a_cover_that_could_not_be_made_is_still_wanted_by_whoever_looks(store: SqlStore) -> None:
    await store.commit(Changes(at=NOW, attachments=[stored("a")]))
    await store.commit(Changes(at=NOW, boxings=[Boxing(attachment="a", boxes=(FACE,), by="s", at=NOW)]))
    ((_, wanted),) = await store.unboxed(9)
    await store.keep_boxed(wanted, [])
    assert await store.unboxed(9) == []
    boxing = (await store.reader.copies(["a"]))["a"].boxing
    assert boxing is not None
    assert (boxing.boxes, boxing.mime) == ((FACE,), "")
    await store.commit(Changes(at=NOW, boxings=[Boxing(attachment="a", boxes=(), by="s", at=NOW)]))
    assert (await store.reader.copies(["a"]))["a"].boxing is None


async def test_voices_of_tickets_are_wanted_and_given_up(store: SqlStore) -> None:
    await store.commit(Changes(at=NOW, attachments=[stored("voice"), stored("draft", ""), stored("mute")]))
    for id_ in ("voice", "draft"):
        await store.keep_renditions(id_, [copy(id_, Copy.SOUND)], True)
    await store.keep_renditions("mute", [copy("mute", Copy.SHOWN)], True)
    at = NOW + timedelta(hours=1)
    (wanted,) = await store.unheard(at, 9)
    assert (wanted.record.id, wanted.sha256, wanted.attempts) == ("voice", SHA, 0)
    later = at + timedelta(minutes=5)
    await store.hear_later("voice", 1, later, NOW - timedelta(days=1))
    assert await store.unheard(at, 9) == []
    (again,) = await store.unheard(later, 9)
    assert again.attempts == 1
    await store.hear_later("voice", 2, later, NOW + timedelta(days=365))
    copies = await store.reader.copies(["voice", "draft"])
    assert copies["draft"].transcript is None  # it was never filed
    assert copies["voice"].transcript is not None


async def test_who_spoke_has_the_last_word(store: SqlStore) -> None:
    await store.commit(Changes(at=NOW, attachments=[stored("a")]))
    said = [("heard", "machine"), ("corrected", "person"), ("heard", "late"), ("corrected", "again")]
    found = []
    for state, words in said:
        await store.commit(Changes(transcripts=[Transcript(attachment="a", state=state, words=words, at=NOW)]))
        transcript = (await store.reader.copies(["a"]))["a"].transcript
        found.append(transcript and transcript.words)
    assert found == ["machine", "person", "person", "again"]


async def test_who_is_erased_leaves_no_name_and_nothing_that_was_not_filed(store: SqlStore) -> None:
    await store.commit(Changes(at=NOW, attachments=[stored("filed"), stored("draft", "")]))
    for id_ in ("filed", "draft"):
        await store.keep_renditions(id_, [copy(id_, Copy.SOUND)], False)
        words = Transcript(attachment=id_, state="corrected", words="x", by=str(A), at=NOW)
        await store.commit(Changes(transcripts=[words]))
    await store.commit(Changes(at=NOW, erased=[A]))
    copies = await store.reader.copies(["filed", "draft"])
    assert copies["draft"].renditions == ()
    assert copies["draft"].transcript is None
    assert copies["filed"].copied
    assert copies["filed"].transcript is not None
    assert copies["filed"].transcript.by == "erased"
