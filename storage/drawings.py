"""Pictures that are owed in chat: which are not drawn yet, and what became of them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.changes import Drawing
from storage.codec import micros
from storage.driver import Driver

_UNDRAWN = "SELECT body FROM drawing WHERE drawn_at IS NULL ORDER BY at LIMIT ?"
_SETTLE = "UPDATE drawing SET drawn_at = ?, problem = ?, body = '' WHERE key = ? AND drawn_at IS NULL"
"""What it showed is not needed any more: the picture is in the media store."""

_read = msgspec.json.Decoder(Drawing).decode


def undrawn(connection: Driver, limit: int) -> list[Drawing]:
    """Pictures that are owed, the oldest first."""
    return [_read(body) for (body,) in connection.execute(_UNDRAWN, (limit,)).fetchall()]


def settle(connection: Driver, key: str, problem: str, now: datetime) -> None:
    """Write down that a picture is drawn, or why it never will be, inside the transaction that is open."""
    connection.execute(_SETTLE, (micros(now), problem, key))
