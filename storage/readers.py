"""Connections that only read.

A look-up by key takes some ten microseconds from a page in memory, far less than handing it to a thread and back while
the event loop is busy; so look-ups are done at once, and everything longer by aiosqlite in threads of its own. On
SQLite a reader never waits for the writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import StoreUnavailable
from storage.connection import Connection
from storage.opening import reading

_T = TypeVar("_T")
Row = tuple[Any, ...]
_AT_ONCE = 2
_LONG_AT_ONCE = 1
_LOOK_UP = 50_000
"""After so many steps of SQLite a long question sees whether it is still wanted."""


class Readers:
    """One connection for look-ups by key, and a few with a thread each for questions that take longer."""

    def __init__(self, path: Path, busy_ms: int) -> None:
        """Open the first; the others are opened when they are needed. Raises sqlite3.Error."""
        self._open = partial(reading, path, busy_ms)
        self._quick = self._open()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._long = asyncio.Semaphore(_LONG_AT_ONCE)
        self._idle: list[Connection] = []
        self._closed = False

    async def row(self, sql: str, variables: Sequence[object]) -> Row | None:
        """The first row, at once: nothing else happens meanwhile. Only for look-ups by key. Raises StoreUnavailable."""
        if self._closed:
            raise StoreUnavailable(why="closed")
        try:
            found: Row | None = self._quick.execute(sql, variables).fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(why=error.sqlite_errorname) from error
        return found

    async def rows(self, sql: str, variables: Sequence[object] = ()) -> list[Row]:
        """All rows, from a thread. Raises StoreUnavailable."""
        return await self.ask(lambda connection: connection.execute(sql, variables).fetchall())

    async def ask(self, question: Callable[[sqlite3.Connection], _T], *, long: bool = False) -> _T:
        """The answer to a longer question, which sees one state of the database. Raises StoreUnavailable.

        ``long``: it may take seconds; such questions wait for each other, and keep nobody else waiting.
        """
        if self._closed:
            raise StoreUnavailable(why="closed")
        slots = self._long if long else self._slots
        await slots.acquire()
        try:
            connection = self._idle.pop() if self._idle else await Connection.opened(self._open)
        except BaseException as error:
            slots.release()
            if isinstance(error, sqlite3.Error):
                raise _unavailable(error) from error
            raise
        asking = partial(self._patiently, question) if long else partial(_answer, question)
        asked = asyncio.get_running_loop().create_task(connection.run(asking))
        # Whoever gives up goes at once; the thread may still be at it, and till then nobody else uses the connection.
        asked.add_done_callback(partial(self._come_back, connection, slots))
        try:
            return await asyncio.shield(asked)
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def _come_back(self, connection: Connection, slots: asyncio.Semaphore, asked: asyncio.Task[Any]) -> None:
        if not asked.cancelled():
            asked.exception()  # heard, even if nobody waits for it any more
        self._idle.append(connection)
        slots.release()

    def _patiently(self, question: Callable[[sqlite3.Connection], _T], connection: sqlite3.Connection) -> _T:
        """Broken off (sqlite3.OperationalError) when the readers are closed meanwhile."""
        connection.set_progress_handler(lambda: self._closed, _LOOK_UP)
        try:
            return _answer(question, connection)
        finally:
            connection.set_progress_handler(None, 0)

    async def close(self) -> None:
        """Close all of them, after the questions that are being answered."""
        self._closed = True
        for _ in range(_AT_ONCE):
            await self._slots.acquire()
        await self._long.acquire()  # what is under way there is broken off
        self._quick.close()
        while self._idle:
            await self._idle.pop().close()


def _answer(question: Callable[[sqlite3.Connection], _T], connection: sqlite3.Connection) -> _T:
    connection.execute("BEGIN")
    try:
        return question(connection)
    finally:
        connection.execute("ROLLBACK")


def _unavailable(error: sqlite3.Error) -> StoreUnavailable:
    return StoreUnavailable(why=getattr(error, "sqlite_errorname", type(error).__name__))
