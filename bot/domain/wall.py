"""What the wall hides (rule book, "Identity, personal data, the wall").

Conduct complaints, reports and what is kept from somebody are read by supervisors marked for it. The unit such a
supervisor chose reads a summary, never the words, and gets no file: a voice can be known again.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.domain.masking import masked
from bot.domain.permission import Person
from bot.domain.ticket import Ticket, Type
from bot.domain.town import Kind


def behind_the_wall(kind: Kind | None, type_: Type) -> bool:
    """Whether a matter of that kind and type stands behind the wall from the start."""
    return type_ is Type.REPORT or (kind is not None and kind.walled)


def open_to(person: Person, ticket: Ticket) -> bool:
    """Whether somebody who may see a ticket may read its own words, and get its files."""
    return person.walled or not ticket.walled


def visible_text(person: Person, ticket: Ticket) -> str:
    """What somebody who may see a ticket reads of it: its words, or, behind the wall, the summary ("" without one).

    Numbers that say who somebody is are masked in it.
    """
    return masked(whole_text(person, ticket))


def whole_text(person: Person, ticket: Ticket) -> str:
    """The same with nothing masked: for who opens it on purpose, which is recorded."""
    return ticket.text if open_to(person, ticket) else ticket.work.summary


def shown_to(person: Person, ticket: Ticket) -> Ticket:
    """The ticket as somebody may be shown it: cards, lists and titles are made of this. Never to be stored.

    Numbers that say who somebody is are masked. Behind the wall only the summary is left.
    Without its place too: that is kept in the filer's words, and what a unit must know of it the summary says.
    """
    if not open_to(person, ticket):
        return replace(ticket, text=masked(ticket.work.summary), place=None)
    text, place = masked(ticket.text), ticket.place
    if place is not None and (masked(place.name) != place.name or masked(place.address) != place.address):
        place = replace(place, name=masked(place.name), address=masked(place.address))
    return ticket if text == ticket.text and place is ticket.place else replace(ticket, text=text, place=place)
