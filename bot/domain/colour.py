"""How worried to be about a ticket (rule book, "Time"): a pure function of the ticket and the moment."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

from bot.domain.deadlines import last_quarter
from bot.domain.ticket import Status, Ticket
from bot.domain.town import Clock
from bot.domain.work_calendar import WorkCalendar


class Colour(IntEnum):
    """The higher, the worse."""

    GREEN = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3


def colour(ticket: Ticket, now: datetime, clock: Clock, calendar: WorkCalendar) -> Colour:
    """The colour of a ticket at a moment; green for whatever has been answered or has ended.

    For a ticket whose clock stands still (an answer is submitted, the resident was asked) time counts until then.
    """
    if not ticket.open or ticket.status is Status.ANSWERED:
        return Colour.GREEN
    work = ticket.work
    now = _counted(ticket, now)
    worst = Colour.GREEN
    if ticket.danger or work.bad_reviews >= 2 or work.reopened >= 2 or _two_days_late(ticket, now, calendar):
        worst = Colour.RED
    elif (ticket.due_at is not None and now > ticket.due_at) or work.urges >= 2 or work.reporters >= 3:
        worst = Colour.ORANGE
    elif _last_quarter(ticket, now, clock, calendar):
        worst = Colour.YELLOW
    return Colour(min(worst + work.care, Colour.RED))


def _counted(ticket: Ticket, now: datetime) -> datetime:
    """Until when time counts against the unit."""
    work = ticket.work
    if work.answer is not None:
        return min(now, work.answer.submitted_at)
    if ticket.status is Status.WAITING_RESIDENT and work.paused_at is not None:
        return min(now, work.paused_at)
    return now


def _two_days_late(ticket: Ticket, now: datetime, calendar: WorkCalendar) -> bool:
    due = ticket.due_at
    return due is not None and now > due and now > calendar.after_working_days(due, 2).at


def _last_quarter(ticket: Ticket, now: datetime, clock: Clock, calendar: WorkCalendar) -> bool:
    start, due = ticket.dispatched_at, ticket.due_at
    return start is not None and due is not None and now >= last_quarter(start, due, clock, calendar)
