"""The contract of `bot.ports.Reader`: lists and counts of the tickets somebody wants."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from bot.domain.ticket import ENDS, Action, Event, Status, Ticket, Type
from bot.domain.work import Assist, Matter, Proposal, Work
from bot.ports import OWING, Store, Wanted
from bot.ports.reading import Tally
from tests.fakes.changesets import NOW, kept, ticket, worked

HOUR = timedelta(hours=1)


def made(n: int, status: Status = Status.DISPATCHED, **fields: Any) -> Ticket:
    """The n-th ticket, due n hours from now."""
    ended = NOW if status in ENDS else None
    given = {"due_at": NOW + n * HOUR, "closed_at": ended, "danger": "", **fields}
    return replace(ticket(f"260304-{n:05d}", status=status), **given)


async def numbers(store: Store, wanted: Wanted, limit: int = 20, offset: int = 0) -> list[int]:
    return [int(t.number[-5:]) for t in await store.reader.tickets(wanted, limit, offset)]


async def test_the_earliest_due_first_those_without_a_date_last(store: Store) -> None:
    units = ("u2", "u1", "", "u3", "u1")
    dates = (5, 3, None, 1, None)
    tickets = [
        made(n, unit=unit, due_at=None if hours is None else NOW + hours * HOUR)
        for n, (unit, hours) in enumerate(zip(units, dates, strict=True), 1)
    ]
    await store.commit(kept(*tickets))
    assert await numbers(store, Wanted()) == [4, 2, 1, 3, 5]
    assert await numbers(store, Wanted(), 2) == [4, 2]
    assert await numbers(store, Wanted(), 2, 2) == [1, 3]
    assert await numbers(store, Wanted(), 20, 4) == [5]
    assert await numbers(store, Wanted(), 20, 5) == []
    assert await numbers(store, Wanted(units=("u1", ""))) == [2, 3, 5]
    assert await store.reader.tickets(Wanted(), 1) == [tickets[3]]


async def test_pages_of_many_units_miss_nothing_and_show_nothing_twice(store: Store) -> None:
    chance = random.Random(4)
    statuses = (Status.DISPATCHED, Status.IN_PROGRESS, Status.FILED)
    tickets = [
        made(n, chance.choice(statuses), unit=f"u{chance.randrange(30)}", due_at=chance.choice([None, NOW, NOW + HOUR]))
        for n in range(1, 200)
    ]
    await store.commit(kept(*tickets))
    pages = [await numbers(store, Wanted(), 7, start) for start in range(0, 210, 7)]
    flat = [n for page in pages for n in page]
    late = datetime.max.replace(tzinfo=UTC)
    assert flat == [int(t.number[-5:]) for t in sorted(tickets, key=lambda t: (t.due_at or late, t.number))]


async def test_what_is_answered_or_ended_is_not_owed(store: Store) -> None:
    await store.commit(kept(*(made(n, status) for n, status in enumerate(Status))))
    owing = {list(Status)[n] for n in await numbers(store, Wanted())}
    assert owing == set(OWING)
    assert len(await numbers(store, Wanted(statuses=tuple(Status)))) == len(Status)
    assert await store.reader.count(Wanted(statuses=(Status.CLOSED, Status.DISPATCHED))) == 2


@pytest.mark.parametrize("handler", ["", "s1"])
async def test_of_a_handler_or_of_nobody(store: Store, handler: str) -> None:
    handlers = ("", "s1", "s2", "s1", "")
    await store.commit(kept(*(made(n, handler=who) for n, who in enumerate(handlers))))
    expected = [n for n, who in enumerate(handlers) if who == handler]
    assert await numbers(store, Wanted(handler=handler)) == expected
    assert await store.reader.count(Wanted(handler=handler)) == len(expected)
    assert await store.reader.counts(Wanted(handler=handler)) == {("u1", Status.DISPATCHED): len(expected)}
    assert await numbers(store, Wanted(handler=handler, units=("u2",))) == []


async def test_ended_tickets_of_a_handler(store: Store) -> None:
    await store.commit(kept(made(1, Status.CLOSED, handler="s1"), made(2, handler="s1"), made(3, Status.CLOSED)))
    assert await numbers(store, Wanted(statuses=(Status.CLOSED,), handler="s1")) == [1]


async def test_how_much_handlers_have_open(store: Store) -> None:
    states = ("s1", Status.IN_PROGRESS), ("s1", Status.WAITING_RESIDENT), ("s1", Status.CLOSED), ("s2", Status.ANSWERED)
    await store.commit(kept(*(made(n, status, handler=who) for n, (who, status) in enumerate(states))))
    assert await store.reader.load(["s1", "s2", "s3"]) == {"s1": 2, "s2": 0, "s3": 0}


async def test_in_some_areas_or_without_a_place(store: Store) -> None:
    await store.commit(kept(*(made(n, area=area) for n, area in enumerate(("a1", "a2", "", "a3")))))
    assert await numbers(store, Wanted(areas=frozenset({"a1", "a3"}))) == [0, 2, 3]
    assert await numbers(store, Wanted(areas=frozenset())) == [2]


async def test_only_with_a_place_only_with_a_date_and_counted_no_further(store: Store) -> None:
    areas, dates = ("a1", "", "a2", ""), (NOW, NOW, None, None)
    tickets = [made(n, area=area, due_at=due) for n, (area, due) in enumerate(zip(areas, dates, strict=True))]
    await store.commit(kept(*tickets))
    assert await numbers(store, Wanted(placed=True)) == [0, 2]
    assert await numbers(store, Wanted(areas=frozenset({"a2"}), placed=True)) == [2]
    assert await numbers(store, Wanted(dated=True)) == [0, 1]
    assert await numbers(store, Wanted(dated=False)) == [2, 3]
    assert await numbers(store, Wanted(dated=False), 1, 1) == [3]
    assert await store.reader.count(Wanted(dated=False, placed=True)) == 1
    assert [await store.reader.count(Wanted(), most) for most in (1, 3, 4, 9)] == [1, 3, 4, 4]


async def test_of_a_kind_a_type_with_danger_and_due_or_filed_in_a_span(store: Store) -> None:
    tickets = [
        made(1, kind="water"),
        made(2, type=Type.REPORT),
        made(3, danger="fire"),
        made(4, filed_at=NOW - HOUR),
        made(5, due_at=None),
    ]
    await store.commit(kept(*tickets))
    assert await numbers(store, Wanted(kinds=("water", "gas"))) == [1]
    assert await numbers(store, Wanted(type=Type.REPORT)) == [2]
    assert await numbers(store, Wanted(danger=True)) == [3]
    assert await numbers(store, Wanted(danger=False)) == [1, 2, 4, 5]
    assert await numbers(store, Wanted(due_before=NOW + 2 * HOUR)) == [1]
    assert await numbers(store, Wanted(due_after=NOW + 2 * HOUR, due_before=NOW + 4 * HOUR)) == [2, 3]
    assert await numbers(store, Wanted(since=NOW)) == [1, 2, 3, 5]
    assert await numbers(store, Wanted(until=NOW)) == [4]


async def test_ended_ones_of_a_span(store: Store) -> None:
    old = replace(made(1, Status.CLOSED, filed_at=NOW - timedelta(days=9)), number="260223-00013")
    await store.commit(kept(old, made(2, Status.CLOSED), made(3, Status.CLOSED, unit="u2"), made(4)))
    closed = Wanted(statuses=(Status.CLOSED,), since=NOW - HOUR, until=NOW + HOUR)
    assert await numbers(store, closed) == [2, 3]
    assert await store.reader.counts(closed) == {("u1", Status.CLOSED): 1, ("u2", Status.CLOSED): 1}
    assert await numbers(store, Wanted(statuses=(Status.CLOSED,), until=NOW)) == [13]


async def test_helped_by_a_unit_until_it_is_done(store: Store) -> None:
    def helping(unit: str, done: bool = False) -> Work:
        return Work(assists=(Assist(unit=unit, since=NOW, due_at=NOW, done_at=NOW if done else None),))

    joint = Work(joint=("u1", "u2"))
    await store.commit(
        kept(
            made(1, work=helping("u2")),
            made(2, work=helping("u2", done=True)),
            made(3, work=helping("u22")),
            made(4, Status.JOINT, work=joint),
            made(5, work=joint),  # over
        )
    )
    assert await numbers(store, Wanted(assisted_by="u2")) == [1, 4]
    assert await store.reader.count(Wanted(assisted_by="u2")) == 2
    await store.commit(kept(replace(made(1, work=helping("u2", done=True)), seq=2)))
    assert await numbers(store, Wanted(assisted_by="u2")) == [4]


async def test_where_something_waits_for_a_decision(store: Store) -> None:
    open_ = Work(proposals=(Proposal(matter=Matter.EXTENSION, by="s1", at=NOW),))
    await store.commit(kept(made(1, work=open_), made(2), made(3, unit="u2", work=open_), made(4, Status.ANSWERED)))
    assert await numbers(store, Wanted(deciding=True)) == [1, 3]
    assert await numbers(store, Wanted(deciding=True, units=("u2",))) == [3]
    assert await store.reader.counts(Wanted(deciding=True)) == {
        ("u1", Status.DISPATCHED): 1,
        ("u2", Status.DISPATCHED): 1,
    }


async def test_nobody_looks_over_the_wall(store: Store) -> None:
    """Walled tickets are for those who are marked, for the unit that was chosen, and for who took them."""
    await store.commit(
        kept(
            made(1), made(2, walled=True, unit=""), made(3, walled=True), made(4, walled=True, unit="u2", handler="s1")
        )
    )
    assert await numbers(store, Wanted()) == [1, 2, 3, 4]
    assert await numbers(store, Wanted(walled=False)) == [1]
    assert await store.reader.count(Wanted(walled=False)) == 1
    assert await store.reader.counts(Wanted(walled=False)) == {("u1", Status.DISPATCHED): 1}
    assert await numbers(store, Wanted(walled=False, units=("u1", ""))) == [1, 3]
    assert await numbers(store, Wanted(walled=False, handler="s1")) == [4]
    assert [t.number[-1] for t in await store.reader.ending("000", Wanted(walled=False))] == []
    assert [t.number[-1] for t in await store.reader.ending("003", Wanted(walled=False))] == []
    assert [t.number[-1] for t in await store.reader.ending("003", Wanted())] == ["3"]


async def test_what_is_kept_from_a_unit(store: Store) -> None:
    await store.commit(
        kept(made(1, work=Work(kept_from=("u7", "u8"))), made(2), made(3, work=Work(kept_from=("u77",))))
    )
    assert await numbers(store, Wanted(not_kept_from="u7")) == [2, 3]
    assert await store.reader.counts(Wanted(not_kept_from="u8")) == {("u1", Status.DISPATCHED): 2}


async def test_counts_by_unit_and_status(store: Store) -> None:
    statuses = (Status.DISPATCHED, Status.IN_PROGRESS, Status.ANSWERED)
    pairs = list(product(("u1", "u2", ""), statuses)) * 2
    await store.commit(kept(*(made(n, status, unit=unit) for n, (unit, status) in enumerate(pairs))))
    found = await store.reader.counts(Wanted())
    assert found == {(unit, status): 2 for unit, status in pairs if status is not Status.ANSWERED}
    assert await store.reader.counts(Wanted(units=("u2",), statuses=statuses)) == {("u2", s): 2 for s in statuses}
    assert await store.reader.count(Wanted()) == 12


async def test_open_tickets_by_the_end_of_their_number(store: Store) -> None:
    tickets = [made(17), made(1017), made(2017, Status.CLOSED), made(3018), replace(made(1), number="260305-20017")]
    await store.commit(kept(*tickets))

    async def ending(digits: str, limit: int = 10) -> list[str]:
        return [t.number for t in await store.reader.ending(digits, Wanted(), limit)]

    assert await ending("017") == ["260305-20017", "260304-01017", "260304-00017"]
    assert await ending("017", 1) == ["260305-20017"]
    assert await ending("0017") == ["260305-20017", "260304-00017"]
    assert await ending("0400017") == ["260304-00017"]
    for nothing in ("17", "", "x17", "%17", "９１７", "999"):
        assert await ending(nothing) == []
    everything = Wanted(statuses=tuple(Status))
    assert "260304-02017" not in [t.number for t in await store.reader.ending("017", everything)]


async def test_what_is_owed_in_the_order_of_numbers(store: Store) -> None:
    await store.commit(kept(made(3), made(1), made(2, Status.CLOSED), made(4, Status.ANSWERED), made(5)))

    async def owing(after: str, limit: int) -> Sequence[str]:
        return [t.number[-1] for t in await store.reader.owing(after, limit)]

    assert await owing("", 2) == ["1", "3"]
    assert await owing("260304-00003", 2) == ["5"]


async def test_each_answer_is_the_same_by_reading_all(store: Store) -> None:
    """Any question answered through the indexes is answered like that by looking at each ticket."""
    chance = random.Random(11)
    tickets = [
        worked(
            number=f"260304-{n:05d}",
            status=(status := chance.choice(list(Status))),
            closed_at=NOW if status in ENDS else None,
            unit=chance.choice(("", "u1", "u2", "u3")),
            handler=chance.choice(("", "s1", "s2")),
            area=chance.choice(("", "a1", "a2")),
            walled=chance.random() < 0.3,
            danger=chance.choice(("", "", "fire")),
            due_at=chance.choice((None, NOW, NOW + HOUR)),
            work=chance.choice((worked().work, Work(), Work(kept_from=("u9",)), Work(joint=("u2",)))),
        )
        for n in range(300)
    ]
    await store.commit(kept(*tickets))
    for _ in range(150):
        wanted = Wanted(
            statuses=tuple(chance.sample(list(Status), chance.randrange(1, 6))) if chance.random() < 0.3 else OWING,
            units=chance.choice((None, None, ("u1",), ("u1", ""), ("u2", "u3"))),
            handler=chance.choice((None, None, "", "s1")),
            areas=chance.choice((None, frozenset({"a1"}))),
            assisted_by=chance.choice(("", "", "u2")),
            danger=chance.choice((None, None, True, False)),
            walled=chance.random() < 0.5,
            not_kept_from=chance.choice(("", "u9")),
            deciding=chance.random() < 0.2,
            due_before=chance.choice((None, None, NOW + HOUR)),
        )
        expected = sorted(t.number for t in tickets if _wanted(t, wanted))
        assert sorted(t.number for t in await store.reader.tickets(wanted, 1000)) == expected
        assert await store.reader.count(wanted) == sum((await store.reader.counts(wanted)).values()) == len(expected)


def _wanted(t: Ticket, w: Wanted) -> bool:
    helps = any(a.unit == w.assisted_by and a.done_at is None for a in t.work.assists)
    helps = helps or (t.status is Status.JOINT and w.assisted_by in t.work.joint)
    inside = t.unit != "" and w.units is not None and t.unit in w.units
    return (
        t.status in w.statuses
        and (w.units is None or t.unit in w.units)
        and (w.handler is None or t.handler == w.handler)
        and (w.areas is None or t.area in ("", *w.areas))
        and (not w.assisted_by or helps)
        and (w.danger is None or bool(t.danger) is w.danger)
        and (w.walled or not t.walled or inside or bool(w.handler))
        and w.not_kept_from not in t.work.kept_from
        and (not w.deciding or bool(t.work.proposals))
        and (w.due_before is None or (t.due_at is not None and t.due_at < w.due_before))
    )


async def test_an_empty_desk_has_no_tickets(store: Store) -> None:
    assert await store.reader.tickets(Wanted()) == []
    assert await store.reader.counts(Wanted()) == {}
    assert await store.reader.owing("", 10) == []


async def test_what_happened_in_a_week(store: Store) -> None:
    """Each figure once inside and once outside of the week, or of the other kind."""
    begin, end = NOW - timedelta(days=7), NOW
    inside, before = begin, begin - HOUR

    async def lived(n: int, unit: str, status: Status, due: datetime, *steps: tuple[Action, datetime]) -> None:
        filed = steps[0][1]
        changes = kept(made(n, status, unit=unit, due_at=due, filed_at=filed, seq=len(steps)))
        number = f"260304-{n:05d}"
        changes.events = [Event(number, seq, at, what, status, "s1") for seq, (what, at) in enumerate(steps, 1)]
        await store.commit(changes)

    await lived(1, "u1", Status.DISPATCHED, NOW + HOUR, (Action.FILE, inside))
    await lived(2, "u1", Status.DISPATCHED, NOW - HOUR, (Action.FILE, before))  # late, not answered
    await lived(3, "u1", Status.ANSWERED, NOW - HOUR, (Action.FILE, before), (Action.ANSWER, NOW - 2 * HOUR))
    await lived(4, "u1", Status.CLOSED, before, (Action.FILE, before), (Action.ANSWER, inside), (Action.CLOSE, inside))
    await lived(5, "u2", Status.REOPENED, end, (Action.FILE, before), (Action.ANSWER, before), (Action.REOPEN, inside))
    await lived(6, "u2", Status.CLOSED, before, (Action.FILE, before), (Action.ANSWER, before), (Action.REOPEN, before))
    await lived(7, "", Status.FILED, before - HOUR, (Action.FILE, before), (Action.NOTE, inside))
    found = await store.reader.tallies(begin, end, before)
    assert found == {
        "u1": Tally(filed=1, answered=2, late=2, reopened=0, stuck=0),
        "u2": Tally(reopened=1),
        "": Tally(stuck=1),
    }
