"""Taking a ticket, handing it on, notes and news, and typing out what was said."""

from __future__ import annotations

from bot.domain.ticket import Ticket
from bot.message import Reply
from bot.turn import Turn
from handlers.staff.command import table
from handlers.staff.me import Me

COMMANDS = table()


async def note(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Keep an internal note."""
    raise NotImplementedError
