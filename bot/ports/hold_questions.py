"""What is asked about people who are stored and not pushed, and about messages that were put by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.holds import Hold
from bot.domain.people import Address
from bot.message import InboundMessage


class HoldQuestions(Protocol):
    """Holds, and what waits for its turn."""

    async def hold(self, address: Address, at: datetime) -> Hold | None:
        """The hold of this person that is in force at a moment. Costs nearly nothing: all of them are remembered, and
        read again a few seconds later where somebody else may have changed them."""
        ...

    async def holds(self, at: datetime) -> Sequence[Hold]:
        """Every hold in force at a moment, the oldest first."""
        ...

    async def holds_of(self, address: Address) -> Sequence[Hold]:
        """All holds there ever were of this person, the newest first."""
        ...

    async def hold_steps(self, id_: str) -> Sequence[Hold]:
        """A hold after each of its steps, the first one first."""
        ...

    async def put_by(self, address: Address, limit: int) -> Sequence[InboundMessage]:
        """Messages of this person that are stored and wait for their turn, in the order in which they came."""
        ...

    async def put_by_addresses(self) -> Sequence[Address]:
        """Whose messages wait for their turn."""
        ...
