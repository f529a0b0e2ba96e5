"""Questions to PostgreSQL, from a few connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from bot.errors import StoreUnavailable
from storage.driver import Driver, Row
from storage.postgres.dialect import READ
from storage.postgres.driver import PostgresDriver
from storage.postgres.faults import POSTGRES
from storage.postgres.thread import PostgresThread

_T = TypeVar("_T")

_QUICK, _AT_ONCE, _LONG_AT_ONCE = 4, 2, 1
"""Connections for look-ups by key, for questions, and for those that take seconds. A pooler can make fewer of them."""

_SECONDS, _LONG_SECONDS = 8, 120


class PostgresReaders:
    """`storage.driver.Questions` on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._quick = _Pool(url, _QUICK)
        self._slots = _Pool(url, _AT_ONCE)
        self._long = _Pool(url, _LONG_AT_ONCE)

    async def row(self, sql: str, variables: Sequence[object]) -> Row | None:
        """The first row. Raises StoreUnavailable."""
        found: Row | None = await self._quick.run(lambda driver: driver.execute(sql, variables).fetchone())
        return found

    async def rows(self, sql: str, variables: Sequence[object] = ()) -> list[Row]:
        """All rows. Raises StoreUnavailable."""
        # One statement sees one state by itself, so nothing need be opened and closed around it.
        return await self._quick.run(lambda driver: driver.execute(sql, variables).fetchall())

    async def ask(self, question: Callable[[Driver], _T], *, long: bool = False) -> _T:
        """The answer to a longer question, which sees one state of the database. Raises StoreUnavailable."""
        seconds = _LONG_SECONDS if long else _SECONDS

        def answer(driver: PostgresDriver) -> _T:
            driver.execute(READ.format(seconds=seconds))
            try:
                return question(driver)
            finally:
                driver.execute("ROLLBACK")

        return await (self._long if long else self._slots).run(answer)

    async def close(self) -> None:
        """Close all of them, after the questions that are being answered."""
        for pool in (self._quick, self._slots, self._long):
            await pool.close()


class _Pool:
    """So many connections at most, each opened when the others are busy."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._size = size
        self._free = asyncio.Semaphore(size)
        self._idle: list[PostgresThread] = []
        self._closed = False

    async def run(self, work: Callable[[PostgresDriver], _T]) -> _T:
        if self._closed:
            raise StoreUnavailable(why="closed")
        await self._free.acquire()
        thread = self._idle.pop() if self._idle else PostgresThread(self._url)
        asked = asyncio.get_running_loop().create_task(thread.run(work))
        # Whoever gives up goes at once; the thread may still be at it, and till then nobody else uses the connection.
        asked.add_done_callback(partial(self._come_back, thread))
        try:
            return await asyncio.shield(asked)
        except POSTGRES.any as error:
            raise StoreUnavailable(why=POSTGRES.name(error)) from error

    def _come_back(self, thread: PostgresThread, asked: asyncio.Task[Any]) -> None:
        if not asked.cancelled():
            asked.exception()  # heard, even if nobody waits for it any more
        self._idle.append(thread)
        self._free.release()

    async def close(self) -> None:
        self._closed = True
        for _ in range(self._size):
            await self._free.acquire()
        while self._idle:
            await self._idle.pop().close()
