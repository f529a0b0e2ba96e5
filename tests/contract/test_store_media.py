"""The contract of `bot.ports.Store`: files that people sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.place import Datum, Pin
from bot.ports import Store
from tests.fakes.changesets import NOW, file, person, turn

A = person()


async def test_a_file_is_found_by_its_id(store: Store) -> None:
    one, two = file("f1", A), file("f2", A, deadline=None)
    await store.commit(Changes(at=NOW, attachments=[one, two]))
    assert list(await store.reader.attachments(["f2", "nothing", "f1"])) == [two, one]
    assert not await store.reader.attachments([])


async def test_pending_ones_come_in_the_order_in_which_they_expire(store: Store) -> None:
    later = replace(file("later", A), next_try_at=NOW + timedelta(minutes=1))
    files = [file("never", A, deadline=None), file("slow", A), file("soon", A, deadline=1), later]
    await store.commit(Changes(at=NOW, attachments=[*files, file("stored", A, state="stored")]))
    assert [f.id for f in await store.pending_media(NOW, 10)] == ["soon", "slow", "never"]
    assert [f.id for f in await store.pending_media(NOW + timedelta(minutes=1), 3)] == ["soon", "later", "slow"]


async def test_a_fetch_is_written_down_and_the_ticket_filed_meanwhile_stays(store: Store) -> None:
    one = file("f1", A)
    await store.commit(Changes(at=NOW, attachments=[one]))
    await store.commit(Changes(at=NOW, filed_attachments=[("d1", "260304-00017")]))
    got = replace(one, state="stored", sha256="ab" * 32, bytes=7, mime="image/png", attempts=2, problem="")
    await store.settle_media(got)
    (found,) = await store.reader.attachments(["f1"])
    assert found == replace(got, ticket="260304-00017")
    assert not await store.pending_media(NOW, 10)


async def test_a_file_dropped_meanwhile_stays_dropped(store: Store) -> None:
    one = file("f1", A)
    await store.commit(Changes(at=NOW, attachments=[one]))
    await store.commit(Changes(at=NOW, dropped_attachments=["d1"]))
    await store.settle_media(replace(one, state="stored", sha256="ab" * 32))
    (found,) = await store.reader.attachments(["f1"])
    assert (found.state, found.sha256) == ("dropped", "")


async def test_dropping_a_draft_leaves_what_was_filed(store: Store) -> None:
    await store.commit(Changes(at=NOW, attachments=[file("f1", A), file("f2", A, draft="d2")]))
    await store.commit(Changes(at=NOW, filed_attachments=[("d1", "260304-00017")]))
    await store.commit(Changes(at=NOW, dropped_attachments=["d1", "d2"]))
    found = await store.reader.attachments(["f1", "f2"])
    assert [(f.state, f.ticket) for f in found] == [("pending", "260304-00017"), ("dropped", "")]


async def test_a_file_and_its_filing_in_one_batch(store: Store) -> None:
    await asyncio.gather(
        store.commit(Changes(at=NOW, attachments=[file("f1", A)])),
        store.commit(Changes(at=NOW, filed_attachments=[("d1", "260304-00017")])),
    )
    (found,) = await store.reader.attachments(["f1"])
    assert found.ticket == "260304-00017"


async def test_a_file_can_move_to_another_draft_or_ticket(store: Store) -> None:
    await store.commit(Changes(at=NOW, attachments=[file("f1", A), file("f2", A)]))
    await store.commit(Changes(at=NOW, moved_attachments=[("f1", "d2", ""), ("f2", "", "260304-00017")]))
    found = await store.reader.attachments(["f1", "f2"])
    assert [(f.draft, f.ticket) for f in found] == [("d2", ""), ("", "260304-00017")]


async def test_the_talk_shows_files_and_places(store: Store) -> None:
    changes = turn(A, 1, "m1", text="")
    assert changes.message is not None
    pin = Pin(31.2, 121.4, Datum.GCJ02, "路口")
    changes.message = replace(changes.message, pin=pin)
    changes.attachments += [file("f1", A), replace(file("f2", A), message="elsewhere")]
    await store.commit(changes)
    said, answered = await store.reader.talk(A)
    assert (said.id, said.pin, said.attachments) == ("m1", pin, (file("f1", A),))
    assert answered.id == "m1/answer"
