"""What is asked about tickets that anybody may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Which released tickets are asked for: of one of ``kinds``, the newest first.

    ``numbers``: only among these. ``ended``: only such, or only others. ``since`` and ``until`` bound the filing,
    ``updated_since`` and ``updated_until`` the last step that anybody may know of: from the first on, up to the second.
    ``near`` is latitude, longitude and metres, of the point as it is shown.
    """

    kinds: tuple[str, ...]
    numbers: tuple[str, ...] | None = None
    ended: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    near: tuple[float, float, float] | None = None
    limit: int = 100
    offset: int = 0


class PublicQuestions(Protocol):
    """What anybody may ask."""

    async def released(self, wanted: Released) -> Sequence[tuple[Ticket, datetime]]:
        """Tickets of which a masked copy was released, each with its last step that anybody may know of.

        Whether a copy may be shown `bot.domain.public.public_copy` says; this leaves out the most of what may not.
        """
        ...
