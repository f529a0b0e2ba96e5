"""A matter that a program hands in for somebody becomes a ticket at once, by the same code as any resident's.

It belongs to nobody in chat until it is claimed by its code. The key that filed it is the actor of its first step, and
may add words to it; whoever left a telephone number or an e-mail address is called back.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.conversation.draft import Draft, Said
from bot.domain.guide import Guide
from bot.domain.phones import read_phone
from bot.domain.place import Pin, Place, true_point
from bot.domain.ticket import Action, Ticket
from bot.domain.town import UNDECIDED, Kind, Town
from bot.errors import NotFound, Refusal
from bot.message import Form, InboundMessage, Reply
from bot.turn import Turn, Voice
from bot.views.open311 import Objection
from handlers.naming import kind_name, place_name, shortened
from handlers.open311.origin import filed_by
from handlers.resident import card, collecting, filing, following

PLACE_LENGTH = 60
WRONG = 400
UNKNOWN = 404


def offered(town: Town) -> list[Kind]:
    """The kinds that may be handed in by programs, in the town's order, the undecided one last.

    Not those behind the wall: what somebody says of an office goes to people marked for it, through no third hand.
    """
    kinds = [kind for kind in town.kinds.values() if not (kind.retired or kind.walled)]
    return sorted(kinds, key=lambda kind: kind.code == UNDECIDED)


async def handle(turn: Turn, message: InboundMessage) -> Reply:
    """File what was handed in, or add it to an earlier ticket. Raises Refusal."""
    form = message.form or Form()
    return await _add(turn, message, form) if form.about else await _file(turn, message, form)


async def objection(turn: Turn, message: InboundMessage) -> Objection | None:
    """Why it cannot be handed in; None when it can."""
    form = message.form or Form()
    if form.about:
        ticket = await _own(turn, form.about)
        if ticket is None:
            return Objection(UNKNOWN, turn.words("open311.no_request"))
        closed = turn.words("supplement.closed", number=ticket.number)
        return None if ticket.open else Objection(WRONG, closed)
    if form.kind not in {kind.code for kind in offered(turn.town)}:
        return Objection(UNKNOWN, turn.words("open311.no_service"))
    if form.area and _area(turn.guide, form.area) is None:
        return Objection(WRONG, turn.words("open311.no_area"))
    if message.pin is None and not (form.area or form.address):
        return Objection(WRONG, turn.words("open311.no_place"))
    if _placed(turn.guide, message, form) is None and not _danger(turn, message, form):
        return Objection(WRONG, turn.words("open311.outside"))
    return None


async def _file(turn: Turn, message: InboundMessage, form: Form) -> Reply:
    refused = await objection(turn, message)
    if refused is not None:
        raise Refusal("open311.refused", reason=refused.reason)
    voice = Voice(turn.words_in(message.locale), message.locale, turn.town)
    text = _text(voice, message, form)
    reading = turn.guide.read(text)
    kind = turn.town.kinds[form.kind]
    draft = Draft(
        id=f"{int(turn.now.timestamp()):08x}{turn.token()}",
        opened_at=turn.now,
        touched_at=turn.now,
        said=(Said(message.key, text),),
        type=kind.for_type or reading.type,
        kind=form.kind,
        kind_chosen=True,
        place=_placed(turn.guide, message, form) or _outside(voice, message, form),
        place_chosen=True,
        danger=reading.danger.code if reading.danger else "",
        urgent=tuple(reading.urgent),
    )
    ticket = filing.filed(turn, draft, await turn.numbers.next(turn.now))
    for attachment in message.attachments:
        collecting.enclose(turn, attachment, ticket=ticket.number)
    contact = _contact(form)
    left = {"contact": contact} if contact else {}
    turn.changes.ticket(ticket, ticket.event(Action.FILE, turn.now, by=str(turn.address), draft=draft.id, **left))
    ticket = filing.dispatched(turn, ticket, wordless=False)
    return Reply(_notice(voice, ticket), ticket=ticket.number)


async def _add(turn: Turn, message: InboundMessage, form: Form) -> Reply:
    """Words and files for a ticket that this very key filed; the slot names what was added."""
    ticket = await _own(turn, form.about)
    if ticket is None:
        raise NotFound(number=form.about)
    if not ticket.open:
        raise Refusal("supplement.closed", number=ticket.number)
    reply = await following.put(turn, ticket, certain=True)
    return Reply(reply.text, slot=f"{ticket.number}.{ticket.seq + 1}", ticket=ticket.number)


async def _own(turn: Turn, number: str) -> Ticket | None:
    """A ticket that was filed from this address."""
    ticket = await turn.read.ticket(number)
    return ticket if ticket is not None and await filed_by(turn, number) == str(turn.address) else None


def _text(voice: Voice, message: InboundMessage, form: Form) -> str:
    """All words, a line each; the kind's name where nothing was said."""
    lines = [message.text] if message.text else []
    lines += [voice.words("open311.detail", asked=asked, answer=answer) for asked, answer in form.details]
    lines = lines or [kind_name(voice, form.kind)]
    if form.link:
        lines.append(voice.words("open311.link", url=form.link))
    return "\n".join(lines)


def _danger(turn: Turn, message: InboundMessage, form: Form) -> bool:
    """Whether somebody may be in need: that is never refused for its place."""
    answers = (answer for _, answer in form.details)
    return turn.guide.read("\n".join((message.text, *answers))).danger is not None


def _placed(guide: Guide, message: InboundMessage, form: Form) -> Place | None:
    """Where it is: the pin first, then the area, then the words; None outside the town.

    Words that name no place of the town do for themselves, but do not bring a pin from outside into it.
    """
    if message.pin is not None and (place := guide.place_from_pin(_labelled(message.pin, form))) is not None:
        return replace(place, address=form.address)
    area = _area(guide, form.area)
    if area is not None:
        return replace(area, address=form.address)
    if not form.address:
        return None
    found = guide.place_from_text(guide.read(form.address)).place
    if found is not None:
        return replace(found, address=form.address)
    if message.pin is not None:
        return None
    return Place(name=shortened(form.address, PLACE_LENGTH), address=form.address)


def _labelled(pin: Pin, form: Form) -> Pin:
    """The pin with the address beside it, by which its place is named."""
    return Pin(pin.latitude, pin.longitude, pin.datum, form.address)


def _area(guide: Guide, code: str) -> Place | None:
    area = guide.town.areas.get(code)
    return guide.place_in(code) if area is not None and not area.retired else None


def _outside(voice: Voice, message: InboundMessage, form: Form) -> Place | None:
    """A danger outside the town, as chat keeps it."""
    if message.pin is None:
        return None
    latitude, longitude = true_point(message.pin)
    name = shortened(form.address, PLACE_LENGTH) or voice.words("place.pin")
    return Place(name=name, address=form.address, latitude=latitude, longitude=longitude, pin=message.pin)


def _contact(form: Form) -> dict[str, str]:
    found = dict(form.contact)
    if phone := found.get("phone"):
        found["phone"] = read_phone(phone) or phone
    return found


def _notice(voice: Voice, ticket: Ticket) -> str:
    """What the program is asked to show to the person."""
    lines = [card.danger_advice(voice, ticket.danger)] if ticket.danger else []
    lines.append(voice.words("receipt.head", number=ticket.number))
    if ticket.place:
        lines.append(voice.words("receipt.place", place=place_name(voice, ticket.place)))
    lines.append(filing.who_and_when(voice, ticket))
    if ticket.provisional:
        lines.append(voice.words("receipt.provisional"))
    lines.append(voice.words("open311.code", number=ticket.number, code=ticket.code))
    lines.append(voice.words("open311.privacy", url=voice.town.contacts.privacy_url))
    return "\n".join(lines)
