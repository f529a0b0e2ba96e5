"""Supervision orders: numbered, with a deadline and a closing of their own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from bot.changes import Task, Timer
from bot.domain.orders import default_due, lifted, open_orders, ordered
from bot.domain.people import Staff
from bot.domain.permission import Act
from bot.domain.ticket import Action, Ticket
from bot.domain.town import Clock
from bot.domain.until import read_until
from bot.domain.work import Matter, OrderKind
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import moment
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.spoken import leading, words_of
from handlers.supervisor.saying import about, allowed

ORDER = "order"
"""The kind of the task that stands for a ticket's orders until they are lifted or the ticket ends."""


async def supervise(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Send a supervision order: `supervise N remind|order|talk|notice BY-WHEN words`."""
    kinds = {**words_of(turn, "order", list(OrderKind)), **{kind.value: kind.value for kind in OrderKind}}
    name, text = leading(rest, kinds)
    if not name:
        if ticket.work.proposal(Matter.FINAL) is not None and not rest.strip():
            return await order_send(turn, me, ticket, "")
        choices = [Choice(f"{ticket.number}:supervise={k}", kind_name(turn, k)) for k in OrderKind]
        return about(turn, me, ticket, "supervise.which", *choices)
    due, words = _due(turn, ticket, OrderKind(name), text)
    return await _sent(turn, me, ticket, OrderKind(name), due, words)


async def remind(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Send the mildest order: `remind N words`."""
    due, words = _due(turn, ticket, OrderKind.REMIND, rest)
    return await _sent(turn, me, ticket, OrderKind.REMIND, due, words)


async def order_send(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Send the order that stands drafted since the ticket is two days late: one tap."""
    drafted = ticket.work.proposal(Matter.FINAL)
    if drafted is None:
        raise Refusal("supervise.none_drafted", number=ticket.number)
    kind = OrderKind(drafted.klass) if drafted.klass else OrderKind.ORDER
    due = drafted.until
    if due is None or due <= turn.now:
        due = _due(turn, ticket, kind, "")[0]
    return await _sent(turn, me, ticket, kind, due, rest.strip() or drafted.text)


async def lift(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Close the orders that are still open: `lift N words`."""
    orders = open_orders(ticket)
    if not orders:
        raise Refusal("lift.none", number=ticket.number)
    numbers = [order.number for order in orders]
    work = lifted(ticket.work, frozenset(numbers), turn.now)
    data: dict[str, object] = {"lifted": numbers, "text": rest.strip()}
    after = case.moved(turn, ticket, Action.SUPERVISE, me.id, data, work=work)
    turn.changes.cancel("order", ticket.number)
    turn.changes.closed_tasks.append(task_of(ticket))
    orders_said = turn.words("list.comma").join(numbers)
    people = await responsible(turn, me, after)
    notices.tell_staff(turn, people, "order_lifted", after, orders=", ".join(numbers), text=rest.strip())
    return about(turn, me, after, "lift.done", orders=orders_said)


async def remind_quietly(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Ticket:
    """The ticket with a reminder sent; for many at once. Raises Refusal."""
    due, words = _due(turn, ticket, OrderKind.REMIND, rest)
    return await _ordered(turn, me, ticket, OrderKind.REMIND, due, words)


async def order_quietly(turn: Turn, me: Me, ticket: Ticket, words: str) -> Ticket:
    """The ticket with an order to be done by its due moment; for what was re-opened. Raises Refusal."""
    due = ticket.due_at or _due(turn, ticket, OrderKind.ORDER, "")[0]
    return await _ordered(turn, me, ticket, OrderKind.ORDER, due, words)


async def order_with(turn: Turn, me: Me, ticket: Ticket, kind: OrderKind, words: str) -> Reply:
    """Send an order with the usual time and these words, whatever they begin with. Raises Refusal."""
    return await _sent(turn, me, ticket, kind, _due(turn, ticket, kind, "")[0], words)


def task_of(ticket: Ticket) -> str:
    """The key of the task that stands for a ticket's orders."""
    return f"{ORDER}:{ticket.number}"


def kind_name(turn: Turn, kind: OrderKind) -> str:
    """What a grade of supervision is called."""
    return turn.words(f"order_name.{kind}")


async def responsible(turn: Turn, me: Me, ticket: Ticket) -> tuple[Staff, ...]:
    """The handler and the leads of the unit that has a ticket; its handlers while nobody took it."""
    handler = me.directory.by_id.get(ticket.handler)
    people: Iterable[Staff] = me.directory.handlers(ticket.unit)
    if handler is not None and handler.removed_at is None:
        people = [handler]
    acting = (me.directory.standing_in(s, turn.now) for s in (*people, *me.directory.leads(ticket.unit)))
    return await allowed(turn, ticket, acting)


async def _sent(turn: Turn, me: Me, ticket: Ticket, kind: OrderKind, due: datetime, words: str) -> Reply:
    after = await _ordered(turn, me, ticket, kind, due, words)
    order = after.work.orders[-1]
    return about(
        turn,
        me,
        after,
        "supervise.done",
        Choice(f"{ticket.number}:lift", turn.words("choice.lift")),
        order=order.number,
        kind=kind_name(turn, kind),
        due=moment(turn, due),
    )


async def _ordered(turn: Turn, me: Me, ticket: Ticket, kind: OrderKind, due: datetime, words: str) -> Ticket:
    ticket.after(Action.SUPERVISE, turn.now)
    if not ticket.unit:
        raise Refusal("supervise.no_unit", number=ticket.number)
    if ticket.work.submitted:
        raise Refusal("supervise.answered", number=ticket.number)
    order = ordered(ticket, kind, me.id, turn.now, due, words)
    proposals = ticket.work.proposals
    if kind is not OrderKind.REMIND:
        proposals = ticket.work.without(Matter.FINAL)
    work = replace(ticket.work, orders=(*ticket.work.orders, order), proposals=proposals)
    data: dict[str, object] = {"order": order.number, "kind": kind, "due": due.isoformat(), "text": words}
    after = case.moved(turn, ticket, Action.SUPERVISE, me.id, data, work=work)
    turn.changes.timer(Timer("order", ticket.number, due, len(work.orders)))
    turn.changes.tasks.append(Task(task_of(ticket), ORDER, ticket.number, turn.now, due))
    people = await responsible(turn, me, after)
    notices.tell_staff(
        turn,
        people,
        f"order_{kind}",
        after,
        urgent=bool(ticket.danger),
        order=order.number,
        until=due.isoformat(),
        text=words,
    )
    return after


def _due(turn: Turn, ticket: Ticket, kind: OrderKind, text: str) -> tuple[datetime, str]:
    """By when, and the words of the order. Raises Refusal for a time that is over."""
    calendar, clock = turn.guide.calendar_of(ticket.unit), Clock(ticket.clock)
    said = read_until(text, turn.now, calendar, clock)
    if said is None:
        return default_due(kind, turn.now, clock, turn.town.limits, calendar), text.strip()
    if said[0] <= turn.now:
        raise Refusal("supervise.past", number=ticket.number, due=moment(turn, said[0]))
    return said


COMMANDS = table(
    Command("supervise", Act.SUPERVISE, ticket=supervise),
    Command("remind", Act.SUPERVISE, ticket=remind),
    Command("order_send", Act.SUPERVISE, ticket=order_send, hidden=True),
    Command("lift", Act.SUPERVISE, ticket=lift),
)
