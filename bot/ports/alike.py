"""Questions about what may be the same matter, and about who joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.people import Address


@dataclass(frozen=True, slots=True)
class Nearby:
    """A ticket that was filed in an area about a kind: what tells whether it is worth a closer look.

    ``text`` is the beginning of its words, folded. Latitude and longitude are WGS-84 degrees, None where nobody pinned.
    """

    number: str
    area: str
    latitude: float | None
    longitude: float | None
    text: str


class AlikeQuestions(Protocol):
    """What use cases of joining and merging ask."""

    async def nearby(
        self, area: str, kind: str, since: datetime, limit: int = 100, *, ended: bool = False
    ) -> Sequence[Nearby]:
        """The newest tickets of an area and a kind filed since a moment: open ones, or with ``ended`` all of them.

        Costs the same however many tickets there are. Words may be those it was filed with: look at the ticket itself
        before anything is shown.
        """
        ...

    async def role(self, address: Address, number: str) -> str:
        """What an address is to a ticket: filer, claimed, joined, or "" for nothing."""
        ...
