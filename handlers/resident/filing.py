"""Confirming: a draft becomes a ticket with a number, a unit and a promised date."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from bot.changes import Link, Reporter, Task, Timer
from bot.conversation.draft import Draft
from bot.conversation.session import Filed
from bot.conversation.states import step
from bot.domain import deadlines
from bot.domain.people import Address
from bot.domain.permission import Act
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.town import UNDECIDED, Clock
from bot.domain.wall import behind_the_wall
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import notices, page_links, shared, tasks
from handlers.naming import Speaking, counted, moment, place_name, title, unit_name
from handlers.resident import card, collecting, following, joining_cases, splitting
from handlers.staff.me import me

RECENT = 10
ALIAS_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which people mix up."""


async def confirm(turn: Turn, draft: Draft) -> Reply:
    """File the draft as a ticket, dispatch it if a rule takes it, and promise a date."""
    if draft.empty:
        return turn.say("confirm.empty")
    collector = await _collector(turn) if draft.source else ""
    if (before := await joining_cases.said_before(turn, draft)) is not None:
        return joining_cases.again(turn, draft, before)
    if draft.danger:
        turn.changes.closed_tasks.append(f"danger:{draft.id}")
        if number := await filed_from(turn, turn.address, draft.id, draft.opened_at):
            return await following.add_draft(turn, replace(draft, alike=number))
    step(draft.state, "file")
    ticket = filed(turn, draft, await turn.numbers.next(turn.now))
    by, contact = collector or str(turn.address), {"contact": draft.contact} if draft.contact else {}
    turn.changes.ticket(ticket, ticket.event(Action.FILE, turn.now, by=by, draft=draft.id, **contact))
    ticket = dispatched(turn, ticket, wordless=draft.wordless)
    if not collector:  # else it is nobody's in chat until it is claimed by its code
        turn.changes.reporters.append(Reporter(ticket.number, turn.address, "filer", turn.now))
    if draft.enclosed:
        turn.changes.filed_attachments.append((draft.id, ticket.number))
    if draft.follows:
        link = Link(ticket=ticket.number, kind="repeats", other=draft.follows, by=by, at=turn.now)
        turn.changes.links.append(link)
    await shared.noticed(turn, ticket, follows=draft.follows)
    apart = await splitting.done(turn, draft, ticket) if draft.split_from else ""
    collecting.forget(turn, draft)
    said = () if collector else tuple(said.key for said in draft.said)
    kind = "" if collector else ticket.kind  # what is filed for others is like nothing of one's own
    remembered = Filed(ticket.number, draft.id, turn.now, kind, ticket.area, title(turn, draft), said)
    turn.remember(recent=(remembered, *turn.session.recent)[:RECENT])
    if not collector:
        turn.remember(last_place=draft.place or turn.session.last_place)
    told = receipt(turn, ticket, draft)
    return replace(told, text=f"{told.text}\n{apart}") if apart else told


async def filed_from(turn: Turn, address: Address, draft: str, since: datetime) -> str:
    """The number of the ticket that was made of somebody's draft; "" for none. Staff may have filed a dangerous one."""
    for ticket in await turn.read.tickets_of(address, RECENT):
        if ticket.filed_at >= since and (events := await turn.read.events(ticket.number)):
            first = next((e for e in events if e.action is Action.FILE), None)
            if first is not None and first.data.get("draft") == draft:
                return ticket.number
    return ""


async def _collector(turn: Turn) -> str:
    """The id of whoever files for somebody else. Raises Refusal where they may not, or not any more."""
    collector = await me(turn)
    if collector is None or not collector.may(Act.COLLECT):
        raise Refusal("collect.not_any_more")
    return collector.id


def filed(turn: Turn, draft: Draft, number: str) -> Ticket:
    """The ticket a draft makes, not yet dispatched."""
    kind = UNDECIDED if draft.wordless else draft.kind or UNDECIDED
    clock = deadlines.clock_of(turn.town.kinds.get(kind), draft.danger, kind in draft.urgent)
    chance = int(turn.token(), 16)
    letters = (ALIAS_LETTERS[(chance >> shift) & 31] for shift in (24, 29, 34, 39))
    return Ticket(
        number=number,
        code=f"{chance % 1_000_000:06}",
        alias="".join(letters),
        type=draft.type,
        kind=kind,
        clock=clock,
        status=Status.FILED,
        source=draft.source or turn.address.channel,
        channel=turn.address.channel,
        text=draft.text,
        area=draft.place.area if draft.place else "",
        place=draft.place,
        hidden=draft.hidden,
        walled=behind_the_wall(turn.town.kinds.get(kind), draft.type),
        danger=draft.danger,
        filed_at=turn.now,
    )


def dispatched(turn: Turn, ticket: Ticket, *, wordless: bool) -> Ticket:
    """Send the ticket to the unit a rule names, or into the pool with the date that holds even then.

    What stands behind the wall goes to no unit by itself: the one it is about might be told.
    """
    route = turn.guide.route(ticket.kind, ticket.area)
    clock = Clock(ticket.clock)
    if route.pooled or ticket.walled:
        ticket = pooled(turn, ticket, clock, wordless=wordless)
    else:
        due = turn.guide.answer_due(ticket.type, clock, turn.now, route.unit)
        dates = {"due_at": due.at, "promised_at": due.at, "provisional": due.provisional} if due else {}
        ticket = ticket.after(Action.DISPATCH, turn.now, unit=route.unit, **dates)
        turn.changes.ticket(ticket, ticket.event(Action.DISPATCH, turn.now, unit=route.unit, rule=route.rule))
        notices.tell_unit(turn, route.unit, "arrived_danger" if ticket.danger else "arrived", ticket)
    first = turn.guide.first_rung(ticket)
    if first is not None:
        turn.changes.timer(Timer("rung", ticket.number, first.at, first.level))
    return ticket


def pooled(turn: Turn, ticket: Ticket, clock: Clock, *, wordless: bool) -> Ticket:
    """Leave the ticket in the pool: a task for supervisors, and a date that holds even in the slowest case."""
    kind = "listen" if wordless else "pool"
    by = turn.now + turn.town.limits.listen_within if wordless else turn.guide.dispatch_due(clock, turn.now).at
    tasks.opened(turn, Task(f"{kind}:{ticket.number}", kind, ticket.number, turn.now, by, turn.address))
    due = turn.guide.answer_due_from_pool(ticket.type, clock, turn.now)
    waiting = ticket.noted(promised_at=due.at, provisional=due.provisional) if due else ticket
    turn.changes.tickets[ticket.number] = waiting
    return waiting


def receipt(turn: Turn, ticket: Ticket, draft: Draft) -> Reply:
    """What the resident holds in hand: number, unit, promised date, code."""
    lines = [turn.words("receipt.head", number=ticket.number)]
    if draft.said:
        lines.append(turn.words("receipt.title", title=title(turn, draft)))
    if ticket.place:
        lines.append(turn.words("receipt.place", place=place_name(turn, ticket.place)))
    if draft.enclosed:
        lines.append(turn.words("receipt.enclosed", list=counted(turn, [e.type for e in draft.enclosed])))
    lines.append(who_and_when(turn, ticket, wordless=draft.wordless))
    if ticket.provisional:
        lines.append(turn.words("receipt.provisional"))
    lines.append(turn.words("receipt.code", code=ticket.code))
    lines.append(turn.words("collect.receipt" if draft.source else "receipt.next"))
    lines += card.first_contact(turn)
    if not draft.source and (address := page_links.own_line(turn, ticket.number)):
        lines.append(address)
    others = turn.session.drafts
    if others:
        lines.append(turn.words("receipt.other_draft", title=title(turn, others[-1])))
    choices = (
        Choice(f"{ticket.number}:status", turn.words("choice.status")),
        Choice("desk:new", turn.words("choice.new")),
    )
    if draft.source:
        choices = (
            Choice(f"staff:slip={ticket.number}", turn.words("choice.slip")),
            Choice("staff:collect", turn.words("choice.collect")),
        )
    pressed = turn.message is not None and bool(turn.message.press)
    return Reply("\n".join(lines), choices, card.slot(draft) if pressed else "", ticket=ticket.number)


def who_and_when(turn: Speaking, ticket: Ticket, *, wordless: bool = False) -> str:
    """Who has a ticket that was just filed, and the date that is promised."""
    if wordless:
        return turn.words("receipt.listen")
    if ticket.promised_at is None or ticket.type is Type.PRAISE:
        return turn.words("receipt.praise", unit=unit_name(turn, ticket.unit))
    due = moment(turn, ticket.promised_at)
    if ticket.unit:
        return turn.words("receipt.unit", unit=unit_name(turn, ticket.unit), due=due)
    return turn.words("receipt.pool", due=due)
