"""What the dashboard counts besides boards: how everything stands now, and which tickets a number is made of."""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from bot.domain.boards.facts import DeskFacts, TicketFacts
from bot.domain.boards.periods import Period
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.work import NO_WORK
from bot.ports.dashboard_questions import Filed, Within
from storage import boards
from storage.codec import as_json, micros, moment, moment_or_none, read_work
from storage.driver import Driver, Questions
from storage.wanted import Where, among

_T = TypeVar("_T")

_OWING = "closed_at IS NULL AND status <> 'answered'"
_STEPS = f"SELECT number, seq FROM ticket INDEXED BY ix_ticket_open WHERE {_OWING} ORDER BY number"
_SLIM = (
    "SELECT t.number, t.seq, t.status, t.filed_at, t.area, t.unit, t.danger, t.clock, t.dispatched_at, t.due_at,"
    " t.walled, t.work FROM json_each(?) AS c CROSS JOIN ticket AS t ON t.number = c.value"
)
_HAPPENED = (
    "FROM ticket_event AS e CROSS JOIN ticket AS t ON t.number = e.ticket"
    " WHERE e.action IN ('answer', 'object', 'reopen') AND e.action = ? AND e.at >= ? AND e.at < ?"
    " AND NOT t.walled AND {more}"
)
_FILED = (
    "FROM ticket AS t WHERE t.number >= ? AND t.number < ? AND t.filed_at >= ? AND t.filed_at < ?"
    " AND NOT t.walled AND t.status <> 'merged' AND {more}"
)


def where(within: Within) -> Where:
    """What must hold of a ticket called ``t``."""
    must = Where("1 = 1")
    if within.units is not None:
        must &= among("t.unit", sorted(within.units))
    if within.areas is not None:
        must &= among("t.area", ("", *sorted(within.areas)))
    if within.only is not None:
        must &= among("t.area", sorted(within.only))
    if within.not_kept_from:
        must &= Where("(t.kept_from IS NULL OR instr(t.kept_from, ?) = 0)", (f"|{within.not_kept_from}|",))
    return must


class DashboardReader:
    """`bot.ports.dashboard_questions.DashboardQuestions` on SQLite."""

    _readers: Questions

    async def census(self, known: Mapping[str, int], judge: Callable[[Iterable[Ticket]], _T]) -> tuple[_T, list[str]]:
        """What ``judge`` makes of what owes something and is not known, and what is known and owes nothing."""

        def read(connection: Driver) -> tuple[_T, list[str]]:
            steps = dict(connection.execute(_STEPS).fetchall())
            new = [number for number, seq in steps.items() if known.get(number) != seq]
            return judge(boards.gently(_slim(connection, new))), [number for number in known if number not in steps]

        return await self._readers.ask(read, long=True)

    async def spoken_within(
        self, period: Period, above: Mapping[str, str], within: Within
    ) -> Sequence[tuple[str, str, int, int]]:
        """Area, kind, how many tickets, and of how many people, of what was filed in a period; nothing walled."""
        more = where(within)
        return await self._readers.ask(partial(boards.spoken_of, period=period, above=above, more=more), long=True)

    async def happened_within(self, action: Action, period: Period, within: Within) -> int:
        """How often some tickets were answered, objected to or re-opened in a period."""
        sql, variables = _happened(action, period, within)
        return await self._readers.ask(lambda c: int(c.execute(f"SELECT count(*) {sql}", variables).fetchone()[0]))

    async def spots(self, period: Period, within: Within, cell: float, most: int) -> Sequence[tuple[float, float, int]]:
        """Where things were filed, gathered in cells of so many degrees, the fullest first."""
        sql, variables = _filed(period, within, Filed())
        sql = (
            f"SELECT avg(t.latitude), avg(t.longitude), count(*) {sql} AND t.latitude IS NOT NULL"
            " GROUP BY round(t.latitude / ?), round(t.longitude / ?) ORDER BY 3 DESC, 1, 2 LIMIT ?"
        )
        return await self._readers.ask(lambda c: c.execute(sql, (*variables, cell, cell, most)).fetchall(), long=True)

    async def filed_numbers(
        self, period: Period, within: Within, filed: Filed, limit: int, offset: int
    ) -> tuple[int, Sequence[str]]:
        """How many tickets `spoken_within` counts, and some of them, the newest first."""
        return await self._page(*_filed(period, within, filed), "t.number", "t.number DESC", limit, offset)

    async def happened_numbers(
        self, action: Action, period: Period, within: Within, limit: int, offset: int
    ) -> tuple[int, Sequence[str]]:
        """How many tickets `happened_within` counts, and some of them, the latest first."""
        return await self._page(
            *_happened(action, period, within), "t.number", "e.at DESC, t.number DESC", limit, offset
        )

    async def facts_of(self, numbers: Sequence[str], count: Callable[[Iterable[TicketFacts]], _T]) -> _T:
        """What ``count`` makes of these tickets."""
        return await self._readers.ask(lambda connection: count(boards.facts_of(connection, numbers)))

    async def desk_numbers(
        self, period: Period, due: Callable[[str, datetime], datetime]
    ) -> tuple[list[str], list[DeskFacts], list[tuple[str, bool | None]]]:
        """What the desk's own row of a period is made of."""

        def read(
            connection: Driver,
        ) -> tuple[list[str], list[DeskFacts], list[tuple[str, bool | None]]]:
            at_once = boards.numbers_sent_at_once(connection, period)
            return at_once, list(boards.desk_facts(connection, period, due)), boards.objected(connection, period)

        return await self._readers.ask(read, long=True)

    async def _page(
        self, sql: str, variables: tuple[Any, ...], column: str, order: str, limit: int, offset: int
    ) -> tuple[int, list[str]]:
        def read(connection: Driver) -> tuple[int, list[str]]:
            (count,) = connection.execute(f"SELECT count(*) {sql}", variables).fetchone()
            page = f"SELECT {column} {sql} ORDER BY {order} LIMIT ? OFFSET ?"
            return count, [number for (number,) in connection.execute(page, (*variables, limit, offset))]

        return await self._readers.ask(read)


def _happened(action: Action, period: Period, within: Within) -> tuple[str, tuple[Any, ...]]:
    more = where(within)
    return _HAPPENED.format(more=more.sql), (str(action), micros(period.begin), micros(period.end), *more.variables)


def _filed(period: Period, within: Within, filed: Filed) -> tuple[str, tuple[Any, ...]]:
    more = where(within)
    if filed.kinds is not None:
        more &= among("t.kind", sorted(filed.kinds))
    if filed.areas is not None:
        more &= among("t.area", sorted(filed.areas))
    return _FILED.format(more=more.sql), (*boards.filed_in(period), *more.variables)


def _slim(connection: Driver, numbers: Sequence[str]) -> Iterator[Ticket]:
    for begin in range(0, len(numbers), boards.AT_ONCE):
        some = as_json(numbers[begin : begin + boards.AT_ONCE])
        for row in connection.execute(_SLIM, (some,)).fetchall():
            number, seq, status, filed_at, area, unit, danger, clock, dispatched_at, due_at, walled, work = row
            yield Ticket(
                number=number,
                seq=seq,
                code="",
                alias="",
                type=Type.COMPLAINT,
                kind="",
                status=Status(status),
                source="",
                channel="",
                text="",
                filed_at=moment(filed_at),
                area=area,
                unit=unit,
                danger=danger,
                clock=clock,
                dispatched_at=moment_or_none(dispatched_at),
                due_at=moment_or_none(due_at),
                walled=bool(walled),
                work=NO_WORK if work is None else read_work(work),
            )
