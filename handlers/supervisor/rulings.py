"""What a decision brings about: one use case for each matter and for yes or no.

Whoever calls these has logged the decision already and tells those concerned afterwards (see `deciding`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from bot.changes import Link, Reporter
from bot.domain.people import DESK
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.unit_names import first_unit
from bot.domain.work import Matter, Proposal
from bot.errors import NotFound, Refusal
from bot.turn import Turn
from handlers import case, notices, parties, shared, special_cases
from handlers.discretion import JOINED
from handlers.staff import asking, leaving
from handlers.staff.me import Me
from handlers.supervisor import assigning

Ruling = Callable[[Turn, Me, Ticket, Proposal, str], Awaitable[Ticket]]
"""The ticket after a decision; the text is what whoever decided said with it."""


def level_above(turn: Turn, ticket: Ticket) -> str:
    """The unit above the one that has a ticket. Raises Refusal when there is none that may have it."""
    unit = turn.town.units.get(ticket.unit)
    above = turn.town.units.get(unit.parent) if unit is not None and unit.parent else None
    if above is None or above.retired or above.code in ticket.work.kept_from:
        raise Refusal("raise.top", number=ticket.number)
    return above.code


def check_merge(ticket: Ticket, other: Ticket) -> None:
    """Raises Refusal when one ticket cannot end in another."""
    if ticket.number == other.number:
        raise Refusal("merge.itself", number=ticket.number)
    if not other.open or other.status is Status.ANSWERED:
        raise Refusal("merge.not_open", number=ticket.number, other=other.number)
    if ticket.walled != other.walled or ticket.work.kept_from != other.work.kept_from:
        raise Refusal("merge.wall", number=ticket.number, other=other.number)
    if ticket.work.special and other.work.special not in ("", ticket.work.special):
        raise Refusal("merge.special", number=ticket.number, other=other.number)


async def another_unit(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """An objection upheld: the unit the text begins with gets it, with its full time. Raises Refusal."""
    units, words = first_unit(turn.town, text)
    if len(units) != 1:
        raise Refusal("unit.unknown", said=text)
    assigning.check(turn, ticket, units[0])
    return await assigning.to_unit(turn, me, ticket, units[0], words)


async def back_to_unit(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """An objection refused: the unit has it as before, and so does who had taken it; the clock never stood still."""
    handler = me.directory.by_id.get(ticket.handler)
    still = handler is not None and handler.removed_at is None and ticket.work.taken_at is not None
    work = replace(ticket.work, taken_at=ticket.work.taken_at if still else None)
    after = case.moved(
        turn, ticket, Action.RESUME, me.id, {"text": text}, work=work, handler=ticket.handler if still else ""
    )
    return case.moved(turn, after, Action.TAKE, DESK, {"again": True}) if still else after


async def extended(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """More time granted: the residents are told the new date."""
    due = turn.guide.extended_due(ticket, proposal.days)
    if due is None:
        raise Refusal("extend.no_due", number=ticket.number)
    work = replace(ticket.work, extended=ticket.work.extended + proposal.days)
    after = case.moved(
        turn,
        ticket,
        Action.RETIME,
        me.id,
        {"days": proposal.days, "text": proposal.text, "due": due.at.isoformat()},
        work=work,
        due_at=due.at,
        promised_at=due.at,
        provisional=ticket.provisional or due.provisional,
    )
    params = {"due": due.at.isoformat(), "text": proposal.text}
    await notices.tell_residents(turn, after, "extended", params=params)
    return after


async def answer_leaves(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """An answer signed: it leaves at once. Raises Refusal when a promised date has passed meanwhile."""
    if ticket.work.answer is None:
        raise Refusal("decide.nothing", number=ticket.number)
    if proposal.until is not None and proposal.until <= turn.now:
        raise Refusal("promise.past", number=ticket.number)
    return await leaving.left(turn, ticket)


async def answer_stays(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """An answer sent back: the clock runs again."""
    work = leaving.without_answer(ticket.work)
    return case.moved(turn, ticket, Action.RECALL, me.id, {"text": text}, work=work)


async def asked(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """A question in the last quarter of the time: it goes to the resident. Raises NotPossibleNow."""
    return await asking.put(turn, ticket, proposal.text, proposal.by)


async def declined(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """Not this desk's business: it ends, with the reason and where to go."""
    words = leaving.fitting(ticket, "\n".join(filter(None, (proposal.text, text))))
    asks = not ticket.work.appealed
    return await case.ended(turn, ticket, Action.REJECT, me.id, "rejected", {"text": words}, asks=asks, text=words)


async def merged(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """The same matter as another ticket: it ends there, and whom it belongs to follows the other. Raises Refusal."""
    other = await turn.read.ticket(proposal.to)
    if other is None:
        raise NotFound(number=proposal.to)
    check_merge(ticket, other)
    present, coming = await turn.read.reporters(other.number), await turn.read.reporters(ticket.number)
    already = {reporter.address for reporter in present}
    joining = [r.address for r in coming if r.address not in already]
    turn.changes.reporters.extend(Reporter(other.number, address, JOINED, turn.now) for address in joining)
    turn.changes.links.append(Link(ticket=ticket.number, kind="merged", other=other.number, by=me.id, at=turn.now))
    people = await parties.added(turn, present, coming)
    grown = replace(other.work, reporters=other.work.reporters + people)
    merged_here = {"merged": ticket.number, "people": people}
    joined = case.moved(turn, other, Action.SUPPLEMENT, me.id, merged_here, work=grown)
    joined = await special_cases.follows_merger(turn, ticket, joined, me.id)
    shared.joined(turn, joined)
    await case.tell_who_has_it(turn, joined, "joined_by", other=ticket.number)
    there = ticket.noted(work=replace(ticket.work, merged_into=other.number))
    data = {"into": other.number, "text": proposal.text}
    return await case.ended(turn, there, Action.MERGE, me.id, "merged", data, into=other.number)


async def raised(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """Passed to the level above. Its dates stay: a raise stops no clock."""
    return await up(turn, ticket, proposal, me.id)


async def up(turn: Turn, ticket: Ticket, proposal: Proposal, by: str) -> Ticket:
    """The ticket with the level above: approved, or not decided in time. The residents learn who has it now."""
    data = {"raised": True, "text": proposal.text}
    after = case.sent_to(turn, ticket, proposal.to, by, data, keep_dates=True)
    await notices.news_for_residents(turn, after, "transferred", unit=after.unit)
    return after


async def stays(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, text: str) -> Ticket:
    """Refused, and nothing else changes."""
    return ticket


ACCEPTED: Mapping[Matter, Ruling] = {
    Matter.OBJECTION: another_unit,
    Matter.EXTENSION: extended,
    Matter.QUESTION: asked,
    Matter.PROMISE: answer_leaves,
    Matter.SIGN_OFF: answer_leaves,
    Matter.DECLINE: declined,
    Matter.MERGE: merged,
    Matter.RAISE: raised,
}

REFUSED: Mapping[Matter, Ruling] = {
    Matter.OBJECTION: back_to_unit,
    Matter.EXTENSION: stays,
    Matter.QUESTION: stays,
    Matter.FINAL: stays,
    Matter.PROMISE: answer_stays,
    Matter.SIGN_OFF: answer_stays,
    Matter.DECLINE: stays,
    Matter.MERGE: stays,
    Matter.RAISE: stays,
}
