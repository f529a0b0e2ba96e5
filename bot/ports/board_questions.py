"""What boards ask of the store: counts of a period, each made of one state of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bot.domain.boards.facts import DeskFacts, TicketFacts
from bot.domain.boards.periods import Period
from bot.domain.boards.ranking import Board
from bot.domain.ticket import Action

T = TypeVar("T")


class BoardQuestions(Protocol):
    """What boards, heat maps and barometers are made of."""

    async def counted(self, period: Period, count: Callable[[Iterable[TicketFacts]], T]) -> T:
        """What ``count`` makes of every ticket that may count in a period; it is called in the thread that reads."""
        ...

    async def desk_counted(
        self,
        period: Period,
        due: Callable[[str, datetime], datetime],
        count: Callable[[Iterable[DeskFacts], int, Sequence[bool | None]], T],
    ) -> T:
        """What ``count`` makes of what was filed in a period and had to wait for a unit, of how many had not to, and of
        the objections of the period: upheld, refused or open (None).

        ``due`` says by when a ticket of a clock, filed at a moment, must have a unit. Both are called in the thread
        that reads.
        """
        ...

    async def spoken_of(self, period: Period, above: Mapping[str, str]) -> Sequence[tuple[str, str, int, int]]:
        """Area, kind, how many tickets, and of how many people, of what was filed in a period; nothing walled.

        ``above`` maps areas to those they are counted in; people who spoke in several of these count once.
        """
        ...

    async def points(self, period: Period) -> Sequence[tuple[float, float, str, str]]:
        """Latitude, longitude, area, kind of what was filed in a period where a point is known; nothing walled."""
        ...

    async def happened(self, action: Action, period: Period) -> int:
        """How often tickets were answered, objected to or re-opened in a period."""
        ...

    async def published(self, key: str) -> Board | None:
        """The board of that period as a supervisor published it."""
        ...
