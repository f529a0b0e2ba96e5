"""The plain numbers of boards, barometer and heat map, for whatever shows them: text, pictures, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from msgspec.structs import replace

from bot.domain.boards import periods
from bot.domain.boards.facts import DeskFacts, Rules, TicketFacts
from bot.domain.boards.figures import Sums, counted
from bot.domain.boards.periods import Period, Span
from bot.domain.boards.ranking import Board, DeskRow, board, desk_row
from bot.domain.boards.weather import WEEKS, HeatMap, Reading, Topic, heat_map, hot_topics, reading
from bot.domain.boards.worked import Worked
from bot.domain.guide import Guide
from bot.domain.ticket import Action
from bot.domain.town import Clock
from bot.ports.board_questions import BoardQuestions

HOT = 5
"""So many hot topics are named."""

HAPPENED = (Action.ANSWER, Action.REOPEN)
"""What the barometer counts besides what was filed, by groups of kinds and all together."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class Barometer:
    """A period against the one before and the mean of the eight before, and what is hot in it.

    The lines are called `ALL`, by groups of kinds, and by actions.
    """

    period: Period
    lines: Sequence[Reading]
    topics: Sequence[Topic]


@dataclass(frozen=True, slots=True)
class Heat:
    """Where and about what tickets were filed in a period: counts of streets and towns by kind, and points.

    A point is (latitude, longitude, area, kind); ``centres`` are those of the streets and towns.
    """

    period: Period
    map: HeatMap
    points: Sequence[tuple[float, float, str, str]]
    centres: Mapping[str, tuple[float, float]]


def rules_of(guide: Guide) -> Rules:
    """The figures for boards of a town. What is done about kinds that others can join can be seen, and so shown."""
    limits = guide.town.limits
    return Rules(
        take_hours=limits.take_hours,
        least=limits.board_least,
        red=limits.board_red,
        black=limits.board_black,
        weights=(limits.board_speed, limits.board_quality, limits.board_satisfaction, limits.board_repeats),
        evidence_kinds=frozenset(kind.code for kind in guide.town.kinds.values() if kind.joinable),
    )


def last_full(guide: Guide, span: Span, now: datetime) -> Period:
    """The last period of a span that is over."""
    return running(guide, span, now).before()


def running(guide: Guide, span: Span, now: datetime) -> Period:
    """The period of a span that runs now."""
    calendar = guide.calendar
    return periods.of(span, calendar.local_day(now), calendar.zone)


async def board_of(read: BoardQuestions, guide: Guide, period: Period, now: datetime) -> Board:
    """The board of a period, as it is now; while the period runs nobody is red or black."""
    sums = await sums_of(read, guide, period, now)
    return made_of(guide, period, now, sums, await desk_of(read, guide, period, now))


def calendars(guide: Guide) -> Callable[[str], Worked]:
    """The working time of units, each made once."""
    return cache(lambda unit: Worked(guide.calendar_of(unit)))


async def sums_of(
    read: BoardQuestions,
    guide: Guide,
    period: Period,
    now: datetime,
    through: Callable[[Iterable[TicketFacts]], Iterable[TicketFacts]] = iter,
) -> Mapping[str, Sums]:
    """The sums of every unit; ``through`` may leave tickets out, or note which there are."""
    rules, worked = rules_of(guide), calendars(guide)
    return await read.counted(period, lambda facts: counted(through(facts), period, rules, worked, now))


def dispatch_due(guide: Guide) -> Callable[[str, datetime], datetime]:
    """By when a ticket of a clock, filed at a moment, must have a unit."""
    return lambda clock, filed_at: guide.dispatch_due(Clock(clock), filed_at).at


async def desk_of(read: BoardQuestions, guide: Guide, period: Period, now: datetime) -> DeskRow:
    """The desk's own row."""

    def count(waited: Iterable[DeskFacts], at_once: int, objections: Sequence[bool | None]) -> DeskRow:
        return desk_row(waited, at_once, objections, Worked(guide.calendar), now)

    return await read.desk_counted(period, dispatch_due(guide), count)


def made_of(guide: Guide, period: Period, now: datetime, sums: Mapping[str, Sums], desk: DeskRow) -> Board:
    """The board of these sums; while the period runs nobody is red or black."""
    levels = {unit.code: unit.level for unit in guide.town.units.values()}
    made = replace(board(period.key, sums, levels, rules_of(guide), now), desk=desk)
    if period.end <= now:
        return made
    return replace(made, rows=tuple(replace(row, colour="") for row in made.rows))


class Spoken(Protocol):
    """What barometer and heat map ask; see `bot.ports.board_questions.BoardQuestions`."""

    async def spoken_of(self, period: Period, above: Mapping[str, str]) -> Sequence[tuple[str, str, int, int]]: ...

    async def happened(self, action: Action, period: Period) -> int: ...


async def barometer_of(read: Spoken, guide: Guide, period: Period) -> Barometer:
    """The barometer of a period."""
    spans = [period.before(back) for back in range(WEEKS + 1)]
    above = streets(guide)
    spoken = [await read.spoken_of(span, above) for span in spans]
    groups = {kind.code: kind.group for kind in guide.town.kinds.values()}
    lines = [reading(ALL, [sum(row[2] for row in rows) for rows in spoken])]
    for group in guide.town.groups:
        lines.append(reading(group, [sum(r[2] for r in rows if groups.get(r[1]) == group) for rows in spoken]))
    for action in HAPPENED:
        lines.append(reading(str(action), [await read.happened(action, span) for span in spans]))
    return Barometer(period, lines, _hot(spoken))


async def heat_of(read: BoardQuestions, guide: Guide, period: Period) -> Heat:
    """The heat map of a period: villages and communities count for the street or town they lie in."""
    spoken = await read.spoken_of(period, streets(guide))
    tops = (area for area in guide.town.areas.values() if not area.parent)
    centres = {area.code: spot for area in tops if (spot := _centre(guide, area.code)) is not None}
    counts = ((area, kind, count) for area, kind, count, _ in spoken)
    return Heat(period, heat_map(counts), await read.points(period), centres)


def streets(guide: Guide) -> Mapping[str, str]:
    """Every area with the street or town it lies in; those with itself."""
    return {area.code: area.parent or area.code for area in guide.town.areas.values()}


def _hot(spoken: Sequence[Sequence[tuple[str, str, int, int]]]) -> list[Topic]:
    now = {(kind, area): (count, people) for area, kind, count, people in spoken[0]}
    before: dict[tuple[str, str], int] = {}
    for rows in spoken[1:]:
        for area, kind, _, people in rows:
            before[kind, area] = before.get((kind, area), 0) + people
    return hot_topics(now, before, HOT)


def _centre(guide: Guide, code: str) -> tuple[float, float] | None:
    """Where a street or town lies: its own centre, or the mean of those in it."""
    own = guide.town.areas[code].centre
    if own is not None:
        return own
    inner = [area.centre for area in guide.town.areas.values() if area.parent == code and area.centre is not None]
    if not inner:
        return None
    return sum(lat for lat, _ in inner) / len(inner), sum(lon for _, lon in inner) / len(inner)
