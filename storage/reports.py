"""What operators ask: all tickets, how much waits, whether the database is well. Works beside a running desk."""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.changes import AttachmentRecord
from bot.domain.ticket import Status, Ticket
from bot.errors import ConfigurationError, StoreUnavailable
from storage.codec import micros, moment
from storage.driver import Driver, Questions
from storage.opening import known, read_revision, wal_reset_risk
from storage.readers import Readers
from storage.schema import REVISION
from storage.values import ATTACHMENT, TICKET, attachment_of, ticket_of

_T = TypeVar("_T")

_TICKETS = (
    f"SELECT {TICKET}, (SELECT count(*) FROM reporter AS r WHERE r.ticket = t.number AND r.role <> 'left')"
    " FROM ticket AS t WHERE t.number > ? ORDER BY t.number LIMIT ?"
)
_STATUSES = (
    # Grouped as the index is sorted, so nothing is sorted anew.
    "SELECT status, sum(count) FROM (SELECT status, count(*) AS count FROM ticket WHERE closed_at IS NULL"
    " GROUP BY unit, status) GROUP BY status"
)
_FILED = "SELECT number, kind, area, unit FROM ticket WHERE number > ? AND filed_at >= ? ORDER BY number LIMIT ?"
_FILED_COUNT = "SELECT count(*) FROM ticket WHERE filed_at >= ?"
_FILES = (
    f"SELECT {ATTACHMENT} FROM attachment AS a WHERE a.ticket >= ? AND a.ticket <= ? AND a.ticket <> ''"
    " ORDER BY a.ticket, a.created_at, a.id"
)
_BACKLOG = (
    # The channel is read out of the address, so that an index answers all of it.
    "SELECT b.channel, b.count, p.created_at FROM (SELECT substr(address, 1, instr(address, ':') - 1) AS channel,"
    " count(*) AS count, min(id) AS oldest FROM push WHERE state IN ('waiting', 'ready', 'resting', 'sending')"
    " GROUP BY 1) AS b JOIN push AS p ON p.id = b.oldest"
)


@dataclass(frozen=True, slots=True)
class TicketReport:
    """A ticket with its files and how many people it belongs to."""

    ticket: Ticket
    attachments: tuple[AttachmentRecord, ...]
    reporters: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Pushes of a channel that could be sent now, and since when the oldest waits."""

    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """How much waits. ``open_tickets`` counts tickets that are not at an end, by status."""

    backlog: Mapping[str, Backlog]
    kept_pushes: int
    pending_media: int
    pending_timers: int
    open_tickets: Mapping[Status, int]
    open_tasks: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Health:
    """What the database says of itself. ``problem`` is "" when its pages are well formed; ``sqlite_version`` is "" on
    another database."""

    sqlite_version: str
    wal_reset_risk: bool
    revision: str
    bytes: int
    problem: str
    server: str = ""


def check_database(path: Path) -> None:
    """Raise ConfigurationError when there is no such file, or not a database of this program as it is now."""
    if not path.is_file():
        raise ConfigurationError(str(path), "there is no database here yet; it is made when the desk first starts")
    found = read_revision(path)
    if not known(path, found):
        raise ConfigurationError(str(path), f"its schema is {found or 'empty'}, this program reads {REVISION}")


class SqlReports(ABC):
    """Questions of operators, answered from connections that only read."""

    @abstractmethod
    async def health(self) -> Health:
        """Whether the database is well. Raises StoreUnavailable."""

    def __init__(self, readers: Questions) -> None:
        self._readers = readers

    async def ask(self, question: Callable[[Driver], _T]) -> _T:
        """The answer to a question of another module of this package. Raises StoreUnavailable."""
        return await self._readers.ask(question)

    async def aclose(self) -> None:
        """Close the connections of `opened`."""
        await self._readers.close()

    async def tickets(self, at_once: int = 500) -> AsyncIterator[TicketReport]:
        """All tickets in the order of their numbers, read in small parts. Raises StoreUnavailable."""
        after = ""
        while True:
            part = await self._readers.ask(partial(_part, after=after, at_once=at_once))
            for report in part:
                yield report
            if len(part) < at_once:
                return
            after = part[-1].ticket.number

    async def filed_count(self, since: datetime | None = None) -> int:
        """How many tickets were filed, all or since a moment. Raises StoreUnavailable."""
        ((count,),) = await self._readers.rows(_FILED_COUNT, (micros(since) if since else 0,))
        return int(count)

    async def filed(
        self, since: datetime | None = None, at_once: int = 2000
    ) -> AsyncIterator[tuple[str, str, str, str]]:
        """Number, kind, area and unit of these tickets, in the order of their numbers. Raises StoreUnavailable."""
        after, begin = "", micros(since) if since else 0
        while True:
            rows = await self._readers.rows(_FILED, (after, begin, at_once))
            for number, kind, area, unit in rows:
                yield number, kind, area, unit
            if len(rows) < at_once:
                return
            after = rows[-1][0]

    async def figures(self) -> Figures:
        """How much waits. Raises StoreUnavailable."""
        return await self._readers.ask(_figures)

    async def alive(self) -> bool:
        """Whether the database answers."""
        try:
            await self._readers.rows("SELECT 1")
        except StoreUnavailable:
            return False
        return True


class Reports(SqlReports):
    """The same of a SQLite file, and how that file is."""

    def __init__(self, readers: Readers, path: Path) -> None:
        super().__init__(readers)
        self._path = path

    @classmethod
    def opened(cls, path: Path) -> Reports:
        """Reports on a database file without opening the store, so beside a running desk too.

        Raises ConfigurationError when there is no such file, or not one of this program.
        """
        check_database(path)
        return cls(Readers(path, busy_ms=5000), path)

    async def health(self) -> Health:
        """Whether the database is well; reads all of it. Raises StoreUnavailable."""
        found = await self._readers.rows("PRAGMA quick_check(1)")
        said = str(found[0][0])
        size = await asyncio.to_thread(lambda: self._path.stat().st_size)
        revision = await asyncio.to_thread(read_revision, self._path)
        return Health(sqlite3.sqlite_version, wal_reset_risk(), revision or "", size, "" if said == "ok" else said)


def _part(connection: Driver, after: str, at_once: int) -> list[TicketReport]:
    rows = connection.execute(_TICKETS, (after, at_once)).fetchall()
    if not rows:
        return []
    files: dict[str, list[AttachmentRecord]] = {}
    for row in connection.execute(_FILES, (rows[0][0], rows[-1][0])).fetchall():
        record = attachment_of(row)
        files.setdefault(record.ticket, []).append(record)
    return [TicketReport(ticket_of(row[:-1]), tuple(files.get(row[0], ())), row[-1]) for row in rows]


def _figures(connection: Driver) -> Figures:
    def count(what: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0])  # constants below

    backlog = {channel: Backlog(n, moment(oldest)) for channel, n, oldest in connection.execute(_BACKLOG)}
    statuses = connection.execute(_STATUSES)
    return Figures(
        backlog=backlog,
        kept_pushes=count("push WHERE state = 'kept'"),
        pending_media=count("attachment WHERE state = 'pending'"),
        pending_timers=count("timer"),
        open_tickets={Status(status): n for status, n in statuses},
        open_tasks=count("task WHERE closed_at IS NULL"),
        quarantined=count("quarantine"),
    )
