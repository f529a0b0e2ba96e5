"""How a supervisor is answered about a ticket, and which supervisors hear of one."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.people import Staff
from bot.domain.permission import Act, may
from bot.domain.ticket import Ticket
from bot.domain.wall import shown_to
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers.naming import ticket_title
from handlers.staff.me import Me, person_of


def about(turn: Turn, me: Me, ticket: Ticket, key: str, *choices: Choice, **params: object) -> Reply:
    """A reply about a ticket; its text has ``number`` and ``title`` besides ``params``."""
    text = turn.words(key, number=ticket.number, title=titled(turn, me, ticket), **params)
    return Reply(text, choices, ticket=ticket.number)


def titled(turn: Turn, me: Me, ticket: Ticket) -> str:
    """A ticket's title as this person may read it."""
    return ticket_title(turn, shown_to(me.person, ticket))


async def supervisors_of(turn: Turn, ticket: Ticket) -> tuple[Staff, ...]:
    """The supervisors who may know of a ticket that is not their own, or who stands in for them."""
    directory = await turn.read.directory()
    return await allowed(turn, ticket, (directory.standing_in(s, turn.now) for s in directory.supervisors()))


async def allowed(turn: Turn, ticket: Ticket, people: Iterable[Staff]) -> tuple[Staff, ...]:
    """Those of them who may see a ticket and to whom it does not belong, each once."""
    directory = await turn.read.directory()
    own = {reporter.address for reporter in await turn.read.reporters(ticket.number)}
    found = {
        staff.id: staff
        for staff in people
        if own.isdisjoint(staff.addresses) and may(person_of(turn, staff, directory), Act.SEE, ticket)
    }
    return tuple(found.values())
