"""What is asked about the idea store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.ideas import Lesson
from bot.domain.ticket import Ticket


class IdeaQuestions(Protocol):
    """Ideas and lessons."""

    async def ideas(self, limit: int = 50, before: str = "") -> Sequence[Ticket]:
        """The newest ideas; with ``before`` those filed before the one with that number."""
        ...

    async def lessons(self, limit: int = 500) -> Sequence[Lesson]:
        """What was learnt from special cases, the newest first."""
        ...
