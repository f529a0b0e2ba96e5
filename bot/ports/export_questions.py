"""What an export asks of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Exported:
    """A ticket with what its filer said last: a `bot.domain.review.Verdict` ("" for nothing) and a rating."""

    ticket: Ticket
    verdict: str
    rating: int | None


class ExportQuestions(Protocol):
    """Tickets of a span, part by part."""

    async def exported(self, since: datetime, until: datetime, after: str, limit: int) -> Sequence[Exported]:
        """Tickets filed from a moment up to another, by number, those behind a number ("" from the start).

        Every part costs the same, wherever in the span it lies.
        """
        ...

    async def export_count(self, since: datetime, until: datetime) -> int:
        """How many tickets were filed in that span."""
        ...
