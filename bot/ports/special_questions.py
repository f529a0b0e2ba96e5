"""What is asked about special cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.special import Special, SpecialEvent


class SpecialQuestions(Protocol):
    """Special cases and their lives."""

    async def special(self, number: str) -> Special | None:
        """A special case as it is now."""
        ...

    async def specials(self, limit: int = 200) -> Sequence[Special]:
        """The newest special cases that are not closed."""
        ...

    async def special_events(self, number: str) -> Sequence[SpecialEvent]:
        """The life of a special case, oldest first."""
        ...
