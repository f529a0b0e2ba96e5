"""Which tickets programs filed, and which program it was."""

from __future__ import annotations

from bot.turn import Turn

SOURCE = "open311"
"""The source of tickets that programs file."""


async def filed_by(turn: Turn, number: str) -> str:
    """The actor of a ticket's first step; "" where there is none. Of what a program filed it is its key's address."""
    events = await turn.read.events(number)
    return events[0].by if events else ""
