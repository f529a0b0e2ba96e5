"""When a resident's urging counts (rule book, "Repeats, shared, special, hot"): from half of the time on, once per
ticket and working day. Earlier ones are answered, and change nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.ticket import Action, Event, Status, Ticket
from bot.domain.work_calendar import WorkCalendar

TOLD_AT = 2
"""From so many counted urges on the unit's lead hears of each."""


class Urging(StrEnum):
    """What an urging amounts to."""

    COUNTED = "counted"
    EARLY = "early"  # before half of the time
    TODAY = "today"  # counted on this working day already, whoever did it
    ASKED = "asked"  # the clock stands still: the handler waits for the resident
    NO_TIME = "no_time"  # nothing is due: praise


def can_be_urged(ticket: Ticket) -> bool:
    """Whether somebody owes something that can be urged."""
    return ticket.open and ticket.status is not Status.ANSWERED


def urging(
    ticket: Ticket, half: datetime | None, events: Iterable[Event], now: datetime, calendar: WorkCalendar
) -> Urging:
    """What urging a ticket now amounts to.

    ``half`` is when half of its time has passed (`bot.domain.guide.Guide.half_time`), ``events`` its life so far.
    """
    if ticket.status is Status.WAITING_RESIDENT:
        return Urging.ASKED
    if half is None:
        return Urging.NO_TIME
    if now < half:
        return Urging.EARLY
    day = working_day(now, calendar)
    counted = (e.at for e in events if e.action is Action.URGE and e.data.get("counted", True))
    return Urging.TODAY if any(working_day(at, calendar) == day for at in counted) else Urging.COUNTED


def working_day(moment: datetime, calendar: WorkCalendar) -> date:
    """The working day to which a moment counts: its own, or the next one."""
    day = calendar.local_day(moment)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return day
