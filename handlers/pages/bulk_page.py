"""An act on many tickets before it is done: which change how, and which are left out and why.

How a ticket will be is found by doing the act on a turn whose changes are thrown away: nobody promises what the act
itself would not do.
"""

from __future__ import annotations

from bot.changes import Looked
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.errors import NotFound, Refusal
from bot.turn import Turn
from bot.views.lists import Bulk, Change
from handlers.naming import moment, unit_name
from handlers.pages import rows
from handlers.staff.me import Me
from handlers.supervisor import bulk, supervising
from handlers.supervisor.bulk import Plan

RUNNING = 20
"""So many acts that go on are looked through for one's own."""


async def page(turn: Turn, me: Me) -> Bulk:
    """What was chosen last and may still be done; and what is being done. Raises NotFound for who may not."""
    if not me.may(Act.BULK):
        raise NotFound()
    going = await _going_on(turn, me)
    composing = bulk.previewed(turn)
    if composing is None:
        return Bulk(title=turn.words("bulkpage.title"), words="", changed=(), left_out=(), going=going)
    plan = bulk.plan_of(composing)
    left = composing.values.get("left", "").split()
    changed: list[Change] = []
    out: list[Change] = []
    able: list[Ticket] = []
    for number in (*composing.numbers, *left):
        ticket = await turn.read.ticket(number)
        if ticket is None or not me.may(Act.SEE, ticket):
            continue
        why = await bulk.hindrance(turn, me, plan, ticket) or ("" if number in composing.numbers else "state")
        change = await _change(turn, me, plan, ticket, why)
        (out if change.why else changed).append(change)
        if not change.why:
            able.append(ticket)
    turn.changes.looked.append(
        Looked(by=me.id, what="list", at=turn.now, detail=" ".join(("bulk", *composing.numbers, *left)))
    )
    residents, staff = await bulk.hearing(turn, me, plan, able)
    unit = unit_name(turn, plan.unit) if plan.unit else ""
    return Bulk(
        title=turn.words(f"bulkpage.{plan.action}", unit=unit, count=len(changed)),
        words=plan.words,
        changed=tuple(changed),
        left_out=tuple(out),
        heard=turn.words("bulkpage.heard", residents=residents, staff=staff) if able else "",
        token=f"staff:bulk_do={composing.step}" if able else "",
        going=going,
    )


async def _change(turn: Turn, me: Me, plan: Plan, ticket: Ticket, why: str) -> Change:
    row = rows.row(turn, me, ticket)
    before = _described(turn, plan, ticket)
    if not why:
        try:
            after = await bulk.tried(turn, me, plan, ticket)
        except Refusal:
            why = "state"
        else:
            return Change(row, before, _described(turn, plan, after))
    return Change(row, before, why=turn.words(f"bulk.why.{why}"))


def _described(turn: Turn, plan: Plan, ticket: Ticket) -> str:
    """What the act is about: the unit and its date, or the orders."""
    none = turn.words("list.none")
    if plan.action == "assign":
        unit = unit_name(turn, ticket.unit) if ticket.unit else turn.words("lists.no_unit")
        return turn.words("bulkpage.unit", unit=unit, due=moment(turn, ticket.due_at) if ticket.due_at else none)
    if not ticket.work.orders:
        return turn.words("bulkpage.no_orders")
    last = ticket.work.orders[-1]
    kind = supervising.kind_name(turn, last.kind)
    return turn.words("bulkpage.order", number=last.number, kind=kind, due=moment(turn, last.due_at))


async def _going_on(turn: Turn, me: Me) -> tuple[str, ...]:
    """Acts of this person of which the rest is still being done."""
    found = []
    for task in await turn.read.tasks((bulk.ACT,), RUNNING):
        numbers = (task.data or {}).get("numbers")
        if task.subject == me.id and isinstance(numbers, list):
            done = str((task.data or {}).get("done", 0))
            found.append(turn.words("bulkpage.going", done=done, all=len(numbers)))
    return tuple(found)
