"""Whether a matter is brought again and again, or by many: what is likely the same, and whose it is.

Where something is filed or joined only a cheap look is taken (`noticed`); what looks promising is counted in a turn of
its own, shortly after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.changes import Reporter, Timer
from bot.conversation.session import Session
from bot.domain.duplicates import ENOUGH
from bot.domain.people import Address
from bot.domain.special import TYPES
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import UNDECIDED, Town
from bot.turn import Turn
from handlers import parties
from handlers.resident.likely_same import LENGTH, areas_near, within

TIMER = "shared"
COUNT, FORGET = 0, 1
"""Levels of the timer: count now; what was proposed is too old."""

NEWEST = 100
"""So many of the newest tickets of an area and a kind are looked at, ended ones too."""
READ = 40
"""So many of those that promise something are read."""
FILED_FOR = "filed"
"""The channel of the stand-in for somebody whom another filed for, and who has not claimed it yet."""

_NOT_COUNTED = frozenset({Status.WITHDRAWN, Status.REJECTED, Status.MERGED})


def counts(town: Town, ticket: Ticket) -> bool:
    """Whether a ticket is counted among others like it: never conduct, reports, or what is kept from somebody."""
    kind = town.kinds.get(ticket.kind)
    secret = ticket.walled or ticket.work.kept_from or ticket.work.about or (kind is not None and kind.walled)
    known = ticket.kind != UNDECIDED and bool(ticket.area) and bool(ticket.text)
    return known and not secret and ticket.type in TYPES and ticket.status not in _NOT_COUNTED


async def noticed(turn: Turn, ticket: Ticket, *, follows: str = "") -> None:
    """Have a ticket that was just filed counted with those like it, if it looks as if there were any.

    ``follows`` is a ticket it is known to repeat, "" for none.
    """
    if counts(turn.town, ticket) and (follows or await _promising(turn, ticket)):
        turn.changes.timer(Timer(TIMER, ticket.number, turn.now))


def joined(turn: Turn, ticket: Ticket) -> None:
    """The same for a ticket that somebody else has joined."""
    if counts(turn.town, ticket):
        turn.changes.timer(Timer(TIMER, ticket.number, turn.now))


async def alike(turn: Turn, ticket: Ticket) -> list[Ticket]:
    """The ticket and those that are likely the same matter, filed in the days before it or since; the oldest first.

    What somebody linked with it counts too, whatever its words.
    """
    found = {ticket.number: ticket}
    likeness = turn.guide.likeness
    mine = likeness.matter(ticket.text[:LENGTH])
    for number in await _promising(turn, ticket):
        other = await turn.read.ticket(number)
        if other is None or number in found or not counts(turn.town, other):
            continue
        if likeness.likeness(mine, likeness.matter(other.text[:LENGTH])) >= ENOUGH:
            found[number] = other
    for number in await _linked(turn, ticket):
        other = await turn.read.ticket(number)
        if other is not None and counts(turn.town, other) and other.filed_at >= _since(turn):
            found[number] = other
    return sorted(found.values(), key=lambda each: (each.filed_at, each.number))


async def people_of(turn: Turn, tickets: Iterable[Ticket]) -> int:
    """How many people these tickets belong to, as far as can be known; whoever joined one of them counts too."""
    return len(await persons(turn, tickets))


async def persons(turn: Turn, tickets: Iterable[Ticket]) -> dict[frozenset[str], list[str]]:
    """The people of these tickets, each a set of names, with the numbers of those they filed themselves."""
    everybody: list[Reporter] = []
    sessions: dict[Address, Session] = {}
    for ticket in tickets:
        reporters = await turn.read.reporters(ticket.number)
        if not any(reporter.role in _HOLDERS for reporter in reporters):
            stand_in = await _stand_in(turn, ticket)
            sessions[stand_in.address] = stand_in
            reporters = [Reporter(ticket.number, stand_in.address, "filer", ticket.filed_at), *reporters]
        everybody += reporters
    sessions |= await turn.read.sessions({each.address for each in everybody})
    found: dict[frozenset[str], list[str]] = {}
    for group in parties.groups(everybody, sessions, await turn.read.directory()):
        own = (each.ticket for each in everybody if each.role in _HOLDERS and str(each.address) in group)
        found[frozenset(group)] = list(dict.fromkeys(own))
    return found


_HOLDERS = frozenset({"filer", "claimed"})


async def _stand_in(turn: Turn, ticket: Ticket) -> Session:
    """Somebody whom another filed for: they are known again by the telephone number that was left."""
    phone = ""
    for event in await turn.read.events(ticket.number):
        contact = event.data.get("contact") if event.action is Action.FILE else None
        if isinstance(contact, dict):
            phone = str(contact.get("phone", ""))
    return Session(address=Address(FILED_FOR, ticket.number), phone=phone)


async def _promising(turn: Turn, ticket: Ticket) -> Sequence[str]:
    """The numbers of tickets whose beginning promises to be like it, the likeliest first."""
    place, limits = ticket.place, turn.town.limits
    look = turn.guide.likeness.promising(turn.guide.likeness.matter(ticket.text[:LENGTH]))
    weighed: list[tuple[int, str]] = []
    areas = areas_near(turn, place) if place is not None else [ticket.area]
    for area in areas:
        for near in await turn.read.nearby(area, ticket.kind, _since(turn), NEWEST, ended=True):
            around = area == ticket.area or (place is not None and within(near, place, limits.alike_reach_m))
            if near.number != ticket.number and around and (weight := look(near.text)):
                weighed.append((weight, near.number))
    weighed.sort(reverse=True)
    return [number for _, number in weighed[:READ]]


def _since(turn: Turn) -> datetime:
    return turn.now - timedelta(days=turn.town.limits.alike_days)


async def _linked(turn: Turn, ticket: Ticket) -> list[str]:
    """The tickets it repeats, those they repeat, and so on."""
    found: list[str] = []
    ahead = [ticket.number]
    while ahead and len(found) < READ:
        for link in await turn.read.links(ahead.pop()):
            for number in (link.ticket, link.other):
                if link.kind in ("repeats", "follows") and number not in (*found, ticket.number):
                    found.append(number)
                    ahead.append(number)
    return found
