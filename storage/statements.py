"""The SQL text that writes batches on SQLite, compiled once from the tables.

Many rows go in one statement (``VALUES (...), (...), ...``), not one by one: the driver gives Python's interpreter lock
away for each step and must fight the web server to have it back, so the number of steps is what a batch costs.
"""

# ruff: noqa: S608  # only constants are put into the texts; values are variables
from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Table, case
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.sql.compiler import SQLCompiler

from storage import schema as t
from storage.batch import Batch
from storage.rows import Row

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
        self._texts: dict[int, str] = {}
        size = 1
        while size <= _MOST:
            self._texts[size] = before + ", ".join([one] * size) + after
            size *= 2

    def run(self, connection: sqlite3.Connection, rows: Sequence[Row], *first: object) -> None:
        """Write the rows; ``first`` are the variables before them. Raises whatever the driver raises."""
        begin = 0
        for size in _sizes(len(rows)):
            part = rows[begin : begin + size]
            connection.execute(self._texts[size], [*first, *chain.from_iterable(part)])
            begin += size


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


def _insert(table: Table, statement: Insert | None = None) -> ManyRows:
    """An insert of whole rows, without the id that the database gives."""
    columns = [column.name for column in table.columns if column.name != "id" or table is t.attachment]
    values = dict.fromkeys(columns)
    text = _text((statement if statement is not None else insert(table)).values(values))
    one = "(" + ", ".join("?" * len(columns)) + ")"
    assert text.count(f"VALUES {one}") == 1, text  # noqa: S101  # checked when the module is read, not while it works
    return ManyRows(len(columns), text.replace(f"VALUES {one}", "VALUES {rows}"))


def _projection(table: Table, key: str) -> ManyRows:
    """Insert, or replace what is there when it is older."""
    base = insert(table)
    new = base.excluded
    values = {column.name: new[column.name] for column in table.columns if column.name != key}
    return _insert(table, base.on_conflict_do_update(index_elements=[key], set_=values, where=table.c.seq < new.seq))


def _once(table: Table, *key: str) -> ManyRows:
    """Insert unless the key is there."""
    return _insert(table, insert(table).on_conflict_do_nothing(index_elements=key))


def _reopened() -> ManyRows:
    """A task that is there is brought up to date; one that was closed begins anew."""
    base = insert(t.task)
    new = base.excluded
    values: dict[str, Any] = {name: new[name] for name in ("kind", "subject", "due_at", "address", "data", "closed_at")}
    values["opened_at"] = case((t.task.c.closed_at.is_(None), t.task.c.opened_at), else_=new.opened_at)
    return _insert(t.task, base.on_conflict_do_update(index_elements=["key"], set_=values))


_INBOX = _insert(t.inbox)
_TURN = _insert(t.turn)
_FIRED = _insert(t.fired)
_EVENT = _insert(t.ticket_event)
_SESSION = _projection(t.session, "address")
_TICKET = _projection(t.ticket, "number")
_REPORTER = _once(t.reporter, "ticket", "address")
_PUSH = _once(t.push, "key")
_ATTACHMENT = _insert(t.attachment)
_TASK = _reopened()
_FAILURE = _insert(t.code_failure)
_TIMER = ManyRows(
    5,
    # A timer that has fired is never set again: the same key means the same thing.
    "INSERT INTO timer (kind, subject, level, due_at, address)"
    " SELECT n.column1, n.column2, n.column3, n.column4, n.column5 FROM (VALUES {rows}) AS n"
    " WHERE NOT EXISTS (SELECT 1 FROM fired AS f WHERE f.kind = n.column1 AND f.subject = n.column2"
    " AND f.level = n.column3 AND f.due_at = n.column4)"
    " ON CONFLICT (kind, subject, level, due_at) DO NOTHING",
)
_IN_LINE = "o.state IN ('waiting', 'ready', 'resting', 'sending')"  # word for word as in the partial index
_NEXT_IN_LINE = ManyRows(
    1,
    "UPDATE push SET state = 'ready' WHERE id IN (SELECT (SELECT min(o.id) FROM push AS o"
    f" WHERE o.address = n.column1 AND o.state = 'waiting' AND {_IN_LINE}) FROM (VALUES {{rows}}) AS n WHERE NOT EXISTS"
    " (SELECT 1 FROM push AS o WHERE o.address = n.column1 AND o.state IN ('ready', 'resting', 'sending')"
    f" AND {_IN_LINE}))",
)
_PUSH_ADDRESS = 1  # where the address stands in a row of `push`, which begins with its key

# Not "(kind, subject) IN (VALUES ...)": SQLite searches no clustered table that way, it reads all of it.
_CANCEL = ManyRows(1, "DELETE FROM timer WHERE kind = ? AND subject IN ({rows})")

_UNSET = "DELETE FROM timer WHERE kind = ? AND subject = ? AND level = ? AND due_at = ?"
_CLOSE = "UPDATE task SET closed_at = ? WHERE key = ? AND closed_at IS NULL"
_MOVE = "UPDATE attachment SET draft = ?, ticket = ? WHERE id = ?"
_FILE = "UPDATE attachment SET ticket = ? WHERE draft = ? AND draft <> '' AND ticket = '' AND state <> 'dropped'"
_DROP = "UPDATE attachment SET state = 'dropped' WHERE draft = ? AND draft <> '' AND ticket = ''"
_TOLD = "UPDATE push SET state = 'told', settled_at = ? WHERE id = ? AND state = 'kept'"


def write(connection: sqlite3.Connection, batch: Batch) -> None:
    """Write a batch inside the transaction that is open. Raises whatever the driver raises.

    Fences come first, so that a lost race costs little; rows are sorted by key, so that two workers would lock in one
    order and neighbours in a table are written together.
    """
    if batch.inbox:
        _INBOX.run(connection, _sorted(batch.inbox))
    if batch.turns:
        _TURN.run(connection, _sorted(batch.turns))
    if batch.fired:
        _FIRED.run(connection, batch.fired)
        connection.executemany(_UNSET, [row[:4] for row in batch.fired])
    if batch.events:
        _EVENT.run(connection, _sorted(batch.events))
    if batch.sessions:
        _SESSION.run(connection, _by_key(batch.sessions))
    if batch.tickets:
        _TICKET.run(connection, _by_key(batch.tickets))
    if batch.reporters:
        _REPORTER.run(connection, _sorted(batch.reporters))
    for kind in sorted(batch.cancelled):
        _CANCEL.run(connection, [(subject,) for subject in sorted(batch.cancelled[kind])], kind)
    if batch.timers:
        _TIMER.run(connection, list(chain.from_iterable(_by_key(batch.timers))))
    if batch.pushes:
        _PUSH.run(connection, batch.pushes)  # as they came: their ids are their order
        next_in_line(connection, sorted({row[_PUSH_ADDRESS] for row in batch.pushes}))
    _rare(connection, batch)


def _rare(connection: sqlite3.Connection, batch: Batch) -> None:
    """What few batches have."""
    if batch.attachments:
        _ATTACHMENT.run(connection, batch.attachments)
    for sql, rows in ((_MOVE, batch.moved), (_FILE, batch.filed), (_DROP, batch.dropped), (_CLOSE, batch.closed)):
        if rows:
            connection.executemany(sql, rows)
    if batch.tasks:
        _TASK.run(connection, _by_key(batch.tasks))
    if batch.failures:
        _FAILURE.run(connection, batch.failures)
    if batch.told:
        connection.executemany(_TOLD, batch.told)


def next_in_line(connection: sqlite3.Connection, addresses: Sequence[str]) -> None:
    """Let the oldest waiting push of each of these people come forward, where none is in front of it."""
    _NEXT_IN_LINE.run(connection, [(address,) for address in addresses])


def _first_two(row: Row) -> Row:
    return row[:2]


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=_first_two) if len(rows) > 1 else rows


def _by_key(rows: dict[Any, Any]) -> list[Any]:
    return [rows[key] for key in sorted(rows)]


def taken(connection: sqlite3.Connection, sql: str, keys: Iterable[Row]) -> list[Row]:
    """The rows of ``sql`` (with ``{rows}`` in it) for those keys that exist already."""
    rows: list[Row] = []
    wanted = list(keys)
    for begin in range(0, len(wanted), _MOST):
        part = wanted[begin : begin + _MOST]
        one = "(" + ", ".join("?" * len(part[0])) + ")"
        text = sql.replace("{rows}", ", ".join([one] * len(part)))
        rows += connection.execute(text, list(chain.from_iterable(part))).fetchall()
    return rows
