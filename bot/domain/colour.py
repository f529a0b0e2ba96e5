"""How worried to be about a ticket (rule book, "Time"): a pure function of the ticket and the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from bot.domain.deadlines import share_of_time
from bot.domain.ticket import Status, Ticket
from bot.domain.town import Clock
from bot.domain.work_calendar import WorkCalendar


class Colour(IntEnum):
    """The higher, the worse."""

    GREEN = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3


@dataclass(frozen=True, slots=True)
class Worries:
    """What else is known: counted urges, distinct reporters, bad reviews, and whether the filer needs special care."""

    urges: int = 0
    reporters: int = 1
    bad_reviews: int = 0
    care: bool = False


NO_WORRIES = Worries()


def colour(
    ticket: Ticket, now: datetime, clock: Clock, calendar: WorkCalendar, worries: Worries = NO_WORRIES
) -> Colour:
    """The colour of a ticket at a moment; green for whatever has been answered or has ended."""
    if not ticket.open or ticket.status is Status.ANSWERED:
        return Colour.GREEN
    worst = Colour.GREEN
    if ticket.danger or worries.bad_reviews >= 2 or _two_days_late(ticket, now, calendar):
        worst = Colour.RED
    elif (ticket.due_at is not None and now > ticket.due_at) or worries.urges >= 2 or worries.reporters >= 3:
        worst = Colour.ORANGE
    elif _last_quarter(ticket, now, clock, calendar):
        worst = Colour.YELLOW
    return Colour(min(worst + worries.care, Colour.RED))


def _two_days_late(ticket: Ticket, now: datetime, calendar: WorkCalendar) -> bool:
    due = ticket.due_at
    return due is not None and now > due and now > calendar.after_working_days(due, 2).at


def _last_quarter(ticket: Ticket, now: datetime, clock: Clock, calendar: WorkCalendar) -> bool:
    start, due = ticket.dispatched_at, ticket.due_at
    return start is not None and due is not None and now >= share_of_time(0.75, start, due, clock, calendar)
