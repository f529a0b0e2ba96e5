"""Finding the tickets somebody wants: which index leads to them, and what else must hold.

An open ticket stands in ``ix_ticket_open`` under its unit and its status, the earliest due first. So a list is merged
from one short walk for each unit and status, however many tickets are open; what few tickets have (a handler, helpers,
something to decide) has an index of its own. Where ended tickets are wanted that may be anybody's, all tickets are read
whose numbers are of the days in question.
"""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from heapq import nsmallest
from typing import Any

from bot.domain.ticket import ENDS, Status, Ticket
from bot.ports import Wanted
from storage.codec import micros
from storage.values import TICKET, ticket_of

COUNTED = 100_000
"""So many tickets are counted at most."""

_OPEN = "t.closed_at IS NULL"  # word for word as in the partial indexes
_NEXT_UNIT = (
    "SELECT t.unit FROM ticket AS t INDEXED BY ix_ticket_open WHERE t.closed_at IS NULL AND t.unit > ?"
    " ORDER BY t.unit LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Where:
    """A condition and its variables."""

    sql: str
    variables: tuple[Any, ...] = ()

    def __and__(self, other: Where) -> Where:
        return Where(f"{self.sql} AND {other.sql}", (*self.variables, *other.variables))


@dataclass(frozen=True, slots=True)
class Path:
    """The index to walk (``INDEXED BY ...``, or "" for that of the numbers), and which part of it."""

    index: str
    where: Where


def found(connection: sqlite3.Connection, wanted: Wanted, limit: int, offset: int) -> list[Ticket]:
    """Tickets, the earliest due first, those without a date last; those due together in the order of filing."""
    ways, must = list(paths(connection, wanted)), conditions(wanted)
    rows: list[tuple[int, int]] = []
    for dated in (True, False):
        more = limit + offset - len(rows)
        if more > 0:
            each = (row for way in ways for row in _walked(connection, way, must, dated, more))
            rows += nsmallest(more, each)
    ids = [id_ for _, id_ in rows[offset:]]
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT {TICKET}, t.rowid FROM ticket AS t WHERE t.rowid IN ({marks})"
    by_id = {row[-1]: ticket_of(row) for row in connection.execute(sql, ids).fetchall()}
    return [by_id[id_] for id_ in ids]


def _walked(
    connection: sqlite3.Connection, way: Path, must: Where, dated: bool, limit: int
) -> Sequence[tuple[int, int]]:
    """(due, rowid) in that order; 0 where there is no date."""
    where = way.where & must
    due = "IS NOT NULL" if dated else "IS NULL"
    sql = (
        f"SELECT coalesce(t.due_at, 0), t.rowid FROM ticket AS t {way.index}"
        f" WHERE {where.sql} AND t.due_at {due} ORDER BY t.due_at, t.rowid LIMIT ?"
    )
    return connection.execute(sql, (*where.variables, limit)).fetchall()


def count(connection: sqlite3.Connection, wanted: Wanted) -> int:
    """How many there are, at most `COUNTED`."""
    must, total = conditions(wanted), 0
    for way in paths(connection, wanted):
        where = way.where & must
        sql = f"SELECT count(*) FROM (SELECT 1 FROM ticket AS t {way.index} WHERE {where.sql} LIMIT ?)"
        total += connection.execute(sql, (*where.variables, COUNTED - total)).fetchone()[0]
        if total >= COUNTED:
            break
    return total


def counts(connection: sqlite3.Connection, wanted: Wanted) -> dict[tuple[str, Status], int]:
    """How many there are, by unit and status."""
    must = conditions(wanted)
    all_open = wanted.units is None and not (_special(wanted) or _ended(wanted))
    ways = [Path("INDEXED BY ix_ticket_open", Where(_OPEN))] if all_open else paths(connection, wanted)
    numbers: dict[tuple[str, Status], int] = {}
    for way in ways:
        where = way.where & must
        sql = (
            f"SELECT t.unit, t.status, count(*) FROM ticket AS t {way.index} WHERE {where.sql}"
            " GROUP BY t.unit, t.status"
        )
        for unit, status, number in connection.execute(sql, where.variables).fetchall():
            key = unit, Status(status)
            numbers[key] = numbers.get(key, 0) + number
    return numbers


def paths(connection: sqlite3.Connection, wanted: Wanted) -> Iterator[Path]:
    """Parts of indexes in which every wanted ticket stands exactly once."""
    if wanted.handler:
        for status in wanted.statuses:
            where = Where("t.handler = ? AND t.handler <> '' AND t.status = ?", (wanted.handler, status))
            yield Path("INDEXED BY ix_ticket_handler", where)
    elif _ended(wanted):
        yield Path("", _numbered(wanted))
    elif wanted.assisted_by:
        yield Path("INDEXED BY ix_ticket_helped", Where(f"t.helpers IS NOT NULL AND {_OPEN}"))
    else:
        for unit in wanted.units if wanted.units is not None else _units(connection):
            if wanted.deciding:
                where = Where(f"t.unit = ? AND t.deciding IS NOT NULL AND {_OPEN}", (unit,))
                yield Path("INDEXED BY ix_ticket_deciding", where)
                continue
            for status in wanted.statuses:
                yield Path(
                    "INDEXED BY ix_ticket_open", Where(f"t.unit = ? AND t.status = ? AND {_OPEN}", (unit, status))
                )


def _numbered(wanted: Wanted) -> Where:
    """Numbers begin with the town's date of filing, which is at most a day from that in UTC."""
    where = Where("t.number > ''")
    if wanted.since is not None:
        where &= Where("t.number >= ?", (f"{wanted.since - timedelta(days=1):%y%m%d}",))
    if wanted.until is not None:
        where &= Where("t.number < ?", (f"{wanted.until + timedelta(days=2):%y%m%d}",))
    return where


def _ended(wanted: Wanted) -> bool:
    return not ENDS.isdisjoint(wanted.statuses)


def _special(wanted: Wanted) -> bool:
    return bool(wanted.handler or wanted.assisted_by or wanted.deciding)


def _units(connection: sqlite3.Connection) -> list[str]:
    """The units that have open tickets, "" (the pool) among them whether it has some or not."""
    units, row = [""], connection.execute(_NEXT_UNIT, ("",)).fetchone()
    while row is not None:
        units.append(row[0])
        row = connection.execute(_NEXT_UNIT, row).fetchone()
    return units


def conditions(wanted: Wanted) -> Where:
    """All that must hold of a wanted ticket, called ``t``."""
    w = wanted
    where = _among("t.status", w.statuses)
    if w.units is not None:
        where &= _among("t.unit", w.units)
    if w.handler is not None:
        where &= Where("t.handler = ?", (w.handler,))
    if w.assisted_by:
        where &= Where("instr(t.helpers, ?) > 0", (f"|{w.assisted_by}|",))
    if w.areas is not None:
        where &= _among("t.area", ("", *sorted(w.areas)))
    if w.kinds:
        where &= _among("t.kind", w.kinds)
    if w.type is not None:
        where &= Where("t.type = ?", (w.type,))
    for sql, at in (
        ("t.due_at < ?", w.due_before),
        ("t.due_at >= ?", w.due_after),
        ("t.filed_at >= ?", w.since),
        ("t.filed_at < ?", w.until),
    ):
        if at is not None:
            where &= Where(sql, (micros(at),))
    if w.danger is not None:
        where &= Where("t.danger <> ''" if w.danger else "t.danger = ''")
    if not w.walled and not w.handler:
        own = tuple(unit for unit in w.units or () if unit)
        inside = _among("t.unit", own)
        where &= Where(f"(NOT t.walled OR {inside.sql})", inside.variables)
    if w.not_kept_from:
        where &= Where("(t.kept_from IS NULL OR instr(t.kept_from, ?) = 0)", (f"|{w.not_kept_from}|",))
    if w.deciding:
        where &= Where("t.deciding IS NOT NULL")
    return where


def _among(column: str, values: Sequence[str]) -> Where:
    return Where(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))
