"""Filing for somebody who has no telephone or chat, and the slip they are handed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.numbers import parse as parse_number
from bot.domain.permission import Act
from bot.domain.slips import Slip
from bot.domain.ticket import Event, Ticket
from bot.domain.words import fold
from bot.errors import NotFound, Refusal
from bot.message import Choice, Reply
from bot.turn import Turn, Voice
from handlers.naming import moment, shortened, ticket_title, title, unit_name
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.reference import PLACE_DIGITS
from handlers.staff.spoken import leading, words_of

SOURCES = ("phone", "letter", "visit", "meeting")
"""How somebody's matter reached a collector; what people send themselves has its channel's name."""

CHANNELS = ("wechat", "telegram", "web", "open311")
NAME_LENGTH = 20
_PHONE = re.compile(r"(?<!\d)\+?\d(?:[ -]?\d){6,14}(?!\d)")


async def collect(turn: Turn, me: Me, text: str) -> Reply:
    """Begin a draft for somebody else: ``source [name] [telephone]``. What comes next is their matter."""
    source, rest = leading(text, words_of(turn, "collect.source", SOURCES))
    if not source:
        names = [Choice(f"staff:collect={each}", source_name(turn, each)) for each in SOURCES]
        return turn.say("collect.which", *names, usage=turn.words("usage.collect"))
    phone = _PHONE.search(rest)
    if phone is not None:
        rest = f"{rest[: phone.start()]} {rest[phone.end() :]}"
    name = shortened(" ".join(rest.split()).strip(" ,，:：、"), NAME_LENGTH)
    contact = {"name": name, "phone": re.sub(r"[ -]", "", phone[0]) if phone else ""}
    before = turn.session.draft
    said = {key: value for key, value in contact.items() if value}
    turn.remember(current="", question=None, composing=None, reporting=True, collecting={"source": source, **said})
    who = _who(turn, said) or turn.words("collect.unnamed")
    reply = turn.say("collect.begin", source=source_name(turn, source), who=who)
    if before is None:
        return reply
    back = Choice(f"{before.id}:back", turn.words("choice.go_on"))
    return Reply(reply.text + "\n" + turn.words("new.other", title=title(turn, before)), (back,))


def source_name(voice: Turn | Voice, source: str) -> str:
    """How a source is called; a code nobody has named as it is."""
    if source in SOURCES:
        return voice.words(f"collect.source.{source}").partition("|")[0]
    return voice.words(f"channel.{source}") if source in CHANNELS else source


def contact_of(events: Sequence[Event]) -> dict[str, str]:
    """Name and telephone number that were left when somebody filed for a person; {} where none were."""
    filed = events[0].data.get("contact") if events else None
    return {str(key): str(value) for key, value in filed.items()} if isinstance(filed, dict) else {}


def _who(turn: Turn, contact: dict[str, str]) -> str:
    phone = contact.get("phone", "")
    ending = turn.words("collect.phone_end", end=phone[-4:]) if phone else ""
    return turn.words("list.comma").join(filter(None, (contact.get("name", ""), ending)))


async def slip(turn: Turn, me: Me, text: str) -> Reply:
    """What the person is handed, as text and as a page to print: until the ticket is claimed, and never to others.

    A collector gets the slips of what they filed themselves; supervisors those of everything filed for somebody.
    """
    ticket = await _filed_for(turn, me, text)
    sheet = slip_of(turn, ticket)
    lines = [
        turn.words("slip.head"),
        *(turn.words("slip.line", name=name, value=value) for name, value in sheet.lines),
        sheet.how,
    ]
    if url := turn.slip_url(ticket.number, turn.now):
        lines.append(turn.words("slip.url", url=url))
    return Reply("\n".join(lines), ticket=ticket.number)


def slip_of(voice: Turn | Voice, ticket: Ticket) -> Slip:
    """A slip in somebody's language. Nothing of the matter stands on it: paper lies about."""
    lines = [
        (voice.words("slip.number"), ticket.number),
        (voice.words("slip.code"), ticket.code),
        (voice.words("slip.filed"), moment(voice, ticket.filed_at)),
    ]
    if ticket.unit and not ticket.walled:
        lines.append((voice.words("slip.unit"), unit_name(voice, ticket.unit)))
    if ticket.promised_at is not None:
        lines.append((voice.words("slip.due"), moment(voice, ticket.promised_at)))
    town, contacts = voice.town, voice.town.contacts
    name = town.name_en or town.name if voice.locale == "en" else town.name
    how = voice.words("slip.how", number=ticket.number, code=ticket.code, hotline=contacts.hotline)
    return Slip(ticket.number, ticket.code, voice.words("slip.title", town=name), tuple(lines), how)


async def _filed_for(turn: Turn, me: Me, text: str) -> Ticket:
    """The ticket a slip is wanted of; the newest that was filed here when the text is empty.

    Raises NotFound, in the same words for what is there and not theirs.
    """
    filed = [each.ticket for each in turn.session.recent]
    if not text and not filed:
        raise Refusal("which.missing", usage=turn.words("usage.slip"))
    number, _ = number_among(turn, text, filed) if text else (filed[0], "")
    ticket = await turn.read.ticket(number)
    events = await turn.read.events(number)
    if ticket is None or ticket.source not in SOURCES or not (events[0].by == me.id or me.may(Act.SEE, ticket)):
        raise NotFound(number=number)
    if await turn.read.reporters(number):
        raise Refusal("slip.claimed", number=number, title=ticket_title(turn, ticket))
    return ticket


def number_among(turn: Turn, text: str, numbers: Sequence[str]) -> tuple[str, str]:
    """The number a text begins with (whole, by its last digits, or by its place in the last list), and the rest.

    Only a whole number may be one that is not among ``numbers``. Raises Refusal: ``which.missing``,
    ``which.list_gone``, ``which.not_in_list``, ``which.several``; NotFound.
    """
    head, _, rest = fold(text).strip().lstrip("#").partition(" ")
    rest = text.strip()[len(head) :].strip(" ,，:：、\n") if text.strip().startswith(head) else rest
    digits = head.strip(",，:：、").replace("-", "")
    if number := parse_number(head.strip(",，:：、")):
        return number, rest
    if not digits.isdecimal():
        raise Refusal("which.missing")
    if len(digits) <= PLACE_DIGITS:
        listed = turn.session.listed
        if listed is None or not listed.good(turn.now):
            raise Refusal("which.list_gone")
        if not 1 <= int(digits) <= len(listed.numbers):
            raise Refusal("which.not_in_list", place=int(digits), count=len(listed.numbers))
        return listed.numbers[int(digits) - 1], rest
    found = sorted({n for n in numbers if n.replace("-", "").endswith(digits)})
    if len(found) > 1:
        raise Refusal("which.several", digits=digits, numbers=turn.words("list.comma").join(found))
    if not found:
        raise NotFound(number=digits)
    return found[0], rest


COMMANDS = table(
    Command("collect", Act.COLLECT, desk=collect),
    Command("slip", Act.SLIP, desk=slip),
)
"""``slip`` finds its ticket itself: whoever filed it may not see it otherwise."""
