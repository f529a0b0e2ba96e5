"""Answering: outcome, preview, sign-off, two minutes to recall, and what the resident is told."""

from __future__ import annotations

from bot.conversation.session import Composing
from bot.message import Reply
from bot.turn import Turn
from handlers.staff.command import table
from handlers.staff.me import Me

COMMANDS = table()


async def went_on(turn: Turn, me: Me, composing: Composing, text: str) -> Reply | None:
    """Words for an answer that is being put together; None when they are not for it."""
    return None
