"""The page of a ticket for a member of staff, its printable file, and who read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from bot.changes import Link, Looked, Reporter
from bot.domain.findings import Finding
from bot.domain.people import Address
from bot.domain.permission import Act
from bot.domain.review import Review
from bot.domain.ticket import Event, Status, Ticket
from bot.domain.wall import shown_to
from bot.errors import NotFound
from bot.ports import PushState
from bot.turn import Turn
from bot.views.ticket import Fact, HistoryPage, TicketPage, Waiting
from handlers import holding
from handlers.naming import kind_name, moment, place_name, state_name, ticket_title, type_name, unit_name
from handlers.pages import acts, steps
from handlers.pages.evidence import evidence_of, pairs
from handlers.pages.frame import at_page, frame
from handlers.remaining import time_left
from handlers.staff import cards, reference
from handlers.staff.filing_for import source_name
from handlers.staff.me import Me, is_mine
from handlers.staff.writing import ACT as ANSWERING

PUSHES = 50
TAPPED = frozenset({"preview", "outcome", "unit"})
"""Steps of a command that wait for a tap, not for words."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Everything of a ticket that a page is made of."""

    events: Sequence[Event]
    reviews: Sequence[Review]
    findings: Sequence[Finding]
    pushes: Sequence[PushState]
    reporters: Sequence[Reporter]
    links: Sequence[Link]

    @property
    def residents(self) -> frozenset[Address]:
        return frozenset(reporter.address for reporter in self.reporters)


async def readable(turn: Turn, number: str) -> tuple[Me, Ticket]:
    """Who looks, and the ticket. Raises NotFound for what is not there, not theirs to see, or their own matter."""
    me = await at_page(turn)
    ticket = await reference.seen(turn, me, number)
    if not me.may(Act.SEE, ticket) or await is_mine(turn, me, ticket):
        raise NotFound(number=number)
    return me, ticket


async def seen(turn: Turn, number: str) -> None:
    """Raises NotFound where whoever looks may neither see a ticket nor hear what is to be typed out of it."""
    me = await at_page(turn)
    if await is_mine(turn, me, await reference.seen(turn, me, number, Act.TRANSCRIBE)):
        raise NotFound(number=number)


async def page(turn: Turn, number: str) -> TicketPage:
    """A ticket with everything this person may know of it and do with it now; that it was read is recorded."""
    me, ticket = await readable(turn, number)
    turn.changes.looked.append(Looked(by=me.id, what="page", at=turn.now, ticket=number))
    return await _page(turn, me, ticket, whole=False)


async def file(turn: Turn, number: str) -> TicketPage:
    """A ticket's whole file, to be printed; that it was is recorded as an export."""
    me, ticket = await readable(turn, number)
    turn.changes.looked.append(Looked(by=me.id, what="export", at=turn.now, ticket=number))
    return await _page(turn, me, ticket, whole=True)


async def history(turn: Turn, number: str) -> HistoryPage:
    """Who of the staff read, forwarded or exported a ticket. Raises NotFound for whom it is not."""
    me, ticket = await readable(turn, number)
    if not me.may(Act.HISTORY, ticket):
        raise NotFound(number=number)
    return HistoryPage(
        frame=frame(turn, me),
        number=number,
        title=ticket_title(turn, shown_to(me.person, ticket)),
        looks=steps.looks(turn, me, await turn.read.looked_at(number)),
    )


async def _page(turn: Turn, me: Me, ticket: Ticket, *, whole: bool) -> TicketPage:
    read = await _read(turn, ticket.number)
    shown = shown_to(me.person, ticket)
    level = turn.guide.colour(ticket, turn.now)
    deadline = turn.guide.deadline(ticket)
    offered = acts.forms(turn, me, ticket, read.events) if not whole else ()
    evidence = await evidence_of(turn, ticket, me)
    held = await holding.mark(turn, sorted(read.residents))
    events = read.events if whole else [event for event in read.events if event.action not in cards.SILENT]
    return TicketPage(
        frame=frame(turn, me),
        number=ticket.number,
        title=ticket_title(turn, shown),
        at=steps.exact(turn, turn.now),
        colour=level.name.lower(),
        colour_label=turn.words(f"ticket.colour.{level.name.lower()}"),
        state=state_name(turn, ticket),
        left=time_left(turn, turn.guide, ticket, turn.now),
        late=deadline is not None and deadline < turn.now and _owed(ticket),
        words=shown.text,
        facts=tuple(_facts(turn, me, ticket)),
        open_matters=(*((held,) if held else ()), *cards.open_matters(turn, me, ticket)),
        asked=acts.decisions(turn, me, ticket),
        answers=steps.answers(turn, me, ticket, read.events),
        reviews=steps.reviews(turn, me, ticket, read.reviews),
        findings=steps.findings(turn, me, ticket, read.findings),
        steps=steps.steps(turn, me, ticket, events, exact_times=whole),
        deliveries=steps.deliveries(turn, me, read.pushes, read.residents),
        links=tuple([each async for each in _links(turn, me, ticket, read.links)]),
        evidence=evidence,
        pairs=pairs(turn, evidence),
        quick=tuple(form for form in offered if not form.fields and not form.hint),
        forms=tuple(form for form in offered if form.fields or form.hint),
        waiting=_waiting(turn, ticket),
        history=me.may(Act.HISTORY, ticket),
    )


def _owed(ticket: Ticket) -> bool:
    """Whether somebody's time runs."""
    return ticket.open and ticket.status is not Status.ANSWERED and not ticket.work.submitted


async def _read(turn: Turn, number: str) -> _Read:
    read = turn.read
    return _Read(
        *await asyncio.gather(
            read.events(number),
            read.reviews(number),
            read.findings(number),
            read.pushes_of(number, PUSHES),
            read.reporters(number),
            read.links(number),
        )
    )


def _facts(turn: Turn, me: Me, ticket: Ticket) -> Iterable[Fact]:
    """The facts of a ticket, those that say nothing left out."""
    shown, work = shown_to(me.person, ticket), ticket.work
    unit = turn.town.units.get(ticket.unit)
    rows = (
        ("alias", ticket.alias),
        ("type", type_name(turn, ticket.type)),
        ("kind", kind_name(turn, ticket.kind)),
        ("place", place_name(turn, shown.place) if shown.place is not None else ""),
        ("source", source_name(turn, ticket.source)),
        ("filed", moment(turn, ticket.filed_at)),
        ("unit", unit_name(turn, ticket.unit)),
        ("handler", cards.handler_name(turn, me, ticket) if unit is not None else ""),
        ("due", moment(turn, ticket.due_at) if ticket.due_at else ""),
        ("promised", moment(turn, ticket.promised_at) if ticket.promised_at else ""),
        ("tier", turn.words(f"tier.{work.tier}").partition("|")[0] if work.tier != "normal" else ""),
        ("promise", moment(turn, work.promise_at) if work.promise_at else ""),
        ("reporters", str(work.reporters) if work.reporters > 1 else ""),
        ("urges", str(work.urges) if work.urges else ""),
        ("reopened", str(work.reopened) if work.reopened else ""),
        ("bounces", str(work.bounces) if work.bounces else ""),
        ("joint", turn.words("list.comma").join(unit_name(turn, code) for code in work.joint)),
    )
    yield from (Fact(turn.words(f"ticket.fact.{name}"), value) for name, value in rows if value)
    signs = [name for name, on in (("danger", ticket.danger), ("walled", ticket.walled), ("care", work.care)) if on]
    signs += ["hidden"] if ticket.hidden else []
    if signs:
        said = turn.words("list.comma").join(turn.words(f"ticket.sign.{name}") for name in signs)
        yield Fact(turn.words("ticket.fact.signs"), said)


async def _links(turn: Turn, me: Me, ticket: Ticket, links: Iterable[Link]) -> AsyncIterator[tuple[str, str]]:
    """Other tickets this one belongs with, those only that this person may see: what each is, and its number."""
    for link in links:
        first = link.ticket == ticket.number
        number = link.other if first else link.ticket
        other = await turn.read.ticket(number)
        if other is not None and me.may(Act.SEE, other) and not await is_mine(turn, me, other):
            key = f"ticket.link.{link.kind}" if first else f"ticket.link.{link.kind}_back"
            yield turn.words(key), number


def _waiting(turn: Turn, ticket: Ticket) -> Waiting | None:
    """What a command that was begun here still needs, when that is words."""
    composing = turn.session.composing
    if composing is None or composing.ticket != ticket.number or not composing.open(turn.now):
        return None
    if composing.step in TAPPED or (not composing.step and composing.act != ANSWERING):
        return None
    begun = composing.text if composing.act == ANSWERING and composing.step == "text" else ""
    return Waiting(composing.step == "date", begun)
