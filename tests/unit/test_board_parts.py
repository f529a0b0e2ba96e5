"""What a number of a board is made of adds up to it; the census is what the rules say; periods of days; counts that are
kept; the map."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.domain.boards import periods
from bot.domain.boards.census import Census, Due, seen_by
from bot.domain.boards.facts import ReviewFact, Rules, TicketFacts
from bot.domain.boards.figures import FIGURES, Sums, counted
from bot.domain.boards.parts import PARTS, added, noting, shares
from bot.domain.boards.periods import Span
from bot.domain.boards.stints import Said, Step, stints_of
from bot.domain.boards.worked import Worked
from bot.domain.guide import Guide
from bot.domain.people import Role, Staff
from bot.domain.permission import Act, may
from bot.domain.ticket import ENDS, Action, Status, Ticket
from bot.errors import StoreUnavailable
from handlers.pages.counts import Counts
from handlers.pages.town_map import SHADES, Plane, legend, shade
from tests.fakes.random_lives import START, UNITS, Life, lives
from tests.fakes.town_hall import sample_town

ZONE = Guide.of(sample_town()).calendar.zone
NOW = START + timedelta(days=75)


@cache
def guide() -> Guide:
    return Guide.of(sample_town())


@cache
def worked(unit: str) -> Worked:
    return Worked(guide().calendar_of(unit))


def facts_of(life: Life) -> TicketFacts:
    steps = []
    for event in life.events:
        known = {name: value for name, value in event.data.items() if name in Said.__struct_fields__}
        known["evidence"] = tuple(known.get("evidence", ()))
        steps.append(Step(event.seq, event.at, event.action, Said(**known)))
    stints, exempt = stints_of(steps, life.ticket.due_at)
    return TicketFacts(
        number=life.ticket.number,
        kind=life.ticket.kind,
        stints=stints,
        excluded=exempt or any(excluded for *_, excluded in life.findings),
        reviews=[ReviewFact(round_, verdict, rating) for round_, _, verdict, rating in life.reviews],
        false_closings=[round_ for round_, what, _ in life.findings if what == "false_closing"],
        repeat=any(kind in ("repeats", "follows") for kind, _ in life.links),
        specials=[other for kind, other in life.links if kind == "special"],
    )


# Parts


def test_every_figure_is_its_part_over_its_whole() -> None:
    """The table of parts says of each figure what the figure itself divides."""
    sums = Sums(
        tickets=40, takeable=30, taken=21, due=20, in_time=13, first_answers=10, hours=77.0, answers=16, reopened=4,
        false_closings=2, broken_promises=1, evidence_wanted=9, evidence=6, yes=5, partly=3, no=2, rated=7, stars=25,
        reached=12, given=8, repeats=11, urges=14, specials={"a", "b"},
    )  # fmt: skip
    for figure in FIGURES:
        parts, value = PARTS[figure.name], figure.value(sums)
        part = parts.part(sums) if figure.name != "specials" else len(sums.specials)
        wanted = part if not parts.rate else (100 if figure.unit == "%" else 1) * part / parts.whole(sums)
        assert value == pytest.approx(wanted), figure.name
    assert set(PARTS) - {figure.name for figure in FIGURES} == {"tickets", "excluded", "paused"}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(sorted(PARTS)), days=st.integers(0, 70))
def test_the_tickets_of_a_number_add_up_to_it(seed: int, name: str, days: int) -> None:
    all_ = [facts_of(life) for life in lives(seed, 60)]
    period = periods.of(Span.MONTH, (START + timedelta(days=days)).date(), ZONE)
    rules = Rules(evidence_kinds=frozenset({"roads"}))
    numbers: dict[str, list[str]] = {}
    sums = counted(noting(all_, numbers), period, rules, worked, NOW)
    by_number = {fact.number: fact for fact in all_}
    for unit in UNITS:
        of_unit = sums.get(unit, Sums())
        listed = shares([by_number[n] for n in numbers.get(unit, [])], name, unit, period, rules, worked, NOW)
        part, whole = added(name, listed)
        assert whole == pytest.approx(PARTS[name].whole(of_unit)), (unit, name)
        assert part == pytest.approx(PARTS[name].part(of_unit)), (unit, name)
        assert len({share.number for share in listed}) == len(listed)


# The census


def slim(ticket: Ticket) -> bool:
    return ticket.status not in ENDS and ticket.status is not Status.ANSWERED


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.integers(1, 60 * 24 * 4), min_size=1, max_size=6))
def test_what_is_read_again_only_where_needed_is_what_the_rules_say_anew(seed: int, steps: list[int]) -> None:
    """Tickets change and time goes on; each census equals one that reads everything."""
    all_, now = lives(seed, 40), START
    census = Census(guide(), now)
    read_again = 0
    for minutes in steps:
        now += timedelta(minutes=minutes)
        there = {ticket.number: ticket for life in all_ if (ticket := _as_of(life, now)) is not None and slim(ticket)}
        known = census.known(now)
        new = [ticket for ticket in there.values() if known.get(ticket.number) != ticket.seq]
        gone = [number for number in known if number not in there]
        gone += [number for number in census.readings if number not in known and number not in there]
        read_again += len(new)
        census.renew(census.judge(new, now), gone, now)
        wanted = Counter(
            (ticket.unit, guide().colour(ticket, now), _rung(ticket, now), _due(ticket, now), ticket.status)
            for ticket in there.values()
        )
        found: Counter[tuple[object, ...]] = Counter()
        for (where, state), count in census.counts.items():
            found[where.unit, state.colour, state.rung, state.due, state.status] += count
        assert found == wanted
        assert sorted(census.numbers(census.counts, 0, 1000)) == sorted(there)


def _as_of(life: Life, now: datetime) -> Ticket | None:
    """The ticket as it ended up, once its last step has been made; before, it is not there."""
    if life.events[-1].at > now:
        return None
    sent = next((event.at for event in life.events if event.action is Action.DISPATCH), None)
    return replace(life.ticket, dispatched_at=sent) if sent is not None else life.ticket


def _rung(ticket: Ticket, now: datetime) -> str:
    reached = [step for step in guide().ladder(ticket) if step.at <= now]
    return str(max(reached, key=lambda step: step.level).rung) if reached else ""


def _due(ticket: Ticket, now: datetime) -> Due:
    if ticket.due_at is None:
        return Due.NONE
    if ticket.due_at < now:
        return Due.LATE
    return Due.TODAY if ticket.due_at < guide().calendar.day_bounds(now)[1] else Due.LATER


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), role=st.sampled_from((Role.LEAD, Role.SUPERVISOR)), walled=st.booleans())
def test_who_sees_what_of_a_census_is_who_may_see_the_tickets(seed: int, role: Role, walled: bool) -> None:
    staff = Staff(id="s", name="s", role=role, unit="dongtang-office", walled=walled, joined_at=START)
    person = guide().person(staff)
    tickets = [life.ticket for life in lives(seed, 30) if slim(life.ticket)]
    census = Census(guide(), NOW)
    for number, reading in census.judge(tickets, NOW).items():
        ticket = next(each for each in tickets if each.number == number)
        assert seen_by(person, reading.group[0], NOW) == may(person, Act.SEE, ticket)


# Periods of days


def test_days_one_chose() -> None:
    period = periods.between(date(2026, 3, 2), date(2026, 3, 4), ZONE)
    assert period is not None
    assert (period.key, period.last) == ("2026-03-02..2026-03-04", date(2026, 3, 4))
    assert periods.read(period.key, ZONE) == period
    assert period.before().key == "2026-02-27..2026-03-01"
    assert period.before(2).following() == period.before()
    assert period.following().key == "2026-03-05..2026-03-07"
    assert periods.between(date(2026, 3, 4), date(2026, 3, 3), ZONE) is None
    assert periods.between(date(2025, 1, 1), date(2026, 1, 1), ZONE) is not None
    assert periods.between(date(2025, 1, 1), date(2026, 1, 2), ZONE) is None
    assert periods.between(date(2025, 1, 1), date.max, ZONE) is None
    for key in ("2026-03-04..2026-03-02", "2026-02-30..2026-03-01", "..", "2026-03-04..", "2026-03-02..2029-03-02"):
        assert periods.read(key, ZONE) is None


@given(st.sampled_from(Span), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_follows_is_before_what_follows_it(span: Span, day: date) -> None:
    period = periods.of(span, day, ZONE)
    assert period.following().before() == period
    assert period.following().begin == period.end


# Counts that are kept


class Asked:
    """Something that is counted: how often, and what comes of it."""

    def __init__(self) -> None:
        self.times = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def make(self, before: int | None) -> int:
        self.times += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return (before or 0) + 1


async def test_a_count_is_made_once_for_all_and_anew_when_it_is_old() -> None:
    asked, counts, now = Asked(), Counts(lambda: 0.0), datetime(2026, 3, 4, tzinfo=UTC)
    first = counts.of("a", asked.make, now)
    assert counts.of("a", asked.make, now) is first
    await counts.settle(first)
    assert (first.value, first.at, asked.times, first.pending) == (1, now, 1, False)
    counts.of("a", asked.make, now + timedelta(seconds=29))
    assert asked.times == 1
    later = now + timedelta(seconds=31)
    asked.gate.clear()
    again = counts.of("a", asked.make, later)
    await counts.settle(again)
    assert (again.value, again.at, again.pending) == (1, now, True)  # what there was is shown meanwhile
    asked.gate.set()
    await counts.settle(again)
    assert (again.value, again.at, asked.times) == (2, later, 2)


async def test_what_took_long_is_made_seldom() -> None:
    ticks = iter((0.0, 10.0))
    asked, counts, now = Asked(), Counts(lambda: next(ticks)), datetime(2026, 3, 4, tzinfo=UTC)
    await counts.settle(counts.of("a", asked.make, now))
    assert not counts.of("a", asked.make, now + timedelta(seconds=199)).pending
    assert asked.times == 1


async def test_a_count_that_fails_is_told_and_tried_again() -> None:
    asked, counts, now = Asked(), Counts(lambda: 0.0), datetime(2026, 3, 4, tzinfo=UTC)
    asked.error = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        await counts.settle(counts.of("a", asked.make, now))
    asked.error = None
    kept = counts.of("a", asked.make, now)
    await counts.settle(kept)
    assert kept.value == 1
    asked.error = StoreUnavailable()
    later = now + timedelta(minutes=1)
    await counts.settle(counts.of("a", asked.make, later))
    assert (kept.value, kept.at) == (1, now)  # the store is away: what there was is shown, with its age
    asked.error = ValueError("broken")
    with pytest.raises(ValueError, match="broken"):
        await counts.settle(counts.of("a", asked.make, later))


async def test_only_so_many_are_kept() -> None:
    asked, counts, now = Asked(), Counts(lambda: 0.0), datetime(2026, 3, 4, tzinfo=UTC)
    for number in range(60):
        await counts.settle(counts.of(number, asked.make, now))
    assert counts.of(59, asked.make, now).value == 1
    assert counts.of(0, asked.make, now).value is None
    await counts.settle(counts.of(0, asked.make, now))


# The map


@given(st.integers(1, 5000), st.data())
def test_shades_grow_with_the_number_and_the_legend_says_which(most: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, most))
    assert shade(count, most) <= shade(count + 1, most + 1) + 1
    assert (shade(count, most) == 0) == (count == 0)
    assert shade(most, most) == SHADES
    for step, numbers in legend(most):
        first, _, last = numbers.partition("–")
        assert shade(int(first), most) == shade(int(last or first), most) == step
        if shade(count, most) == step:
            assert int(first) <= count <= int(last or first)


def test_a_plane_holds_what_it_was_made_of_and_north_is_up() -> None:
    plane = Plane.around([(33.0, 117.0), (33.2, 117.3)])
    assert plane is not None
    (x1, y1), (x2, y2) = plane.at((33.0, 117.0)), plane.at((33.2, 117.3))
    assert x1 < x2
    assert y1 > y2
    assert min(x1, x2, y1, y2) >= 0
    assert max(x1, x2) <= plane.width
    assert max(y1, y2) <= plane.height
    assert plane.holds((33.1, 117.1))
    assert not plane.holds((40.0, 117.1))
    assert Plane.around([]) is Plane.around([(33.0, 117.0)]) is None
