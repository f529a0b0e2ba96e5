"""Keeping one's name back, or no longer, after filing."""

from __future__ import annotations

from functools import partial

from bot.domain.ticket import Action, Ticket
from bot.message import Reply
from bot.turn import Turn
from handlers import case
from handlers.naming import ticket_title
from handlers.resident.saying import filed


def open_ones(ticket: Ticket) -> bool:
    """Whether there is somebody yet from whom a name could be kept."""
    return ticket.open


async def _set(turn: Turn, number: str, _words: str = "", *, hidden: bool) -> Reply:
    """Raises NotFound for others' tickets as for none."""
    ticket = await filed(turn, number)
    name = "hide" if hidden else "unhide"
    if ticket.hidden is not hidden:
        ticket = case.moved(turn, ticket, Action.HIDE, str(turn.address), {"hidden": hidden}, hidden=hidden)
    text = turn.words(f"{name}.done", number=ticket.number, title=ticket_title(turn, ticket))
    return Reply(text, ticket=ticket.number)


hide = partial(_set, hidden=True)
unhide = partial(_set, hidden=False)
