"""Supervision orders: their numbers, how long they give, and when they are met."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from bot.domain.ticket import Ticket
from bot.domain.town import Clock, Limits
from bot.domain.work import Order, OrderKind, Work
from bot.domain.work_calendar import WorkCalendar

DAYS: Mapping[OrderKind, int] = {
    OrderKind.REMIND: 1,
    OrderKind.ORDER: 2,
    OrderKind.TALK: 1,
    OrderKind.NOTICE: 2,
}
"""How many working days an order gives that names no time of its own."""


def default_due(kind: OrderKind, now: datetime, clock: Clock, limits: Limits, calendar: WorkCalendar) -> datetime:
    """By when an order must be met that names no time; what cannot wait has hours, not days."""
    if clock is Clock.TYPE:
        return calendar.after_working_days(now, DAYS[kind]).at
    return now + limits.urgent_order


def ordered(ticket: Ticket, kind: OrderKind, by: str, now: datetime, due: datetime, text: str) -> Order:
    """The next order on a ticket: ``NUMBER-D1``, ``NUMBER-D2``, ..."""
    number = f"{ticket.number}-D{len(ticket.work.orders) + 1}"
    return Order(number=number, kind=kind, by=by, at=now, due_at=due, text=text)


def open_orders(ticket: Ticket) -> tuple[Order, ...]:
    """The orders that still bind the unit: neither lifted, nor met by an answer submitted since."""
    if not ticket.open:
        return ()
    answers = (ticket.work.answer, ticket.work.last_answer)
    answered = [answer.submitted_at for answer in answers if answer is not None]
    return tuple(o for o in ticket.work.orders if o.closed_at is None and not any(at >= o.at for at in answered))


def lifted(work: Work, numbers: frozenset[str], now: datetime) -> Work:
    """The work with these orders closed."""
    return replace(work, orders=tuple(replace(o, closed_at=now) if o.number in numbers else o for o in work.orders))
