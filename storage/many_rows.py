"""SQL text that writes many rows at once on SQLite, compiled once from the tables.

Many rows go in one statement (``VALUES (...), (...), ...``), not one by one: the driver gives Python's interpreter lock
away for each step and must fight the web server to have it back, so the number of steps is what a batch costs.
"""

# only constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from sqlalchemy import Table, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.sql.compiler import SQLCompiler

from storage.driver import Driver
from storage.staff_rows import Row

_DIALECT = sqlite.dialect(paramstyle="qmark")
_MOST = 64
"""Rows in one statement; the width of our tables times this stays far under SQLite's 32,766 variables."""


class ManyRows:
    """A statement with a list of rows in it, kept as text for 1, 2, 4, ... rows.

    ``wrapped`` puts the rows into a longer statement at ``{rows}``.
    """

    def __init__(self, width: int, wrapped: str) -> None:
        one = "(" + ", ".join("?" * width) + ")"
        before, after = wrapped.split("{rows}")
        self._width, self._wrapped = width, wrapped
        self._texts: dict[int, str] = {}
        size = 1
        while size <= _MOST:
            self._texts[size] = before + ", ".join([one] * size) + after
            size *= 2

    def run(self, connection: Driver, rows: Sequence[Row], *first: object) -> None:
        """Write the rows; ``first`` are the variables before them. Raises whatever the driver raises."""
        begin = 0
        for size in _sizes(len(rows)):
            part = rows[begin : begin + size]
            connection.execute(self._texts[size], [*first, *chain.from_iterable(part)])
            begin += size

    def returning(self, table: Table) -> ManyRows:
        """The same, telling all columns of what was written: see `found`."""
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        return ManyRows(self._width, f"{self._wrapped} RETURNING {columns}")

    def found(self, connection: Driver, rows: Sequence[Row]) -> list[Row]:
        """Run it; what it returns, in no order. Raises whatever the driver raises."""
        begin, found = 0, list[Row]()
        for size in _sizes(len(rows)):
            values = list(chain.from_iterable(rows[begin : begin + size]))
            found += connection.execute(self._texts[size], values).fetchall()
            begin += size
        return found


def _sizes(count: int) -> Iterator[int]:
    """Powers of two, the big ones first, that make up a count."""
    size = _MOST
    while count:
        while size > count:
            size //= 2
        yield size
        count -= size


def _text(statement: Insert) -> str:
    compiled = statement.compile(dialect=_DIALECT)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101  # narrows the type: an insert has no other compiler
    return str(compiled)


def insertion(table: Table, statement: Insert | None = None) -> ManyRows:
    """An insert of whole rows, without the id that the database gives."""
    columns = [column.name for column in table.columns if column.name != "id" or isinstance(column.type, Text)]
    values = dict.fromkeys(columns)
    text = _text((statement if statement is not None else insert(table)).values(values))
    one = "(" + ", ".join("?" * len(columns)) + ")"
    assert text.count(f"VALUES {one}") == 1, text  # noqa: S101  # checked when the module is read, not while it works
    return ManyRows(len(columns), text.replace(f"VALUES {one}", "VALUES {rows}"))


def projection(table: Table, key: str) -> ManyRows:
    """Insert, or replace what is there when it is older."""
    base = insert(table)
    new = base.excluded
    values = {column.name: new[column.name] for column in table.columns if column.name != key}
    return insertion(table, base.on_conflict_do_update(index_elements=[key], set_=values, where=table.c.seq < new.seq))


def once(table: Table, *key: str) -> ManyRows:
    """Insert unless the key is there."""
    return insertion(table, insert(table).on_conflict_do_nothing(index_elements=key))


def taken(connection: Driver, sql: str, keys: Iterable[Row]) -> list[Row]:
    """The rows of ``sql`` (with ``{rows}`` in it) for those keys that exist already."""
    rows: list[Row] = []
    wanted = list(keys)
    for begin in range(0, len(wanted), _MOST):
        part = wanted[begin : begin + _MOST]
        one = "(" + ", ".join("?" * len(part[0])) + ")"
        text = sql.replace("{rows}", ", ".join([one] * len(part)))
        rows += connection.execute(text, list(chain.from_iterable(part))).fetchall()
    return rows
