"""What is asked of a service that hears what is said in a voice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Words:
    """What was said; "" for nothing that could be understood."""

    text: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """The service is away, or busy: ask again after so many seconds (0: whenever you like). ``why`` is for the log."""

    why: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NotThis:
    """The service does not take this voice, and never will."""

    why: str


Hearing = Words | NotNow | NotThis
"""What came of it; always matched exhaustively."""


class Hearer(Protocol):
    """A service that hears."""

    async def hear(self, mime: str, size: int, content: AsyncIterator[bytes]) -> Hearing:
        """What is said in a sound of so many bytes. Raises what ``content`` raises."""
        ...
