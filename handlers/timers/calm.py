"""It is calm again after somebody wrote very much: one answer for all of it."""

from __future__ import annotations

from msgspec.structs import replace

from bot.message import Reply
from bot.turn import Turn


def answer(turn: Turn) -> Reply | None:
    """How much came, and the last answer that was held back: a card holds everything that came before it."""
    held = turn.session.held
    if held is None:
        return None
    turn.remember(held=None)
    lead = turn.words("flood.calm", count=held.count)
    if held.reply is None:
        return Reply(lead)
    return replace(held.reply, text=f"{lead}\n{held.reply.text}")
