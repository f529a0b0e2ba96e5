"""What is asked about pictures: how they look, and which were here before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.pictures import Likeness, Look


class PictureQuestions(Protocol):
    """How files look."""

    async def looks(self, ids: Sequence[str]) -> Mapping[str, Look]:
        """How these files look, by id; those at which nobody has looked yet are missing."""
        ...

    async def lookalikes(self, ids: Sequence[str]) -> Sequence[Likeness]:
        """Files of tickets that were here before these, and look (nearly) like them; the likest first."""
        ...
