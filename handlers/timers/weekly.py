"""On Monday mornings the week is reckoned up, against the week before (rule book, "Overdue ladder").

The desk's own turn counts once for all units and keeps the figures as a record; each reader's list takes its part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta

from bot.changes import Task, Timer
from bot.domain.guide import Guide
from bot.domain.people import DESK, Role
from bot.ports import Tally, Wanted
from bot.turn import Turn
from handlers.timers import lists
from handlers.timers.daily import ORDER_DAYS, useful
from handlers.timers.lists import Reading

AT = time(8, 45)
FIGURES = ("filed", "answered", "late", "reopened", "stuck")
WEEK = timedelta(days=7)
READERS = frozenset({Role.LEAD, Role.SUPERVISOR, Role.ADMIN})

Figures = Mapping[str, list[int]]
"""Unit code -> one number for each of `FIGURES`; "" is the pool."""


def next_one(guide: Guide, now: datetime) -> Timer:
    """When the next reckoning is due. Setting it twice is setting it once."""
    return Timer("weekly", DESK, guide.calendar.next_week(now, AT))


async def weekly(turn: Turn) -> None:
    """Set the next one; count the last full week and the one before; a list for everybody who leads."""
    turn.changes.timer(next_one(turn.guide, turn.now))
    if not useful(turn):
        return
    begin, end = last_week(turn)
    stuck_before = turn.guide.calendar.late_by(ORDER_DAYS, turn.now)
    this = await turn.read.tallies(begin, end, stuck_before)
    before = await turn.read.tallies(begin - WEEK, begin, stuck_before)
    former = await turn.read.task(record(begin - WEEK))
    stuck_then = (former.data or {}).get("this", {}) if former else {}
    data: dict[str, object] = {
        "this": {unit: _row(tally) for unit, tally in this.items()},
        "before": _with_stuck({unit: _row(tally) for unit, tally in before.items()}, stuck_then),
    }
    turn.changes.tasks.append(Task(record(begin), "weekly", DESK, turn.now, data=data))
    turn.changes.closed_tasks.append(record(begin - 2 * WEEK))
    for staff in (await turn.read.directory()).active:
        if staff.role in READERS:
            turn.changes.timer(Timer("weekly_list", staff.id, turn.now))


def last_week(turn: Turn) -> tuple[datetime, datetime]:
    """When the last full week (Monday to Sunday, local time) began and ended."""
    calendar = turn.guide.calendar
    day = calendar.local_day(turn.now)
    monday, _ = calendar.day_bounds(turn.now - timedelta(days=day.weekday()))
    begin, _ = calendar.day_bounds(turn.now - timedelta(days=day.weekday() + 7))
    return begin, monday


def record(begin: datetime) -> str:
    """The key of the record of the week that begins then."""
    return f"weekly:{begin.isoformat()}"


async def own_list(turn: Turn) -> None:
    """One reader's figures, each beside that of the week before, and what is stuck now."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    reader = await lists.reading(turn, turn.timer.subject)
    begin, end = last_week(turn)
    task = await turn.read.task(record(begin))
    if reader is None or task is None or task.data is None:
        return
    units = concerned(turn, reader)
    this, before = (summed(task.data[name], units) for name in ("this", "before"))
    if not any(this) and not any(before):
        return
    words, calendar = reader.voice.words, turn.guide.calendar
    first, last = calendar.local_day(begin), calendar.local_day(end - timedelta(seconds=1))
    told = [
        words("digest.weekly", since=_day(words, first), until=_day(words, last)),
        *(
            words(f"digest.week.{name}", count=now, before=then)
            for name, now, then in zip(FIGURES, this, before, strict=True)
        ),
    ]
    stuck = Wanted(
        units=None if units is None else tuple(sorted(units)),
        areas=reader.person.areas,
        walled=reader.person.walled,
        not_kept_from=reader.staff.unit,
        due_before=calendar.late_by(ORDER_DAYS, turn.now),
    )
    part = await lists.section(turn, reader, "red", stuck)
    await lists.send(turn, reader, "weekly", [*told, *lists.lines(turn, reader, [part])], [part])


def _day(words: Callable[..., str], day: date) -> str:
    return words("digest.day", month=words(f"date.month.{day.month}"), day=day.day)


def concerned(turn: Turn, reader: Reading) -> frozenset[str] | None:
    """Whose figures somebody reads: a lead their unit and those below, a supervisor all of their areas (None: all)."""
    person = reader.person
    if person.unit:
        return person.units
    if person.areas is None:
        return None
    return frozenset(unit.code for unit in turn.town.units.values() if unit.area in person.areas)


def summed(figures: object, units: frozenset[str] | None) -> list[int]:
    """The figures of these units together (None: of all)."""
    rows = figures.items() if isinstance(figures, Mapping) else ()
    chosen: Iterable[list[int]] = (row for unit, row in rows if units is None or unit in units)
    return [sum(column) for column in zip([0] * len(FIGURES), *chosen, strict=True)]


def _row(tally: Tally) -> list[int]:
    return [getattr(tally, name) for name in FIGURES]


def _with_stuck(rows: dict[str, list[int]], then: object) -> dict[str, list[int]]:
    """The rows of the week before, with what was stuck when that week was reckoned up."""
    known = then if isinstance(then, Mapping) else {}
    empty = [0] * len(FIGURES)
    return {
        unit: [*rows.get(unit, empty)[:-1], known.get(unit, empty)[-1]] for unit in sorted(rows.keys() | known.keys())
    }
