"""How much time a ticket has left, in a few words."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.guide import Guide
from bot.domain.ticket import Status, Ticket
from bot.domain.town import Clock
from handlers.naming import Speaking

HOUR = 3600
MINUTE = 60


def time_left(voice: Speaking, guide: Guide, ticket: Ticket, now: datetime) -> str:
    """The time left until a ticket's deadline, or how late it is; working time unless it runs round the clock.

    In the pool it is the time until it must have a unit. A clock that stands still says so.
    """
    if not ticket.open or ticket.status is Status.ANSWERED:
        return voice.words("left.done")
    if ticket.work.submitted:
        return voice.words("left.submitted")
    if ticket.status is Status.WAITING_RESIDENT and ticket.work.paused_at is not None:
        return voice.words("left.paused")
    due = guide.deadline(ticket)
    if due is None:
        return voice.words("left.none")
    late = due < now
    span = amount(voice, guide, ticket, min(due, now), max(due, now))
    if not span:
        return voice.words("left.now")
    return voice.words("left.late" if late else "left.time", amount=span)


def amount(voice: Speaking, guide: Guide, ticket: Ticket, begin: datetime, end: datetime) -> str:
    """The time between two moments on the clock a ticket runs on: days and hours, or hours and minutes; "" for less
    than a minute."""
    if Clock(ticket.clock) is Clock.TYPE:
        calendar = guide.calendar_of(ticket.unit)
        span, day = calendar.working_time_between(begin, end), calendar.day_length
        days, rest = divmod(span, day)
        name = "left.working_days"
    else:
        days, rest = divmod(end - begin, timedelta(days=1))
        name = "left.days"
    parts = [voice.words(name, count=days)] if days else []
    hours = int(rest.total_seconds()) // HOUR
    minutes = int(rest.total_seconds()) % HOUR // MINUTE
    if hours:
        parts.append(voice.words("left.hours", count=hours))
    if minutes and not days:
        parts.append(voice.words("left.minutes", count=minutes))
    return voice.words("left.join").join(parts)
