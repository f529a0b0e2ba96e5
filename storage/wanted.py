"""Finding the tickets somebody wants: which index leads to them, and what else must hold.

An open ticket stands in ``ix_ticket_open`` under its unit and its status, the earliest due first. So a list is merged
from short walks, one for each unit and status, however many tickets are open. What few tickets have (helpers, something
to decide, danger) has an index of its own that is walked whole. Where ended tickets are wanted that may be anybody's,
all tickets are read whose numbers are of the days in question.
"""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from heapq import nsmallest
from typing import Any

from bot.domain.findings import drawn
from bot.domain.ticket import ENDS, Status, Ticket
from bot.ports import Wanted
from storage.codec import micros
from storage.driver import Driver
from storage.values import TICKET, ticket_of

COUNTED = 100_000
"""So many tickets are counted at most, unless somebody asks for fewer."""

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


ALL = Where("1 = 1")


@dataclass(frozen=True, slots=True)
class Plan:
    """How the wanted tickets are found: each stands at exactly one spot.

    ``source`` is the table with the index to walk. A spot gives a column's value for each of ``columns``; ``where`` is
    all else that must hold, after what makes the index fit.
    """

    source: str
    where: Where
    columns: tuple[str, ...] = ()
    spots: Sequence[tuple[str, ...]] = ((),)

    @property
    def at_spot(self) -> str:
        """The condition with a question mark for each value of a spot, which come first."""
        return " AND ".join([*(f"t.{column} = ?" for column in self.columns), self.where.sql])


def found(connection: Driver, wanted: Wanted, limit: int, offset: int) -> list[Ticket]:
    """Tickets, the earliest due first, those without a date last; those due together in the order of filing."""
    plan = planned(connection, wanted)
    rows: list[tuple[int, int]] = []
    for dated in (True, False):
        more = limit + offset - len(rows)
        if more > 0 and wanted.dated is not (not dated) and (dated or wanted.due_before is wanted.due_after is None):
            spots = _nearest(connection, plan, dated, more)
            rows += nsmallest(more, (row for spot in spots for row in _walked(connection, plan, spot, dated, more)))
    ids = [id_ for _, id_ in rows[offset:]]
    if not ids:
        return []
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT {TICKET}, t.rowid FROM ticket AS t WHERE t.rowid IN ({marks})"
    by_id = {row[-1]: ticket_of(row) for row in connection.execute(sql, ids).fetchall()}
    return [by_id[id_] for id_ in ids]


def _nearest(connection: Driver, plan: Plan, dated: bool, count: int) -> Sequence[tuple[str, ...]]:
    """The spots in which the first so many tickets of all must be: those whose own first comes early enough."""
    if len(plan.spots) <= count:
        return plan.spots
    names = [f"n.column{place}" for place, _ in enumerate(plan.columns, 1)]
    same = " AND ".join(f"t.{column} = {name}" for column, name in zip(plan.columns, names, strict=True))
    key, kind = _order(dated)
    values = ", ".join([f"({', '.join('?' * len(names))})"] * len(plan.spots))
    sql = (
        f"SELECT {', '.join(names)}, (SELECT {key} FROM {plan.source} WHERE {same} AND {plan.where.sql}"
        f" AND t.due_at {kind} ORDER BY {key} LIMIT 1) AS first FROM (VALUES {values}) AS n ORDER BY first"
    )
    flat = [value for spot in plan.spots for value in spot]
    firsts = [row for row in connection.execute(sql, (*plan.where.variables, *flat)).fetchall() if row[-1] is not None]
    last = firsts[min(count, len(firsts)) - 1][-1] if firsts else 0
    return [tuple(row[:-1]) for row in firsts if row[-1] <= last]


def _walked(connection: Driver, plan: Plan, spot: tuple[str, ...], dated: bool, limit: int) -> list[tuple[int, int]]:
    """(due, rowid) in that order; where there is no date, the moment of filing in its place."""
    key, kind = _order(dated)
    sql = (
        f"SELECT {key}, t.rowid FROM {plan.source} WHERE {plan.at_spot}"
        f" AND t.due_at {kind} ORDER BY {key}, t.rowid LIMIT ?"
    )
    return connection.execute(sql, (*spot, *plan.where.variables, limit)).fetchall()


def _order(dated: bool) -> tuple[str, str]:
    """By what tickets with or without a date are sorted, and what sets them apart. ``ix_ticket_open`` has both."""
    return ("t.due_at", "IS NOT NULL") if dated else ("t.filed_at", "IS NULL")


def count(connection: Driver, wanted: Wanted, most: int = COUNTED) -> int:
    """How many there are, at most so many."""
    plan, total = planned(connection, wanted), 0
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {plan.source} WHERE {plan.at_spot} LIMIT ?)"
    for spot in plan.spots:
        total += connection.execute(sql, (*spot, *plan.where.variables, most - total)).fetchone()[0]
        if total >= most:
            break
    return total


def drawn_from(connection: Driver, wanted: Wanted, seed: str, count: int) -> tuple[list[str], int]:
    """The numbers of so many of them, as a seed has it, and of how many these were drawn."""
    plan, total = planned(connection, wanted), 0

    def numbers() -> Iterator[str]:
        nonlocal total
        for spot in plan.spots:
            sql = f"SELECT t.number FROM {plan.source} WHERE {plan.at_spot}"
            for (number,) in connection.execute(sql, (*spot, *plan.where.variables)):
                total += 1
                yield number

    return drawn(numbers(), seed, count), total


def counts(connection: Driver, wanted: Wanted) -> dict[tuple[str, Status], int]:
    """How many there are, by unit and status."""
    plan = planned(connection, wanted, by_unit=wanted.units is not None)
    sql = f"SELECT t.unit, t.status, count(*) FROM {plan.source} WHERE {plan.at_spot} GROUP BY t.unit, t.status"
    numbers: dict[tuple[str, Status], int] = {}
    for spot in plan.spots:
        for unit, status, number in connection.execute(sql, (*spot, *plan.where.variables)).fetchall():
            numbers[unit, Status(status)] = number
    return numbers


def planned(connection: Driver, wanted: Wanted, by_unit: bool = True) -> Plan:
    """How to find them. Without ``by_unit`` all open tickets are one spot, in the order of units and statuses."""
    if wanted.handler:
        given = Where("t.handler <> ''") & conditions(wanted, ("statuses", "handler"))
        spots = [(wanted.handler, status) for status in wanted.statuses]
        return Plan("ticket AS t INDEXED BY ix_ticket_handler", given, ("handler", "status"), spots)
    if not ENDS.isdisjoint(wanted.statuses):
        return Plan("ticket AS t", _numbered(wanted) & conditions(wanted))
    for index, mark, asked in (
        ("ix_ticket_helped", "t.helpers IS NOT NULL", wanted.assisted_by),
        ("ix_ticket_deciding", "t.deciding IS NOT NULL", wanted.deciding),
        ("ix_ticket_danger", "t.danger <> ''", wanted.danger),
    ):
        if asked:
            return Plan(f"ticket AS t INDEXED BY {index}", Where(f"{mark} AND {_OPEN}") & conditions(wanted))
    source = "ticket AS t INDEXED BY ix_ticket_open"
    if not by_unit:
        return Plan(source, Where(_OPEN) & conditions(wanted))
    units = wanted.units if wanted.units is not None else _units(connection)
    given = Where(_OPEN) & conditions(wanted, ("statuses", "units"))
    spots = [(unit, status) for unit in units for status in wanted.statuses]
    return Plan(source, given, ("unit", "status"), spots)


def _numbered(wanted: Wanted) -> Where:
    """Numbers begin with the town's date of filing, which is at most a day from that in UTC."""
    where = Where("t.number > ''")
    if wanted.since is not None:
        where &= Where("t.number >= ?", (f"{wanted.since - timedelta(days=1):%y%m%d}",))
    if wanted.until is not None:
        where &= Where("t.number < ?", (f"{wanted.until + timedelta(days=2):%y%m%d}",))
    return where


def _units(connection: Driver) -> list[str]:
    """The units that have open tickets, "" (the pool) among them whether it has some or not."""
    units, row = [""], connection.execute(_NEXT_UNIT, ("",)).fetchone()
    while row is not None:
        units.append(row[0])
        row = connection.execute(_NEXT_UNIT, row).fetchone()
    return units


def conditions(wanted: Wanted, but: tuple[str, ...] = ()) -> Where:
    """All that must hold of a wanted ticket, called ``t``, ``but`` for what is seen to already."""
    w, must = wanted, [Where("1 = 1")]
    if "statuses" not in but:
        must.append(among("t.status", w.statuses))
    if w.units is not None and "units" not in but:
        must.append(among("t.unit", w.units))
    if w.handler is not None and "handler" not in but:
        must.append(Where("t.handler = ?", (w.handler,)))
    if w.assisted_by:
        must.append(Where("instr(t.helpers, ?) > 0", (f"|{w.assisted_by}|",)))
    if w.areas is not None:
        must.append(among("t.area", ("", *sorted(w.areas))))
    if w.placed:
        must.append(Where("t.area <> ''"))
    if w.kinds:
        must.append(among("t.kind", w.kinds))
    if w.type is not None:
        must.append(Where("t.type = ?", (w.type,)))
    for sql, at in (
        ("t.due_at < ?", w.due_before),
        ("t.due_at >= ?", w.due_after),
        ("t.filed_at >= ?", w.since),
        ("t.filed_at < ?", w.until),
    ):
        if at is not None:
            must.append(Where(sql, (micros(at),)))
    if w.dated is not None:
        must.append(Where("t.due_at IS NOT NULL" if w.dated else "t.due_at IS NULL"))
    if w.danger is not None:
        must.append(Where("t.danger <> ''" if w.danger else "t.danger = ''"))
    if w.not_kept_from:
        must.append(Where("(t.kept_from IS NULL OR instr(t.kept_from, ?) = 0)", (f"|{w.not_kept_from}|",)))
    if w.deciding:
        must.append(Where("t.deciding IS NOT NULL"))
    if not (w.walled or w.handler):
        must.append(_before_the_wall(w))
    return Where(" AND ".join(each.sql for each in must), tuple(v for each in must for v in each.variables))


def _before_the_wall(wanted: Wanted) -> Where:
    """Walled tickets are left out, but for those of a unit that is asked for by name."""
    own = tuple(unit for unit in wanted.units or () if unit)
    if not own:
        return Where("NOT t.walled")
    inside = among("t.unit", own)
    return Where(f"(NOT t.walled OR {inside.sql})", inside.variables)


def among(column: str, values: Sequence[str]) -> Where:
    """A column holds one of these."""
    return Where(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))
