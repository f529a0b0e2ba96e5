"""Questions of boards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import msgspec

from bot.domain.boards.facts import DeskFacts, TicketFacts
from bot.domain.boards.periods import Period
from bot.domain.boards.ranking import Board
from bot.domain.ticket import Action
from storage import boards
from storage.driver import Driver, Questions

_T = TypeVar("_T")
_PUBLISHED = "SELECT body FROM board WHERE period = ?"
_read_board = msgspec.json.Decoder(Board).decode


class BoardReader:
    """`bot.ports.board_questions.BoardQuestions` on SQLite."""

    _readers: Questions

    async def counted(self, period: Period, count: Callable[[Iterable[TicketFacts]], _T]) -> _T:
        """What ``count`` makes of every ticket that may count in a period; it is called in the thread that reads."""
        return await self._readers.ask(lambda connection: count(boards.facts(connection, period)), long=True)

    async def desk_counted(
        self,
        period: Period,
        due: Callable[[str, datetime], datetime],
        count: Callable[[Iterable[DeskFacts], int, Sequence[bool | None]], _T],
    ) -> _T:
        """What ``count`` makes of what was filed in a period and had to wait, how many had not, and its objections."""

        def read(connection: Driver) -> _T:
            at_once = boards.sent_at_once(connection, period)
            return count(boards.desk_facts(connection, period, due), at_once, boards.objections(connection, period))

        return await self._readers.ask(read, long=True)

    async def spoken_of(self, period: Period, above: Mapping[str, str]) -> Sequence[tuple[str, str, int, int]]:
        """Area, kind, how many tickets, and of how many people, of what was filed in a period; nothing walled."""
        return await self._readers.ask(partial(boards.spoken_of, period=period, above=above), long=True)

    async def points(self, period: Period) -> Sequence[tuple[float, float, str, str]]:
        """Latitude, longitude, area, kind of what was filed in a period where a point is known; nothing walled."""
        return await self._readers.ask(partial(boards.points, period=period))

    async def happened(self, action: Action, period: Period) -> int:
        """How often tickets were answered, objected to or re-opened in a period."""
        return await self._readers.ask(partial(boards.happened, action=action, period=period))

    async def published(self, key: str) -> Board | None:
        """The board of that period as a supervisor published it."""
        row = await self._readers.row(_PUBLISHED, (key,))
        return None if row is None else _read_board(row[0])
