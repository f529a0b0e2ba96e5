"""Another calendar, other hours or limits: the dates of open tickets are counted anew, a few at a time.

What the dates were last counted by is kept as a record, so that a change made while the desk was shut is found too.
"""

from __future__ import annotations

import hashlib

from bot.changes import Task, Timer
from bot.domain.deadlines import Tier
from bot.domain.guide import Guide
from bot.domain.people import DESK
from bot.domain.ticket import Status, Ticket
from bot.domain.town import Clock
from bot.turn import Turn
from handlers import case

CHUNK = 40
"""So many tickets are looked at in one turn: it is decided again when one of them is moved meanwhile."""

START = "0"
"""Every ticket's number comes after it."""


async def recompute(turn: Turn) -> None:
    """Begin when the town's time is reckoned by other rules than last time; or go on behind the timer's ticket."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    after = timer.subject
    if after == START and not await _changed(turn):
        return
    tickets = await turn.read.owing(after, CHUNK)
    for ticket in tickets:
        if moves(turn.guide, ticket):
            await case.retimed(turn, ticket, DESK, "calendar")
        else:
            case.rearm(turn, ticket)  # the due moment is the same, a rung before or after it may not be
    if len(tickets) == CHUNK:
        turn.changes.timer(Timer("recompute", tickets[-1].number, turn.now))


def moves(guide: Guide, ticket: Ticket) -> bool:
    """Whether a ticket has other dates now, or the same ones for certain that were provisional."""
    if ticket.status is Status.REOPENED:
        return False  # it gets a date when it is sent on
    if ticket.dispatched_at is None:
        tier = Tier(ticket.work.tier)
        due = guide.answer_due_from_pool(ticket.type, Clock(ticket.clock), ticket.filed_at, tier)
        return due is not None and (due.at, due.provisional) != (ticket.promised_at, ticket.provisional)
    due = guide.due_of(ticket)
    return due is not None and (due.at, due.provisional) != (ticket.due_at, ticket.provisional)


def fingerprint(guide: Guide) -> str:
    """A name for everything dates depend on: hours, holidays, limits."""
    calendars = {"": guide.calendar, **guide.unit_calendars}
    hours = sorted((unit, repr(calendar.hours)) for unit, calendar in calendars.items())
    holidays = sorted(guide.calendar.holidays.items())
    rules = (guide.town.timezone, hours, holidays, sorted(guide.calendar.years), repr(guide.town.limits))
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


async def _changed(turn: Turn) -> bool:
    """Whether the rules are others than those of the record, which is renewed then. The first record moves no date."""
    known = await turn.read.tasks(("reckoned",))
    name = fingerprint(turn.guide)
    if any(task.subject == name for task in known):
        return False
    turn.changes.closed_tasks.extend(task.key for task in known)
    turn.changes.tasks.append(Task(f"reckoned:{name}:{turn.now.isoformat()}", "reckoned", name, turn.now))
    return bool(known)
