"""Many tickets at once into a database that nobody uses yet, as fast as it goes.

What a ticket and what hangs on it look like as rows is said here once more, for plain numbers instead of values: whole
years are written, and making each value would cost as much as its row. A test holds these rows against those of
`storage.rows`. Indexes are made at the end, all at once.
"""

# ruff: noqa: S608  # only names of tables are put into the texts; values are variables
from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from bot.changes import Changes
from storage import schema
from storage.audit_beginning import begin
from storage.batch import batch_of
from storage.many_rows import insertion
from storage.opening import prepare
from storage.rows import rows_of
from storage.statements import write

Row = tuple[Any, ...]

TABLES = ("ticket", "ticket_event", "reporter", "review", "finding", "link", "timer", "task", "search_queue")
"""Tables that are written so."""


class Sheet:
    """Rows for each of `TABLES`. Moments are microseconds since 1970; JSON is text, with nothing in it that a database
    would not take."""

    __slots__ = TABLES

    def __init__(self) -> None:
        self.ticket: list[Row] = []
        self.ticket_event: list[Row] = []
        self.reporter: list[Row] = []
        self.review: list[Row] = []
        self.finding: list[Row] = []
        self.link: list[Row] = []
        self.timer: list[Row] = []
        self.task: list[Row] = []
        self.search_queue: list[Row] = []

    def add_ticket(
        self, number: str, seq: int, code: str, alias: str, type_: str, kind: str, status: str, source: str,
        channel: str, text: str, filed_at: int, area: str, place: str, latitude: float | None, longitude: float | None,
        unit: str, clock: str, dispatched_at: int | None, due_at: int | None, promised_at: int | None,
        closed_at: int | None, handler: str, walled: bool, work: str | None, helpers: str | None, deciding: str | None,
    ) -> None:  # fmt: skip
        """A ticket as it is now. ``helpers`` and ``deciding`` are lists as the table keeps them, ``work`` is JSON."""
        self.ticket.append(
            (
                number, seq, code, alias, type_, kind, status, source, channel, text, filed_at, area, place, area,
                place, latitude, longitude, None, unit, False, "", clock, False, dispatched_at, due_at, promised_at,
                closed_at, handler, walled, work, helpers, None, deciding,
            )
        )  # fmt: skip

    def add_step(self, number: str, seq: int, at: int, action: str, status: str, by: str, data: str = "{}") -> None:
        """A step of its life."""
        self.ticket_event.append((number, seq, at, action, status, by, data))

    def add_words(self, number: str, seq: int) -> None:
        """That a step after the first brought words to be found."""
        self.search_queue.append((number, seq))

    def add_reporter(self, number: str, address: str, role: str, since: int) -> None:
        """Whom it belongs to."""
        self.reporter.append((number, address, role, since))

    def add_review(
        self, number: str, round_: int, party: str, address: str, verdict: str, finished: str, rating: int | None,
        words: str, asked_at: int | None, at: int,
    ) -> None:  # fmt: skip
        """What a party said of an answer."""
        self.review.append(
            (number, round_, party, address, verdict, finished, rating, words, "[]", address, asked_at, at)
        )

    def add_finding(self, number: str, round_: int, what: str, by: str, text: str, excluded: bool, at: int) -> None:
        """What a supervisor found about an answer."""
        self.finding.append((number, round_, what, by, text, excluded, at))

    def add_link(self, number: str, kind: str, other: str, by: str, at: int) -> None:
        """How it belongs with another ticket."""
        self.link.append((number, kind, other, by, at))

    def add_rung(self, number: str, level: int, at: int) -> None:
        """An alert that is still to come."""
        self.timer.append(("rung", number, level, at, None))

    def add_pooled(self, number: str, opened_at: int, due_at: int, address: str) -> None:
        """That it waits for a unit."""
        self.task.append((f"pool:{number}", "pool", number, opened_at, due_at, address, None, None))

    def packed(self) -> list[list[Row]]:
        """The rows, table by table."""
        return [getattr(self, table) for table in TABLES]


class BulkFile:
    """A new database file that is being filled. `finish` makes it one the desk can open."""

    def __init__(self, path: Path) -> None:
        """Make the file, with all tables and without the indexes that can be made later."""
        prepare(path)
        self._path = path
        self._database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY"):
            self._database.execute(f"PRAGMA {pragma}").fetchone()
        # Indexes of open tickets and the like hold few rows: they may grow as they do in life.
        self._later = self._database.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({_MARKS})"
            " AND sql IS NOT NULL AND sql NOT LIKE '%WHERE%closed_at IS NULL%'",
            TABLES,
        ).fetchall()
        for name, _ in self._later:
            self._database.execute(f'DROP INDEX "{name}"')
        self._insertions = [insertion(schema.metadata.tables[table]) for table in TABLES]
        self._database.execute("BEGIN")

    def write(self, packed: Sequence[Sequence[Row]]) -> None:
        """Add rows: those of `Sheet.packed`. Raises sqlite3.Error."""
        for many, into in zip(packed, self._insertions, strict=True):
            if many:
                into.run(self._database, many)

    def commit(self, changes: Changes) -> None:
        """Add what is not many: staff, for one. Raises sqlite3.Error or Unstorable."""
        assert changes.at is not None  # noqa: S101 - whoever fills a file says when
        write(self._database, batch_of([rows_of(changes, changes.at)]))

    def numbers(self, used: Mapping[date, int]) -> None:
        """Note how many numbers of each day are given, so that none is given twice."""
        rows = [(day.isoformat(), count + 1) for day, count in sorted(used.items())]
        self._database.executemany("INSERT INTO number_block (day, next) VALUES (?, ?)", rows)

    def finish(self) -> None:
        """Make the indexes, and have all of it on the disk. Raises sqlite3.Error or OSError."""
        for _, sql in self._later:
            self._database.execute(sql)
        begin(self._database)
        self._database.execute("COMMIT")
        self._database.execute("PRAGMA journal_mode=WAL").fetchone()
        self.close()
        with open(self._path, "rb+") as file:
            os.fsync(file.fileno())

    def close(self) -> None:
        """Leave the file as it is."""
        self._database.close()


_MARKS = ", ".join("?" * len(TABLES))


def holds_anything(path: Path) -> bool:
    """Whether a database has been used: tickets, people who work there, or messages. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        used = ("ticket", "staff", "inbox", "session") if "ticket" in tables else ()
        return any(database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in used)
