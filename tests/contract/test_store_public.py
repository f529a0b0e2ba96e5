"""The contract of `bot.ports.public_questions.PublicQuestions`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.place import Place
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.work import Work
from bot.ports import Released
from storage.sql_store import SqlStore
from tests.contract.conftest import Opening
from tests.fakes.changesets import NOW, kept, ticket

ALL = Released(kinds=("roads", "environment"))


def case(n: int, released: str = "a copy", **fields: Any) -> Ticket:
    """A ticket, the newer the higher its number."""
    at = NOW - timedelta(days=100 - n)
    given: dict[str, Any] = {"kind": "roads", "filed_at": at, "place": None, "hidden": False}
    given["work"] = Work(released=released)
    return replace(ticket(f"260304-{n:05d}"), **(given | fields))


async def numbers(store: SqlStore, wanted: Released = ALL) -> list[int]:
    return [int(found.number[-5:]) for found, _ in await store.reader.released(wanted)]


async def test_only_what_was_released_and_may_be_shown_newest_first(opening: Opening) -> None:
    store = await opening()
    await store.commit(
        kept(
            case(1),
            case(2, released=""),
            case(3, work=Work(summary='"released":"no"')),
            case(4, hidden=True),
            case(5, walled=True),
            case(6, work=Work(released="x", kept_from=("u1",))),
            case(7, kind="housing"),
            case(8, kind="environment"),
            case(9, work=Work()),
        )
    )
    assert await numbers(store) == [8, 1]
    assert await numbers(store, replace_(kinds=("environment",))) == [8]
    assert await numbers(store, replace_(kinds=())) == []
    assert await numbers(store, replace_(numbers=("260304-00001", "260304-00002"))) == [1]
    assert await numbers(store, replace_(numbers=())) == []


def replace_(**fields: Any) -> Released:
    return Released(**({"kinds": ALL.kinds} | fields))


async def test_spans_states_and_pages(opening: Opening) -> None:
    store = await opening()
    ended: dict[str, Any] = {"status": Status.CLOSED, "closed_at": NOW}
    await store.commit(kept(*(case(n, **(ended if n % 2 else {})) for n in range(10, 20))))
    assert await numbers(store) == list(range(19, 9, -1))
    assert await numbers(store, replace_(ended=True)) == [19, 17, 15, 13, 11]
    assert await numbers(store, replace_(ended=False)) == [18, 16, 14, 12, 10]
    since, until = case(12).filed_at, case(15).filed_at
    assert await numbers(store, replace_(since=since, until=until)) == [14, 13, 12]
    assert await numbers(store, replace_(limit=3, offset=2)) == [17, 16, 15]
    assert await numbers(store, replace_(limit=3, offset=100)) == []


async def test_the_last_step_is_one_that_anybody_may_know_of(opening: Opening) -> None:
    store = await opening()
    first = case(1)
    taken, noted = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    changes = kept(first)
    changes.events = [first.event(Action.FILE, first.filed_at)]
    await store.commit(changes)
    for action, at in ((Action.TAKE, taken), (Action.NOTE, noted), (Action.SUPPLEMENT, NOW)):
        ticket_ = (await store.reader.ticket(first.number)) or first
        after = replace(ticket_, seq=ticket_.seq + 1)
        await store.commit(Changes(tickets={first.number: after}, events=[after.event(action, at)]))
    [(_, updated)] = await store.reader.released(ALL)
    assert updated == taken
    assert await numbers(store, replace_(updated_since=taken)) == [1]
    assert await numbers(store, replace_(updated_since=taken + timedelta(seconds=1))) == []
    assert await numbers(store, replace_(updated_until=taken)) == []


@pytest.mark.parametrize(("metres", "wanted"), [(5.0, []), (20.0, [3]), (150.0, [3, 2]), (100_000.0, [3, 2, 1])])
async def test_a_circle_is_drawn_around_points_as_they_are_shown(
    opening: Opening, metres: float, wanted: list[int]
) -> None:
    store = await opening()
    places = {1: (33.5, 117.65), 2: (33.4011, 117.65), 3: (33.400049, 117.65)}
    await store.commit(
        kept(
            case(4),
            *(case(n, place=Place("x", "xingfu", latitude=lat, longitude=lon)) for n, (lat, lon) in places.items()),
        )
    )
    here = (33.40012, 117.65, metres)
    assert await numbers(store, replace_(near=here)) == wanted
    assert await numbers(store, replace_(near=here, limit=1, offset=1)) == wanted[1:2]


async def test_circles_at_the_ends_of_the_earth_are_circles(opening: Opening) -> None:
    store = await opening()
    await store.commit(kept(case(1, place=Place("x", latitude=89.99, longitude=10.0))))
    for point in ((90.0, 180.0), (-90.0, 0.0), (0.0, -180.0)):
        assert await numbers(store, replace_(near=(*point, 100.0))) == []
    assert await numbers(store, replace_(near=(90.0, 10.0, 5000.0))) == [1]
