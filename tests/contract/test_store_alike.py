"""The contract of `bot.ports.alike.AlikeQuestions`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from bot.changes import Changes, Link, Reporter
from bot.domain.people import Address
from bot.domain.place import Place
from bot.domain.ticket import Status, Ticket
from storage.alike import KEPT, LENGTH
from storage.sql_store import SqlStore
from tests.contract.conftest import Opening
from tests.fakes.changesets import NOW, kept, ticket

SINCE = NOW - timedelta(days=90)
ME = Address("web", "me")


def filed(n: int, **fields: Any) -> Ticket:
    given: dict[str, Any] = {"area": "xingfu", "kind": "roads", "filed_at": NOW - timedelta(minutes=100 - n)}
    return replace(ticket(f"260304-{n:05d}"), **(given | fields))


async def near(store: SqlStore, limit: int = 100, **more: Any) -> list[int]:
    return [int(n.number[-5:]) for n in await store.reader.nearby("xingfu", "roads", SINCE, limit, **more)]


async def test_the_newest_open_ones_of_an_area_and_a_kind(opening: Opening) -> None:
    store = await opening()
    await store.commit(
        kept(
            filed(1),
            filed(2, area="other"),
            filed(3, kind="housing"),
            filed(4, filed_at=SINCE - timedelta(seconds=1)),
            filed(5),
            filed(6, status=Status.CLOSED, closed_at=NOW),
        )
    )
    assert await near(store) == [5, 1]
    assert await near(store, ended=True) == [6, 5, 1]
    assert await near(store, 1) == [5]
    assert await store.reader.nearby("nowhere", "roads", SINCE) == []


async def test_words_and_place_come_along(opening: Opening) -> None:
    store = await opening()
    place = Place("人民路", "xingfu", latitude=33.4, longitude=117.7)
    await store.commit(kept(filed(1, text="ＡＢ路燈" + "很" * 500, place=place), filed(2, place=None)))
    second, first = await store.reader.nearby("xingfu", "roads", SINCE)
    assert (first.area, first.latitude, first.longitude) == ("xingfu", 33.4, 117.7)
    assert len(first.text) == LENGTH
    assert first.text.startswith("ab路")
    assert (second.latitude, second.longitude) == (None, None)


async def test_what_ends_is_gone_and_what_has_no_words_yet_is_read_again(opening: Opening) -> None:
    store = await opening()
    await store.commit(kept(filed(1), filed(2, text="")))
    assert await near(store) == [2, 1]
    await store.commit(kept(filed(1, seq=2, status=Status.CLOSED, closed_at=NOW), filed(2, seq=2, text="路灯")))
    (only,) = await store.reader.nearby("xingfu", "roads", SINCE)
    assert (only.number, only.text) == ("260304-00002", "路灯")


async def test_more_than_are_kept_are_found_all_the_same(opening: Opening) -> None:
    store = await opening()
    for begin in range(0, KEPT + 200, 2_000):
        many = (
            filed(n, area=f"a{n // 100}", filed_at=NOW - timedelta(seconds=KEPT * 2 - n), place=None)
            for n in range(begin, begin + 2_000)
        )
        await store.commit(kept(*many))
    for area in range((KEPT + 200) // 100):
        assert len(await store.reader.nearby(f"a{area}", "roads", SINCE)) == 100
    assert len(await store.reader.nearby("a0", "roads", SINCE)) == 100


async def test_what_somebody_is_to_a_ticket(opening: Opening) -> None:
    store = await opening()
    assert await store.reader.role(ME, "260304-00001") == ""
    await store.commit(Changes(at=NOW, reporters=[Reporter("260304-00001", ME, "joined", NOW)]))
    assert await store.reader.role(ME, "260304-00001") == "joined"
    await store.commit(Changes(at=NOW, removed_reporters=[("260304-00001", ME)]))
    assert await store.reader.role(ME, "260304-00001") == ""
    assert not await store.reader.owns(ME, "260304-00001")


async def test_a_link_can_be_taken_back(opening: Opening) -> None:
    store = await opening()
    links = [Link(ticket="a", kind=kind, other="b", by="id-1", at=NOW) for kind in ("merged", "repeats")]
    await store.commit(Changes(at=NOW, links=links))
    await store.commit(Changes(at=NOW, unlinked=[("a", "merged", "b"), ("a", "merged", "c")]))
    assert [link.kind for link in await store.reader.links("a")] == ["repeats"]
