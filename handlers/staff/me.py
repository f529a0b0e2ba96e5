"""Who of the staff is acting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.domain.directory import Directory
from bot.domain.people import Address, Staff
from bot.domain.permission import Act, Person, may
from bot.domain.ticket import Ticket
from bot.turn import Turn


class Known(Protocol):
    """A command as far as choosing from them needs it; see `handlers.staff.command.Command`."""

    @property
    def name(self) -> str: ...

    @property
    def act(self) -> Act: ...

    @property
    def ticket(self) -> object | None: ...

    @property
    def hidden(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Me:
    """The member of staff whose turn it is, what they may reach, and everybody else.

    ``in_group``: others listen. ``commands`` are all there are, by name: what they may do now is chosen from them.
    """

    staff: Staff
    person: Person
    directory: Directory
    in_group: bool = False
    commands: Mapping[str, Known] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The staff id: the ``by`` of what they do."""
        return self.staff.id

    def may(self, act: Act, ticket: Ticket | None = None, *, mine: bool = False) -> bool:
        """Whether they may do that; see `bot.domain.permission.may`."""
        if self.in_group and ticket is not None and ticket.walled:
            return False
        return may(self.person, act, ticket, mine=mine)


async def me(turn: Turn) -> Me | None:
    """Who is acting; None for residents, and for people who were removed since their last message.

    In a group it is the person who speaks, never the group; what stands behind the wall is not talked about there.
    """
    in_group = turn.message.person if turn.message is not None else None
    if in_group is None:
        return await acting(turn, turn.address)
    found = await acting(turn, in_group)
    return found and replace(found, person=replace(found.person, walled=False), in_group=True)


async def acting(turn: Turn, address: Address) -> Me | None:
    """The member of staff behind an address."""
    directory = await turn.read.directory()
    staff = directory.at(address)
    if staff is None:
        return None
    return Me(staff, turn.guide.person(staff, directory.stands_for(staff, turn.now)), directory)


def person_of(turn: Turn, staff: Staff, directory: Directory) -> Person:
    """Another member of staff as one who may act; for choosing whom to tell."""
    return turn.guide.person(staff, directory.stands_for(staff, turn.now))


async def is_mine(turn: Turn, me: Me, ticket: Ticket) -> bool:
    """Whether one of this person's addresses filed, claimed or joined a ticket: nobody handles an own case."""
    for address in me.staff.addresses:
        if await turn.read.owns(address, ticket.number):
            return True
    return False
