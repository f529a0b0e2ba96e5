"""When a question to the resident stops the clock, and for how long (rule book, "Life of a ticket": pause).

The clock stands from the delivery of the question until the answer, or until it runs again by itself. How the due
moment moves by it is `bot.domain.deadlines`' to say (`stood_still`, `resumed_due`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.deadlines import resumed_due, share_of_time
from bot.domain.ticket import Ticket
from bot.domain.town import Clock, Limits
from bot.domain.work_calendar import Moment, WorkCalendar

LAST_QUARTER = 0.75


class RunsOn(StrEnum):
    """Why a question stops no clock."""

    DANGER = "danger"
    OFTEN = "often"  # it stood still as often as it may
    USED_UP = "used_up"  # it stood still as long as it may


def runs_on(ticket: Ticket, limits: Limits, calendar: WorkCalendar) -> RunsOn | None:
    """Why another question would not stop a ticket's clock; None when it would. ``calendar`` is that of its unit."""
    if ticket.danger or Clock(ticket.clock) is Clock.DANGER:
        return RunsOn.DANGER
    if ticket.work.pauses >= limits.pauses:
        return RunsOn.OFTEN
    return RunsOn.USED_UP if _left(ticket, limits, calendar) <= timedelta(0) else None


def in_last_quarter(ticket: Ticket, now: datetime, calendar: WorkCalendar) -> bool:
    """Whether so little of the time is left (or none) that only the lead may have the clock stopped."""
    start, due = ticket.dispatched_at, ticket.due_at
    if start is None or due is None:
        return False
    return now >= share_of_time(LAST_QUARTER, start, due, Clock(ticket.clock), calendar)


def reminder(delivered_at: datetime, limits: Limits, calendar: WorkCalendar) -> Moment:
    """When the resident is reminded of a question."""
    return calendar.after_working_days(delivered_at, limits.pause_reminder_days)


def runs_again(ticket: Ticket, delivered_at: datetime, limits: Limits, calendar: WorkCalendar) -> Moment:
    """When the clock runs again though nobody answered: after three working days, as they are counted everywhere, or
    earlier where all pauses together have had their five."""
    by_days = calendar.after_working_days(delivered_at, limits.pause_days)
    left = max(_left(ticket, limits, calendar), timedelta(0))
    by_sum = resumed_due(delivered_at, left.total_seconds(), Clock(ticket.clock), calendar)
    return min(by_days, by_sum, key=lambda moment: moment.at)


def _left(ticket: Ticket, limits: Limits, calendar: WorkCalendar) -> timedelta:
    """How much longer the clock may stand still, on the clock it runs on."""
    day = calendar.day_length if Clock(ticket.clock) is Clock.TYPE else timedelta(days=1)
    return day * limits.pause_days_all - timedelta(seconds=ticket.work.paused)
