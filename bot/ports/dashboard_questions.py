"""What the dashboard asks of the store, besides what boards ask: how everything stands now, and which tickets a number
is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from bot.domain.boards.facts import DeskFacts, TicketFacts
from bot.domain.boards.periods import Period
from bot.domain.ticket import Action, Ticket

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Within:
    """Which tickets somebody's figures are about. Nothing behind the wall ever is.

    ``units``: led by one of these (None: any). ``areas``: in one of these or without a place (None: anywhere).
    ``only``: in one of these (None: anywhere). ``not_kept_from``: what is not kept from that unit.
    """

    units: frozenset[str] | None = None
    areas: frozenset[str] | None = None
    only: frozenset[str] | None = None
    not_kept_from: str = ""


EVERYTHING = Within()


@dataclass(frozen=True, slots=True)
class Filed:
    """What of a period's tickets is asked for: of these kinds (None: any), and in these areas ("" is no place)."""

    kinds: frozenset[str] | None = None
    areas: frozenset[str] | None = None


class DashboardQuestions(Protocol):
    """See the module."""

    async def census(self, known: Mapping[str, int], judge: Callable[[Iterable[Ticket]], T]) -> tuple[T, Sequence[str]]:
        """What ``judge`` makes of every ticket that owes something now and is not ``known`` by its number and last
        step; and the numbers of those known that owe nothing any more.

        The tickets are without words, people and place. ``judge`` is called in the thread that reads.
        """
        ...

    async def spoken_within(
        self, period: Period, above: Mapping[str, str], within: Within
    ) -> Sequence[tuple[str, str, int, int]]:
        """As `bot.ports.board_questions.BoardQuestions.spoken_of`, of some tickets only."""
        ...

    async def happened_within(self, action: Action, period: Period, within: Within) -> int:
        """How often some tickets were answered, objected to or re-opened in a period; nothing walled."""
        ...

    async def spots(self, period: Period, within: Within, cell: float, most: int) -> Sequence[tuple[float, float, int]]:
        """Latitude, longitude, how many: what was filed in a period where a point is known, gathered in cells of so
        many degrees, the fullest first; nothing walled."""
        ...

    async def filed_numbers(
        self, period: Period, within: Within, filed: Filed, limit: int, offset: int
    ) -> tuple[int, Sequence[str]]:
        """How many tickets `spoken_within` counts, and so many of them after so many, the newest first."""
        ...

    async def happened_numbers(
        self, action: Action, period: Period, within: Within, limit: int, offset: int
    ) -> tuple[int, Sequence[str]]:
        """How many tickets `happened_within` counts, each as often as it happened, and so many of them after so many,
        the latest first."""
        ...

    async def facts_of(self, numbers: Sequence[str], count: Callable[[Iterable[TicketFacts]], T]) -> T:
        """What ``count`` makes of these tickets; it is called in the thread that reads."""
        ...

    async def desk_numbers(
        self, period: Period, due: Callable[[str, datetime], datetime]
    ) -> tuple[Sequence[str], Sequence[DeskFacts], Sequence[tuple[str, bool | None]]]:
        """What the desk's own row of a period is made of: what a unit had at once, what had to wait, and the
        objections with what was decided (see `bot.ports.board_questions.BoardQuestions.desk_counted`)."""
        ...
