"""A resident asks for speed: counted from half of the time on, once per ticket and working day; else the date again."""

from __future__ import annotations

from msgspec.structs import replace

from bot.domain.people import Staff
from bot.domain.ticket import Action, Ticket
from bot.domain.urging import TOLD_AT, Urging, can_be_urged, urging
from bot.message import Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import moment, state_name, unit_name
from handlers.resident import following, replying
from handlers.resident.saying import about, living
from handlers.staff.me import Me
from handlers.supervisor.saying import allowed, supervisors_of

can = can_be_urged


async def urge(turn: Turn, number: str, words: str = "") -> Reply:
    """Urge an own ticket; what is said with it is added to it. Raises NotFound for others' as for none."""
    ticket = await living(turn, number)
    if not can_be_urged(ticket):
        key = "urge.answered" if ticket.open else "urge.ended"
        return await about(turn, ticket, key, state=state_name(turn, ticket))
    events = await turn.read.events(ticket.number)
    calendar = turn.guide.calendar_of(ticket.unit)
    amounts = urging(ticket, turn.guide.half_time(ticket), events, turn.now, calendar)
    if words and amounts is Urging.ASKED:
        return await replying.answer(turn, ticket, certain=True)
    lead: list[str] = []
    if words:
        ticket, advice = await following.added(turn, ticket, words)
        lead += filter(None, (advice, turn.words("urge.added")))
    if amounts is Urging.COUNTED:
        ticket = await _counted(turn, ticket)
        unit = unit_name(turn, ticket.unit)
        lead.append((await about(turn, ticket, "urge.done", count=ticket.work.urges, unit=unit)).text)
    else:
        lead.append(await _answered(turn, ticket, amounts))
    return Reply("\n".join([*lead, *await following.latest(turn, ticket)]), ticket=ticket.number)


async def seen(turn: Turn, me: Me, ticket: Ticket) -> Ticket:
    """The ticket before whoever works on it: the first time after it was urged, its people hear of that."""
    if not ticket.work.urges or not ticket.open or not me.staff.unit or me.staff.unit != ticket.unit:
        return ticket
    events = await turn.read.events(ticket.number)
    if next((e.action for e in reversed(events) if e.action in (Action.URGE, Action.SEE)), None) is not Action.URGE:
        return ticket
    after = case.moved(turn, ticket, Action.SEE, me.id)
    await notices.news_for_residents(turn, after, "urge_seen", unit=after.unit)
    return after


async def _counted(turn: Turn, ticket: Ticket) -> Ticket:
    """The ticket with one urging more: whoever has it hears, from the second on the lead too; in the pool the desk."""
    work = replace(ticket.work, urges=ticket.work.urges + 1)
    after = case.moved(turn, ticket, Action.URGE, str(turn.address), {"counted": True}, work=work)
    if after.unit:
        await case.tell_who_has_it(turn, after, "urge", urgent=bool(after.danger))
    else:
        notices.tell_staff(turn, await supervisors_of(turn, after), "urge", after, urgent=bool(after.danger))
    if work.urges >= TOLD_AT:
        leads = await _leads(turn, after)
        notices.tell_staff(turn, leads, "urge_lead", after, urgent=bool(after.danger), times=str(work.urges))
    return after


async def _leads(turn: Turn, ticket: Ticket) -> tuple[Staff, ...]:
    directory = await turn.read.directory()
    if not ticket.unit:
        return ()
    standing = (directory.standing_in(lead, turn.now) for lead in directory.leads(ticket.unit))
    return tuple(lead for lead in await allowed(turn, ticket, standing) if lead.id != ticket.handler)


async def _answered(turn: Turn, ticket: Ticket, amounts: Urging) -> str:
    half = turn.guide.half_time(ticket)
    at = moment(turn, half) if half is not None and amounts is Urging.EARLY else ""
    params = {"at": at} if at else {}
    return (await about(turn, ticket, f"urge.{amounts}", **params)).text
