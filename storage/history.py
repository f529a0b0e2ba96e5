"""Who of the staff read, forwarded or exported a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from bot.changes import Looked
from storage.codec import moment
from storage.driver import Questions

_LOOKED = (
    "SELECT actor, what, ticket, detail, at FROM looked"
    " WHERE ticket = ? AND ticket <> '' ORDER BY id DESC LIMIT ?"  # said twice for the index, which has no empty ones
)


class HistoryReader:
    """`bot.ports.history_questions.HistoryQuestions` on SQLite."""

    _readers: Questions

    async def looked_at(self, number: str, limit: int = 500) -> Sequence[Looked]:
        """Who read, forwarded or exported a ticket, the newest first."""
        rows = await self._readers.rows(_LOOKED, (number, limit))
        return [Looked(by=row[0], what=row[1], ticket=row[2], detail=row[3], at=moment(row[4])) for row in rows]
