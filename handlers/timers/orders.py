"""A supervision order was not met in time: who gave it, and the other supervisors, hear of it."""

from __future__ import annotations

from bot.domain.orders import open_orders
from bot.domain.people import DESK
from bot.domain.ticket import Action
from bot.turn import Turn
from handlers import case, notices
from handlers.supervisor.saying import allowed, supervisors_of


async def late(turn: Turn) -> None:
    """Tell the supervisors and the leads of the unit of an order whose time is over; not when it was met or lifted."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None or not 1 <= timer.level <= len(ticket.work.orders):
        return
    order = ticket.work.orders[timer.level - 1]
    if order not in open_orders(ticket):
        return
    due = order.due_at.isoformat()
    ticket = case.moved(turn, ticket, Action.NOTE, DESK, {"order_late": order.number, "due": due})
    directory = await turn.read.directory()
    leads = await allowed(turn, ticket, directory.leads(ticket.unit))
    people = {staff.id: staff for staff in (*await supervisors_of(turn, ticket), *leads)}
    notices.tell_staff(turn, people.values(), "order_late", ticket, order=order.number, due=due)
