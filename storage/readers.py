"""Connections that only read.

A look-up by key takes some ten microseconds from a page in memory, far less than handing it to a thread and back while
the event loop is busy; so look-ups are done at once, and everything longer in a few threads. On SQLite a reader never
waits for the writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import StoreUnavailable
from storage.opening import reading

_T = TypeVar("_T")
Row = tuple[Any, ...]
_THREADS = 2


class Readers:
    """One connection for look-ups by key, and some threads with a connection each for questions that take longer."""

    def __init__(self, path: Path, busy_ms: int) -> None:
        """Open them. Raises sqlite3.Error."""
        self._open = partial(reading, path, busy_ms)
        self._quick = self._open()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="minsheng-reader")
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = [self._quick]
        self._closed = False

    def row(self, sql: str, variables: Sequence[object]) -> Row | None:
        """The first row, at once. Only for look-ups by key. Raises StoreUnavailable."""
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

    async def ask(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        """The answer to a longer question, which sees one state of the database. Raises StoreUnavailable."""
        if self._closed:
            raise StoreUnavailable(why="closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)

    def _answer(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
            if connection is None:
                connection = self._mine.connection = self._open()
                self._all.append(connection)
            connection.execute("BEGIN")
            try:
                return question(connection)
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreUnavailable(why=getattr(error, "sqlite_errorname", type(error).__name__)) from error

    def close(self) -> None:
        """Close all of them, after the questions that are being answered."""
        self._closed = True
        self._threads.shutdown()
        for connection in self._all:
            connection.close()
