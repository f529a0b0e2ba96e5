"""What programs may read: kinds that can be handed in, and tickets of which staff released a masked copy.

The one rule for everything public (`bot.domain.public`) stands before every answer. Whoever filed a ticket, by its key,
may ask how that one stands: its state and dates, and nothing that anybody said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.public import PUBLIC_STEPS, public_copy, public_point
from bot.domain.ticket import ENDS, Action, Event, Status, Ticket
from bot.domain.town import UNDECIDED, Kind
from bot.errors import NotFound
from bot.ports import Released
from bot.turn import Turn, Voice
from bot.views.open311 import Asked, Definition, Request, Service, Update
from handlers.discretion import public_place
from handlers.naming import kind_name, place_name, state_name, unit_name
from handlers.open311.filing import offered

KEYWORDS = 20
"""Words of a kind that are shown at most."""


async def services(turn: Turn) -> tuple[Service, ...]:
    """Every kind that can be handed in."""
    return tuple(_service(turn, kind) for kind in offered(turn.town))


async def definition(turn: Turn, code: str) -> Definition:
    """What a kind asks. Raises NotFound."""
    kind = next((kind for kind in offered(turn.town) if kind.code == code), None)
    if kind is None:
        raise NotFound("open311.no_service")
    return Definition(code, questions(turn, kind))


def questions(turn: Turn, kind: Kind) -> tuple[tuple[str, str], ...]:
    """(code, question) of a kind's details."""
    details = kind.details_en if turn.locale == "en" and kind.details_en else kind.details
    return tuple((f"detail_{place}", question) for place, question in enumerate(details, 1))


async def requests(turn: Turn, asked: Asked, key: str) -> tuple[Request, ...]:
    """Released tickets, the newest first; by number also those that this key filed ("" for no key)."""
    known = {kind.code for kind in turn.town.kinds.values() if kind.public and not kind.walled}
    kinds = known.intersection(asked.codes) if asked.codes else known
    if asked.numbers is not None:
        return tuple([each for number in asked.numbers if (each := await _one(turn, number, key)) is not None])
    wanted = Released(
        kinds=tuple(sorted(kinds)),
        ended=None if asked.open is None else not asked.open,
        since=asked.since,
        until=asked.until,
        updated_since=asked.updated_since,
        updated_until=asked.updated_until,
        near=asked.near,
        limit=asked.limit,
        offset=asked.offset,
    )
    voice = turn.voice(turn.session)
    found = await turn.read.released(wanted)
    return tuple(whole(turn, voice, ticket, at) for ticket, at in found if _copy(turn, ticket))


async def request(turn: Turn, number: str, key: str) -> Request:
    """One of them. Raises NotFound, in the same words for what is there and not to be read."""
    found = await _one(turn, number, key)
    if found is None:
        raise NotFound("open311.no_request")
    return found


async def updates(turn: Turn, number: str, key: str) -> tuple[Update, ...]:
    """The steps of a ticket that anybody may know of, the oldest first. Raises NotFound."""
    ticket = await turn.read.ticket(number)
    events = await turn.read.events(number) if ticket is not None else ()
    if ticket is None or not (_copy(turn, ticket) or _theirs(events, key)):
        raise NotFound("open311.no_request")
    return tuple(
        Update(f"{number}.{event.seq}", number, event.status not in ENDS, event.at, turn.words(f"event.{event.action}"))
        for event in events
        if event.action in PUBLIC_STEPS or (event.action is Action.SUPPLEMENT and event.by == key)
    )


def bare(turn: Turn, voice: Voice, ticket: Ticket, updated_at: datetime) -> Request:
    """How a ticket stands, without anything anybody said or where exactly it is."""
    place = public_place(turn.guide, ticket.place)
    town = turn.town.name_en or turn.town.name if voice.locale == "en" else turn.town.name
    return Request(
        number=ticket.number,
        open=ticket.status not in ENDS,
        notes=_state(voice, ticket),
        service_code=ticket.kind,
        service_name=kind_name(voice, ticket.kind),
        agency=unit_name(voice, "" if ticket.walled else ticket.unit),
        requested_at=ticket.filed_at,
        updated_at=updated_at,
        expected_at=ticket.promised_at,
        address=place_name(voice, place) if place is not None else town,
    )


def whole(turn: Turn, voice: Voice, ticket: Ticket, updated_at: datetime) -> Request:
    """A released ticket as anybody may read it; how it stands only, where none was released."""
    found, copy = bare(turn, voice, ticket, updated_at), _copy(turn, ticket)
    point = public_point(ticket.place)
    if not copy:
        return found
    latitude, longitude = point or (None, None)
    return replace(found, description=copy, latitude=latitude, longitude=longitude)


def last_step(ticket: Ticket, events: Sequence[Event]) -> datetime:
    """When the last step was taken that anybody may know of."""
    return max((event.at for event in events if event.action in PUBLIC_STEPS), default=ticket.filed_at)


def _state(voice: Voice, ticket: Ticket) -> str:
    """The status in words that are nobody's: what the resident is asked concerns the resident."""
    waits = ticket.status is Status.WAITING_RESIDENT
    return voice.words("status.in_progress") if waits else state_name(voice, ticket)


async def _one(turn: Turn, number: str, key: str) -> Request | None:
    ticket = await turn.read.ticket(number)
    if ticket is None:
        return None
    events = await turn.read.events(number)
    if not (_copy(turn, ticket) or _theirs(events, key)):
        return None
    return whole(turn, turn.voice(turn.session), ticket, last_step(ticket, events))


def _theirs(events: Sequence[Event], key: str) -> bool:
    return bool(key and events) and events[0].action is Action.FILE and events[0].by == key


def _copy(turn: Turn, ticket: Ticket) -> str:
    return public_copy(ticket, turn.town.kinds.get(ticket.kind))


def _service(turn: Turn, kind: Kind) -> Service:
    asks = questions(turn, kind)
    zh, en = turn.town.groups.get(kind.group, ("", ""))
    comma = turn.words("list.comma")
    described = turn.words("open311.asks", details=comma.join(question for _, question in asks)) if asks else ""
    if kind.code == UNDECIDED:
        described = turn.words("open311.undecided")
    return Service(
        code=kind.code,
        name=kind_name(turn, kind.code),
        description=described or kind_name(turn, kind.code),
        asks=bool(asks),
        keywords=tuple(word for word in dict.fromkeys((*kind.strong_words, *kind.words)) if "," not in word)[:KEYWORDS],
        group=en if turn.locale == "en" else zh,
    )
