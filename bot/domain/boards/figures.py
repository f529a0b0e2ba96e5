"""The twelve figures of a unit: counted up ticket by ticket, then divided.

Per unit, by due or answer date in the period (rule book, "Boards"): what is said of deadlines goes by the day something
was due, everything said of answers by the day of the answer, and what is said of tickets by either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.boards.facts import Rules, TicketFacts
from bot.domain.boards.periods import Period
from bot.domain.boards.stints import Stint
from bot.domain.boards.worked import Worked

SPEED, QUALITY, SATISFACTION, REPEATS = "speed", "quality", "satisfaction", "repeats"
GROUPS = (SPEED, QUALITY, SATISFACTION, REPEATS)

SOLVED = "solved"
DATED = ("promised", "studied")
"""Outcomes of answers (see `bot.domain.work.Outcome`)."""

FULL_HOURS = 70.0
"""A mean of so many working hours (twice the limit of a complaint) is worth no points."""


@dataclass(slots=True)
class Sums:
    """What is counted of a unit in a period. Hours are working hours of the unit."""

    tickets: int = 0
    excluded: int = 0
    takeable: int = 0
    taken: int = 0
    due: int = 0
    in_time: int = 0
    first_answers: int = 0
    hours: float = 0.0
    paused_hours: float = 0.0
    answers: int = 0
    reopened: int = 0
    false_closings: int = 0
    broken_promises: int = 0
    evidence_wanted: int = 0
    evidence: int = 0
    yes: int = 0
    partly: int = 0
    no: int = 0
    rated: int = 0
    stars: int = 0
    reached: int = 0
    given: int = 0
    repeats: int = 0
    urges: int = 0
    specials: set[str] = field(default_factory=set)


def _share(part: float, whole: float) -> float | None:
    return 100.0 * part / whole if whole else None


def _per(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _up(value: float, _sums: Sums) -> float:
    return value


def _down(value: float, _sums: Sums) -> float:
    return 100.0 - value


def _few(times: float, whole: Callable[[Sums], int]) -> Callable[[float, Sums], float]:
    """Of a count: from 100 points so many down for each in a hundred."""
    return lambda value, sums: 100.0 - times * value * 100.0 / max(whole(sums), 1)


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the twelve. ``unit`` is "%", "h" (working hours), "stars", "each" (per ticket) or "count".

    ``value`` is None where nothing can be said; ``points`` are from 0 to 100, cut off at both ends.
    """

    name: str
    group: str
    unit: str
    value: Callable[[Sums], float | None]
    points: Callable[[float, Sums], float]


def _bad_answers(sums: Sums) -> float | None:
    return float(sums.false_closings + sums.broken_promises) if sums.answers else None


def _specials(sums: Sums) -> float | None:
    return float(len(sums.specials)) if sums.tickets else None


FIGURES: tuple[Figure, ...] = (
    Figure("taken", SPEED, "%", lambda s: _share(s.taken, s.takeable), _up),
    Figure("in_time", SPEED, "%", lambda s: _share(s.in_time, s.due), _up),
    Figure("hours", SPEED, "h", lambda s: _per(s.hours, s.first_answers), lambda v, _: 100.0 * (1 - v / FULL_HOURS)),
    Figure("reopened", QUALITY, "%", lambda s: _share(s.reopened, s.answers), _down),
    Figure("false_or_broken", QUALITY, "count", _bad_answers, _few(10, lambda s: s.answers)),
    Figure("evidence", QUALITY, "%", lambda s: _share(s.evidence, s.evidence_wanted), _up),
    Figure("solved", SATISFACTION, "%", lambda s: _share(s.yes, s.yes + s.partly + s.no), _up),
    Figure("rating", SATISFACTION, "stars", lambda s: _per(s.stars, s.rated), lambda v, _: 25.0 * (v - 1)),
    Figure("given", SATISFACTION, "%", lambda s: _share(s.given, s.reached), _up),
    Figure("repeat", REPEATS, "%", lambda s: _share(s.repeats, s.tickets), _down),
    Figure("urges", REPEATS, "each", lambda s: _per(s.urges, s.tickets), lambda v, _: 100.0 * (1 - v)),
    Figure("specials", REPEATS, "count", _specials, _few(10, lambda s: s.tickets)),
)
"""In the order in which people read them."""


def figures_of(sums: Sums) -> dict[str, float | None]:
    """The twelve figures by name."""
    return {figure.name: figure.value(sums) for figure in FIGURES}


def points_of(sums: Sums) -> dict[str, float | None]:
    """Points from 0 to 100 by group: the mean of its figures that say something; None where none does."""
    found: dict[str, float | None] = {}
    for group in GROUPS:
        values = [(f, f.value(sums)) for f in FIGURES if f.group == group]
        points = [min(max(f.points(v, sums), 0.0), 100.0) for f, v in values if v is not None]
        found[group] = sum(points) / len(points) if points else None
    return found


def counted(
    facts: Iterable[TicketFacts], period: Period, rules: Rules, worked: Callable[[str], Worked], now: datetime
) -> Mapping[str, Sums]:
    """The sums of every unit that had something due or answered in the period. ``worked`` gives a unit's calendar.

    What is due only after ``now`` and not answered yet is left for later.
    """
    sums: dict[str, Sums] = {}
    begin, end = period.begin, period.end
    for ticket in facts:
        seen: set[str] = set()
        for stint in ticket.stints:
            answered = stint.answered_at is not None and begin <= stint.answered_at < end
            due = _is_due(stint, begin, end, now)
            if not (answered or due):
                continue
            of_unit = sums.setdefault(stint.unit, Sums())
            new = stint.unit not in seen
            seen.add(stint.unit)
            if ticket.excluded:
                of_unit.excluded += new
                continue
            if new:
                _add_ticket(of_unit, ticket)
            _add_stint(of_unit, stint, rules, worked(stint.unit), now)
            if due:
                of_unit.due += 1
                of_unit.in_time += _in_time(stint)
            if answered:
                _add_answer(of_unit, ticket, stint, rules, worked(stint.unit))
    return sums


def _is_due(stint: Stint, begin: datetime, end: datetime, now: datetime) -> bool:
    due = stint.due_at
    return due is not None and begin <= due < end and (stint.answer > 0 or due <= now)


def _in_time(stint: Stint) -> bool:
    return stint.due_at is not None and stint.handed_in_at is not None and stint.handed_in_at <= stint.due_at


def _add_ticket(sums: Sums, ticket: TicketFacts) -> None:
    sums.tickets += 1
    sums.repeats += ticket.repeat
    sums.specials.update(ticket.specials)


def _add_stint(sums: Sums, stint: Stint, rules: Rules, worked: Worked, now: datetime) -> None:
    sums.urges += stint.urges
    sums.paused_hours += sum(worked.hours(since, until) for since, until in stint.pauses)
    if not stint.takeable:
        return
    taken_at = stint.taken_at or stint.answered_at
    hours = worked.hours(stint.began_at, taken_at or now)
    if taken_at is None and hours <= rules.take_hours:
        return  # there is time yet
    sums.takeable += 1
    sums.taken += taken_at is not None and hours <= rules.take_hours


def _add_answer(sums: Sums, ticket: TicketFacts, stint: Stint, rules: Rules, worked: Worked) -> None:
    assert stint.answered_at is not None  # noqa: S101 - `counted` looked
    sums.answers += 1
    sums.reopened += stint.reopened
    sums.false_closings += any(stint.answer <= round_ <= stint.last_round for round_ in ticket.false_closings)
    sums.broken_promises += stint.broken
    if stint.outcome == SOLVED and ticket.kind in rules.evidence_kinds:
        sums.evidence_wanted += 1
        sums.evidence += stint.evidence
    if stint.first:
        sums.first_answers += 1
        paused = sum(worked.hours(since, until) for since, until in stint.pauses)
        sums.hours += max(worked.hours(stint.began_at, stint.answered_at) - paused, 0.0)
    for review in ticket.reviews:
        if not (stint.answer <= review.answer <= stint.last_round and review.reached):
            continue
        sums.reached += 1
        sums.given += review.given
        if stint.outcome not in DATED or review.answer > stint.answer:  # else they said whether the date suits them
            sums.yes += review.verdict == "yes"
            sums.partly += review.verdict == "partly"
            sums.no += review.verdict == "no"
        if review.rating is not None:
            sums.rated += 1
            sums.stars += review.rating
