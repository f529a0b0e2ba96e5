"""The idea store: ideas by an index of their own, lessons by their table."""

# ruff: noqa: S608  # only names of columns are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Sequence

from bot.domain.ideas import Lesson
from bot.domain.ticket import Ticket
from storage.codec import moment
from storage.driver import Questions
from storage.values import TICKET, ticket_of

_IDEAS = (
    f"SELECT {TICKET} FROM ticket AS t INDEXED BY ix_ticket_idea WHERE t.type = 'idea' AND t.number < ?"
    " ORDER BY t.number DESC LIMIT ?"
)
_LESSONS = "SELECT source, area, kind, text, actor, at FROM lesson ORDER BY at DESC, source LIMIT ?"
_AFTER_ALL = "~"


class IdeaReader:
    """`bot.ports.idea_questions.IdeaQuestions` on SQLite."""

    _readers: Questions

    async def ideas(self, limit: int = 50, before: str = "") -> Sequence[Ticket]:
        """The newest ideas; see the port."""
        return [ticket_of(row) for row in await self._readers.rows(_IDEAS, (before or _AFTER_ALL, limit))]

    async def lessons(self, limit: int = 500) -> Sequence[Lesson]:
        """What was learnt from special cases, the newest first."""
        rows = await self._readers.rows(_LESSONS, (limit,))
        return [Lesson(source, area, kind, text, by, moment(at)) for source, area, kind, text, by, at in rows]
