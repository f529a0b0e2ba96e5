"""What the history of a ticket asks: who of the staff read, forwarded or exported it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.changes import Looked


class HistoryQuestions(Protocol):
    """Who looked."""

    async def looked_at(self, number: str, limit: int = 500) -> Sequence[Looked]:
        """Who read, forwarded or exported a ticket, the newest first."""
        ...
