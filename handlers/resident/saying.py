"""How a resident is answered about an own ticket: by its number, and a title they may read."""

from __future__ import annotations

from bot.domain.ticket import Status, Ticket
from bot.errors import NotFound
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import discretion
from handlers.naming import ticket_title
from handlers.resident import following


async def about(turn: Turn, ticket: Ticket, key: str, *choices: Choice, **params: object) -> Reply:
    """A reply about a ticket; its text has ``number`` and ``title`` besides ``params``."""
    title = ticket_title(turn, await discretion.shown(turn, ticket))
    return Reply(turn.words(key, number=ticket.number, title=title, **params), choices, ticket=ticket.number)


async def filed(turn: Turn, number: str) -> Ticket:
    """A ticket whose words are this person's own. Raises NotFound for one they only joined, as for none."""
    ticket = await following.own(turn, number)
    if await turn.read.role(turn.address, number) == discretion.JOINED:
        raise NotFound(number=number)
    return ticket


async def living(turn: Turn, number: str) -> Ticket:
    """An own ticket, or the one it was merged into where it lives on. Raises NotFound for others' as for none."""
    ticket = await following.own(turn, number)
    into = ticket.work.merged_into if ticket.status is Status.MERGED else ""
    return await following.own(turn, into) if into and await turn.read.owns(turn.address, into) else ticket
