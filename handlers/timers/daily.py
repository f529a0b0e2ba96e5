"""Every working morning each member of staff gets their own list (rule book, "Overdue ladder": the daily list).

The desk's own turn at half past eight only sets a timer for each person; so each list is read, told and, if need be,
tried again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

from bot.changes import Timer
from bot.domain.guide import Guide
from bot.domain.people import DESK, Role
from bot.domain.permission import Act, may
from bot.domain.ticket import Status
from bot.ports import Wanted
from bot.turn import Turn
from handlers import reaching
from handlers.timers import lists
from handlers.timers.lists import Reading, Section

AT = time(8, 30)
ORDER_DAYS = 2
"""Overdue by so many working days is red (see `bot.domain.colour`)."""

NAMES = 12
"""So many people who cannot be reached are named."""

UNDELIVERED = 50
"""So many tickets are looked through of which something was not delivered."""

PROMISES = 200
"""So many answered tickets are looked through for promises that fall due."""


def next_one(guide: Guide, now: datetime) -> Timer:
    """When the next lists are due. Setting it twice is setting it once."""
    return Timer("daily", DESK, guide.calendar.next_morning(now, AT))


async def daily(turn: Turn) -> None:
    """Set the next one, and a list for everybody, unless the day is off (a holiday added since) or over already."""
    turn.changes.timer(next_one(turn.guide, turn.now))
    if not useful(turn):
        return
    for staff in (await turn.read.directory()).active:
        turn.changes.timer(Timer("daily_list", staff.id, turn.now))


def useful(turn: Turn) -> bool:
    """Whether a list makes sense now: on a working day, before it ends."""
    calendar = turn.guide.calendar
    day = calendar.local_day(turn.now)
    return calendar.is_working_day(day) and turn.now < calendar.spans(day)[-1][1]


async def own_list(turn: Turn) -> None:
    """One person's list; nothing at all for whom nothing waits."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    reader = await lists.reading(turn, turn.timer.subject)
    if reader is None:
        return
    at_desk = reader.staff.role in (Role.SUPERVISOR, Role.ADMIN)
    parts = await (_of_the_desk(turn, reader) if at_desk else _of_a_unit(turn, reader))
    told = lists.lines(turn, reader, parts)
    words = reader.voice.words
    if at_desk and (names := [staff.name for staff in await reaching.unreachable_staff(turn)]):
        shown = words("list.comma").join(names[:NAMES])
        told.append(words("digest.unreachable", count=len(names), names=shown))
    if told:
        day = turn.guide.calendar.local_day(turn.now)
        head = words("digest.daily", month=words(f"date.month.{day.month}"), day=day.day)
        await lists.send(turn, reader, "daily", [head, *told], parts)


async def _of_a_unit(turn: Turn, reader: Reading) -> Sequence[Section]:
    """Late, due today, waiting, promises due, not taken yet: a handler's own, a lead's whole unit."""
    staff, now = reader.staff, turn.now
    if not staff.unit:
        return ()
    _, midnight = turn.guide.calendar.day_bounds(now)
    whose = None if staff.role is Role.LEAD else staff.id
    mine = Wanted(units=(staff.unit,), handler=whose, areas=reader.person.areas, not_kept_from=staff.unit)
    return [
        await lists.section(turn, reader, "late", replace(mine, due_before=now)),
        await lists.section(turn, reader, "today", replace(mine, due_after=now, due_before=midnight)),
        await lists.section(turn, reader, "waiting", replace(mine, statuses=(Status.WAITING_RESIDENT,))),
        *([await lists.section(turn, reader, "deciding", replace(mine, deciding=True))] if whose is None else ()),
        await _promises(turn, mine, midnight),
        await lists.section(turn, reader, "not_taken", replace(mine, handler="", statuses=(Status.DISPATCHED,))),
    ]


async def _of_the_desk(turn: Turn, reader: Reading) -> Sequence[Section]:
    """What a supervisor must see first: unassigned, due today, red, re-opened, to be decided, promises due."""
    now, calendar = turn.now, turn.guide.calendar
    _, midnight = calendar.day_bounds(now)
    all_ = Wanted(areas=reader.person.areas, walled=reader.person.walled)
    return [
        await lists.section(turn, reader, "pool", replace(all_, statuses=(Status.FILED,))),
        await lists.section(turn, reader, "today", replace(all_, due_after=now, due_before=midnight)),
        await lists.section(turn, reader, "red", replace(all_, due_before=calendar.late_by(ORDER_DAYS, now))),
        await lists.section(turn, reader, "danger", replace(all_, danger=True)),
        await lists.section(turn, reader, "reopened", replace(all_, statuses=(Status.REOPENED,))),
        await lists.section(turn, reader, "deciding", replace(all_, deciding=True)),
        await _promises(turn, all_, midnight),
        Section("unconfirmed", len(await turn.read.tasks(("unconfirmed", "danger"), PROMISES))),
        await _undelivered(turn, reader),
    ]


async def _undelivered(turn: Turn, reader: Reading) -> Section:
    """Open tickets of which something could not be told."""
    found = [await turn.read.ticket(number) for number in await turn.read.undelivered(UNDELIVERED)]
    mine = [t for t in found if t is not None and t.open and may(reader.person, Act.SEE, t)]
    return Section("undelivered", len(mine), mine[: lists.LINES])


async def _promises(turn: Turn, wanted: Wanted, until: datetime) -> Section:
    """Answers that promised a date, when that is today or over."""
    answered = await turn.read.tickets(replace(wanted, statuses=(Status.ANSWERED,)), PROMISES)
    due = [t for t in answered if t.work.promise_at is not None and t.work.promise_at < until]
    return Section("promises", len(due), due[: lists.LINES])
