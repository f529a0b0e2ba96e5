"""Same as mine: joining somebody else's case, leaving it again, and saying the same thing twice.

What cannot be joined is answered as a wrong number is: ended, an own one, one of a kind that nobody is offered, one
that somebody hides behind. So nobody learns from the answer that there is such a ticket.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.changes import Reporter
from bot.conversation.draft import Draft, Enclosed, Said
from bot.conversation.session import Filed
from bot.conversation.states import step
from bot.domain.duplicates import said_alike
from bot.domain.place import Place, distance_m
from bot.domain.ticket import Action, Ticket
from bot.errors import NotFound
from bot.message import AttachmentType, Choice, Reply
from bot.turn import Turn
from handlers import case, parties, shared
from handlers.discretion import JOINED, to_joiners
from handlers.naming import kind_name, moment, place_name, shortened, state_name, ticket_title, unit_name
from handlers.resident import card, collecting, likely_same

RECENT = 10
TOLD = 300
"""Characters of what somebody said when joining, in the news for the handler."""


async def support(turn: Turn, number: str) -> Reply:
    """Join the case of that number; what is being said goes along. Raises NotFound for what is not joinable."""
    ticket = await _joinable(turn, number)
    draft = turn.session.draft
    offered = draft is not None and any(offer.number == ticket.number for offer in draft.offers)
    return await _join(turn, ticket, draft if offered else None)


async def same(turn: Turn, draft: Draft, number: str) -> Reply:
    """A case that was offered on the card is the same: the draft becomes part of it, where that is still possible."""
    if all(offer.number != number for offer in draft.offers):
        return turn.say("press.unknown")
    try:
        ticket = await _joinable(turn, number)
    except NotFound:
        left = tuple(offer for offer in draft.offers if offer.number != number)
        draft = collecting.keep(turn, draft.touched(turn.now, offers=left))
        return collecting.card_now(turn, draft, turn.words("same.gone", number=number))
    return await _join(turn, ticket, draft)


async def not_same(turn: Turn, number: str) -> Reply:
    """Somebody joined by mistake: they leave the case, and what they said of it becomes a draft. Raises NotFound."""
    ticket = await turn.read.ticket(number)
    if ticket is None or await turn.read.role(turn.address, number) != JOINED:
        raise NotFound(number=number)
    me = str(turn.address)
    joined = next((e for e in reversed(await turn.read.events(number)) if e.action is Action.JOIN and e.by == me), None)
    if joined is None:
        return turn.say("press.unknown")
    counted = int(joined.data.get("more", 0))
    work = replace(ticket.work, reporters=max(1, ticket.work.reporters - counted))
    case.moved(turn, ticket, Action.CORRECT, me, {"not_joined": joined.seq}, work=work)
    turn.changes.removed_reporters.append((number, turn.address))
    recent = tuple(filed for filed in turn.session.recent if filed.ticket != number)
    turn.remember(recent=recent)
    draft = collecting.open_draft(turn)
    if words := str(joined.data.get("text", "")):
        draft = collecting.with_words(turn, draft, Said(f"{number}/{joined.seq}", words))
    records = await turn.read.attachments([str(each) for each in joined.data.get("enclosed", ())])
    draft = draft.touched(turn.now, enclosed=tuple(Enclosed(r.id, AttachmentType(r.type)) for r in records))
    if draft.empty:
        collecting.forget(turn, draft)
        return turn.say("same.left", number=number)
    turn.changes.moved_attachments.extend((record.id, draft.id, "") for record in records)
    sought = f"{draft.kind}|{draft.place.area}" if draft.place else ""
    draft = collecting.keep(turn, replace(draft, sought=sought))  # it was offered, and it was not the same
    return collecting.card_now(turn, draft, turn.words("same.left", number=number))


async def said_before(turn: Turn, draft: Draft) -> Ticket | None:
    """The open ticket this person filed lately with exactly these words, about the same place; None without one."""
    if not draft.said or draft.source:
        return None
    area, since = draft.place.area if draft.place else "", turn.now - timedelta(days=turn.town.limits.alike_days)
    for filed in turn.session.recent:
        if filed.area != area or filed.at < since:
            continue
        ticket = await turn.read.ticket(filed.ticket)
        if ticket is None or not ticket.open or await turn.read.role(turn.address, ticket.number) != "filer":
            continue
        if said_alike(ticket.text, draft.text) and _same_place(turn, ticket.place, draft.place):
            return ticket
    return None


def again(turn: Turn, draft: Draft, ticket: Ticket) -> Reply:
    """The same words once more are no second ticket; new files go to the first."""
    step(draft.state, "add_to_ticket")
    data: dict[str, object] = {"again": True, "draft": draft.id}
    if draft.enclosed:
        data["enclosed"] = [each.id for each in draft.enclosed]
        turn.changes.filed_attachments.append((draft.id, ticket.number))
    case.moved(turn, ticket, Action.SUPPLEMENT, str(turn.address), data)
    collecting.forget(turn, draft)
    text = turn.words(
        "same.again", number=ticket.number, title=ticket_title(turn, ticket), state=state_name(turn, ticket)
    )
    return Reply(text, (_status(turn, ticket),), ticket=ticket.number)


async def _joinable(turn: Turn, number: str) -> Ticket:
    ticket = await turn.read.ticket(number)
    if ticket is None or not likely_same.joinable(turn.town, ticket) or await likely_same.is_mine(turn, number):
        raise NotFound(number=number)
    return ticket


async def _join(turn: Turn, ticket: Ticket, draft: Draft | None) -> Reply:
    me = Reporter(ticket.number, turn.address, JOINED, turn.now)
    more = await parties.added(turn, await turn.read.reporters(ticket.number), [me])
    data: dict[str, object] = {"more": more}
    said = ""
    if draft is not None:
        step(draft.state, "add_to_ticket")
        data["draft"] = draft.id
        if draft.said:
            data["text"] = said = draft.text
        if draft.enclosed:
            data["enclosed"] = [each.id for each in draft.enclosed]
            turn.changes.filed_attachments.append((draft.id, ticket.number))
        collecting.forget(turn, draft)
    work = replace(ticket.work, reporters=ticket.work.reporters + more)
    after = case.moved(turn, ticket, Action.JOIN, str(turn.address), data, work=work)
    turn.changes.reporters.append(me)
    shared.joined(turn, after)
    words = turn.words_in("")
    await case.tell_who_has_it(
        turn,
        after,
        "supported",
        count=str(work.reporters),
        text=shortened(said, TOLD) if said else words("same.no_words"),
    )
    shown = to_joiners(turn.guide, after)
    called = ticket_title(turn, shown)
    remembered = Filed(ticket.number, draft.id if draft else "", turn.now, "", ticket.area, called)
    turn.remember(recent=(remembered, *turn.session.recent)[:RECENT])
    return _receipt(turn, shown)


def _receipt(turn: Turn, ticket: Ticket) -> Reply:
    due = moment(turn, ticket.promised_at) if ticket.promised_at else turn.words("list.none")
    lines = [
        turn.words(
            "same.joined",
            number=ticket.number,
            kind=kind_name(turn, ticket.kind),
            place=place_name(turn, ticket.place) if ticket.place else turn.words("list.none"),
            count=ticket.work.reporters,
        ),
        turn.words("same.then", unit=unit_name(turn, ticket.unit), due=due),
        *card.first_contact(turn),
    ]
    left = Choice(f"{ticket.number}:not_same", turn.words("choice.not_joined"))
    return Reply("\n".join(lines), (_status(turn, ticket), left), ticket=ticket.number)


def _status(turn: Turn, ticket: Ticket) -> Choice:
    return Choice(f"{ticket.number}:status", turn.words("choice.status"))


def _same_place(turn: Turn, one: Place | None, other: Place | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.area != other.area:
        return False
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return one.name == other.name
    apart = distance_m((one.latitude, one.longitude), (other.latitude, other.longitude))
    return apart <= turn.town.limits.alike_reach_m
