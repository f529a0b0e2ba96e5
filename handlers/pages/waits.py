"""What waits for somebody with a say: gathered as the commands of the chat gather it, the first to be seen to in front.

Everything of this person only: what they may not see or do, and their own matters, never come out of here.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.changes import Task
from bot.domain.orders import open_orders
from bot.domain.permission import Act
from bot.domain.possible import room_for
from bot.domain.special import Special
from bot.domain.ticket import Status, Ticket
from bot.domain.work import Matter, Proposal
from bot.ports import Wanted
from bot.turn import Turn
from handlers.pages import rows
from handlers.staff import calling_back, chain
from handlers.staff.me import Me
from handlers.supervisor import glance, queues, releasing, reopening, specials, supervising, talking, tracing

LOOKED_AT = 500
"""So many of each sort are looked at; a queue as long as that is not counted further."""


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that waits: a ticket, a task, or both; ``proposal`` is what is to be decided on the ticket. Or a
    special case."""

    ticket: Ticket | None = None
    tasks: tuple[Task, ...] = ()
    proposal: Proposal | None = None
    special: Special | None = None


async def pool(turn: Turn, me: Me) -> list[Waits]:
    """Tickets without a unit, danger and the oldest first."""
    waiting = await queues.waiting_at_desk(turn, me)
    tickets = (each.ticket for each in waiting if each.ticket is not None)
    return [Waits(ticket) for ticket in tickets if ticket.status is Status.FILED]


async def drafts(turn: Turn, me: Me) -> list[Waits]:
    """Drafts nobody confirmed, those of danger first."""
    found = await turn.read.tasks(releasing.KINDS, LOOKED_AT)
    mine = (task for task in found if queues.may_see_task(turn, me, task))
    return [Waits(tasks=(task,)) for task in sorted(mine, key=lambda task: task.kind != "danger")]


async def wordless(turn: Turn, me: Me) -> list[Waits]:
    """Tickets to be heard or looked at, first in, first out."""
    own, found = await rows.own(turn, me), []
    for task in await turn.read.tasks(("listen",), LOOKED_AT):
        ticket = await turn.read.ticket(task.subject)
        if ticket is None or ticket.number in own or not me.may(Act.TRANSCRIBE, ticket):
            continue
        if room_for(Act.TRANSCRIBE, ticket):
            found.append(Waits(ticket, (task,)))
    return found


async def talks(turn: Turn, me: Me) -> list[Waits]:
    """People who asked for somebody: this person's own talks, those nobody took, and those of others."""
    found = [t for t in await turn.read.tasks(talking.KINDS, LOOKED_AT) if queues.may_see_task(turn, me, t)]
    order = {me.id: 0, "": 1}
    return [Waits(tasks=(t,)) for t in sorted(found, key=lambda t: order.get(str((t.data or {}).get("who", "")), 2))]


async def calls(turn: Turn, me: Me) -> list[Waits]:
    """People to be called or visited, by ticket."""
    owed: dict[str, list[calling_back.Owed]] = {}
    for each in await calling_back.owed_by(turn, me):
        owed.setdefault(each.ticket.number, []).append(each)
    return [Waits(several[0].ticket, tuple(each.task for each in several)) for several in owed.values()]


async def ordered(turn: Turn, me: Me) -> list[Waits]:
    """Tickets with a supervision order that is not met, the earliest due first."""
    own, found = await rows.own(turn, me), []
    for task in await turn.read.tasks((supervising.ORDER,), LOOKED_AT):
        ticket = await turn.read.ticket(task.subject)
        if ticket is not None and ticket.number not in own and me.may(Act.SEE, ticket) and open_orders(ticket):
            found.append((min(order.due_at for order in open_orders(ticket)), ticket.number, Waits(ticket, (task,))))
    return [waits for _, _, waits in sorted(found, key=lambda each: each[:2])]


async def proposals(turn: Turn, me: Me) -> list[Waits]:
    """Everything that this person may decide, the earliest due first."""
    own, found = await rows.own(turn, me), []
    for ticket in await turn.read.tickets(_with_something_to_decide(me), LOOKED_AT):
        for proposal in ticket.work.proposals if ticket.number not in own else ():
            if chain.may_decide(turn, me.person, me.directory, ticket, proposal):
                found.append(Waits(ticket, proposal=proposal))
    return sorted(found, key=_late)


def _with_something_to_decide(me: Me) -> Wanted:
    reach = glance.reach(me)
    return Wanted(
        units=reach.units, areas=reach.areas, walled=reach.walled, not_kept_from=reach.not_kept_from, deciding=True
    )


def _late(waits: Waits) -> tuple[float, str]:
    due = waits.proposal.due_at if waits.proposal is not None else None
    return due.timestamp() if due is not None else float("inf"), waits.ticket.number if waits.ticket else ""


async def reopened(turn: Turn, me: Me) -> list[Waits]:
    """Answers that settled nothing, as people say."""
    return [Waits(ticket, (task,)) for task, ticket in await reopening.to_decide(turn, me)]


async def traced(turn: Turn, me: Me) -> list[Waits]:
    """Answers to be looked into."""
    return [Waits(each.ticket, (each.task,)) for each in await tracing.waiting(turn, me)]


async def special_cases(turn: Turn, me: Me) -> list[Waits]:
    """Special cases that are not closed, the newest first."""
    return [Waits(special=each) for each in await turn.read.specials() if specials.sees(me, each)]


SIGNING, OBJECTING = frozenset({Matter.SIGN_OFF}), frozenset({Matter.OBJECTION})
OTHERS = frozenset(Matter) - SIGNING - OBJECTING
"""Matters by the queue in which they wait."""
