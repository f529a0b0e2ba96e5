"""What is to be decided on tickets, as a page shows it: orders, proposals, re-openings, answers to be looked into."""

from __future__ import annotations

from bot.changes import Looked
from bot.domain.masking import masked, masked_but_landlines
from bot.domain.orders import open_orders
from bot.domain.permission import Act
from bot.domain.wall import visible_text
from bot.domain.work import Matter, Proposal
from bot.turn import Turn
from bot.views.lists import Item, Tap, WordForm
from handlers.naming import moment, shortened, unit_name
from handlers.pages.queue_items import TEXT, Facts, facts_of, item_of, ticket_of
from handlers.pages.waits import Waits
from handlers.staff import chain
from handlers.staff.me import Me
from handlers.supervisor import reopening, supervising, tracing

WORDED = ("stands", "close")
"""Decisions about a re-opening that need their words."""


async def order(turn: Turn, me: Me, waits: Waits) -> Item:
    """A ticket whose unit was given an order; whoever may lifts it."""
    ticket = ticket_of(waits)
    facts: Facts = []
    for each in open_orders(ticket):
        named = {"number": each.number, "kind": supervising.kind_name(turn, each.kind)}
        name, due = chain.name_of(me.directory, each.by), moment(turn, each.due_at)
        facts.append(("order", turn.words("queues.order", name=name, due=due, text=masked(each.text), **named)))
    form = WordForm(
        id=f"lift-{ticket.number}",
        about=ticket.number,
        command="lift",
        label=turn.words("queues.lift_words"),
        button=turn.words("choice.lift"),
    )
    return item_of(turn, me, waits, facts, forms=[form] if me.may(Act.SUPERVISE, ticket) else ())


async def decision(turn: Turn, me: Me, waits: Waits) -> Item:
    """Something to be decided: yes with a tap, no with the reason. An answer to be signed is there to read."""
    ticket, proposal = ticket_of(waits), waits.proposal
    assert proposal is not None  # noqa: S101 - these queues are of proposals
    matter = proposal.matter
    words = proposal.text
    if matter in (Matter.SIGN_OFF, Matter.PROMISE) and ticket.work.answer is not None:
        words = ticket.work.answer.text
    facts = [
        ("matter", turn.words(f"matter.{matter}")),
        ("by", chain.name_of(me.directory, proposal.by)),
        ("why", masked(proposal.text) if words != proposal.text else ""),
        *_asked(turn, proposal),
        ("decide_until", moment(turn, proposal.due_at) if proposal.due_at is not None else ""),
    ]
    refuse = WordForm(
        id=f"refuse-{ticket.number}-{matter}",
        about=ticket.number,
        command="refuse",
        given=(str(matter),),
        label=turn.words("queues.refuse_words"),
        button=turn.words("work.refuse"),
        needed=True,
    )
    taps = [Tap(f"{ticket.number}:approve={matter}", turn.words("work.approve"))]
    return item_of(turn, me, waits, facts, masked_but_landlines(words), taps, [refuse], str(matter))


def _asked(turn: Turn, proposal: Proposal) -> Facts:
    unit = proposal.to if proposal.to in turn.town.units else ""
    return [
        ("class", turn.words(f"objecting.{proposal.klass}") if proposal.matter is Matter.OBJECTION else ""),
        ("days", str(proposal.days) if proposal.days else ""),
        ("to", unit_name(turn, unit) if unit else proposal.to),
        ("by_date", moment(turn, proposal.until) if proposal.until is not None else ""),
    ]


async def reopening_(turn: Turn, me: Me, waits: Waits) -> Item:
    """An answer that settled nothing, as people say: answer and words side by side, and what can be decided."""
    ticket, task = ticket_of(waits), waits.tasks[0]
    answer = ticket.work.last_answer
    facts = [
        ("reopened", str(ticket.work.reopened)),
        ("decide_until", moment(turn, task.due_at) if task.due_at is not None else ""),
        ("answer", shortened(masked_but_landlines(answer.text), TEXT) if answer is not None else ""),
        *(("said", line) for line in await reopening.said(turn, me, ticket)),
    ]
    taps: list[Tap] = []
    forms: list[WordForm] = []
    for choice in reopening.choices(turn, me, ticket):
        command = choice.token.partition(":")[2]
        if command not in WORDED:
            taps.append(Tap(choice.token, choice.label, second=bool(taps)))
            continue
        label = turn.words(f"queues.{command}_words")
        forms.append(
            WordForm(
                id=f"{command}-{ticket.number}",
                about=ticket.number,
                command=command,
                label=label,
                button=choice.label,
                needed=True,
                lines=2,
            )
        )
    return item_of(turn, me, waits, facts, visible_text(me.person, ticket), taps, forms)


async def trace(turn: Turn, me: Me, waits: Waits) -> Item:
    """An answer to be looked into: everything about it comes with a tap, and then the findings."""
    ticket, task = ticket_of(waits), waits.tasks[0]
    facts = [
        ("unit", unit_name(turn, ticket.unit)),
        ("why", tracing.why(turn, tracing.Listed(task, ticket))),
        ("age", tracing.age(turn, task.opened_at)),
    ]
    return item_of(turn, me, waits, facts, taps=[Tap(f"{ticket.number}:trace", turn.words("queues.trace_open"))])


async def special(turn: Turn, me: Me, waits: Waits) -> Item:
    """A special case; what can be done about it comes with a tap."""
    case = waits.special
    assert case is not None  # noqa: S101 - this queue is of special cases
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=f"queue {case.number}"))
    facts = [
        ("state", turn.words(f"special.state.{case.state}")),
        ("unit", unit_name(turn, case.unit)),
        ("until", moment(turn, case.due_at)),
        ("tickets", str(len(case.tickets))),
        ("back", str(len(case.back)) if case.back else ""),
    ]
    return Item(
        id=case.number,
        title=f"{case.number} {case.title}",
        facts=facts_of(turn, facts),
        taps=(Tap(f"staff:special={case.number}", turn.words("queues.special_open")),),
    )
