"""What somebody who joined a case may read of it: its kind, its road or community, its state; never the filer's words.

They read those only where staff released a copy (rule book, "Repeats, shared, special, hot").
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.domain.gazetteer import Named
from bot.domain.guide import Guide
from bot.domain.place import Place
from bot.domain.ticket import Ticket
from bot.turn import Turn

JOINED = "joined"
"""The role of whoever said "same as mine", or whose own ticket was merged into this one."""


def public_place(guide: Guide, place: Place | None) -> Place | None:
    """The road and the community of a place, without house, building or the words it was said in."""
    if place is None or place.area not in guide.town.areas:
        return None
    named = (match.found for match in guide.read(place.name).places)
    road = next((found.name for found in named if found.what is Named.ROAD), "")
    return guide.place_in(place.area, road)


def to_joiners(guide: Guide, ticket: Ticket) -> Ticket:
    """The ticket as people who joined are shown it. Never to be stored."""
    return replace(ticket, text="", place=public_place(guide, ticket.place))


def in_role(guide: Guide, ticket: Ticket, role: str) -> Ticket:
    """The ticket as people of a role are shown it. Never to be stored."""
    return to_joiners(guide, ticket) if role == JOINED else ticket


async def shown(turn: Turn, ticket: Ticket) -> Ticket:
    """An own ticket as the person whose turn it is may read it. Never to be stored."""
    return in_role(turn.guide, ticket, await turn.read.role(turn.address, ticket.number))
