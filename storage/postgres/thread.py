"""Connections to PostgreSQL, each in a thread of its own, opened when they are needed and again when they are lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg

from storage.postgres.driver import PostgresDriver, connected
from storage.postgres.faults import POSTGRES

_T = TypeVar("_T")


class PostgresThread:
    """A connection, or the next one after it was lost. ``ready`` is called with each new one before it is used."""

    faults = POSTGRES

    def __init__(self, url: str, ready: Callable[[PostgresDriver], None] | None = None) -> None:
        self.url = url
        self._ready = ready
        self._thread = ThreadPoolExecutor(1, "minsheng-postgres")
        self._driver: PostgresDriver | None = None

    async def run(self, work: Callable[[PostgresDriver], _T]) -> _T:
        """What the work returns or raises; it goes on to its end even if nobody waits for it any more."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._done, work)

    async def move_log(self, how: str) -> None:
        """The server looks after its own log."""

    async def close(self) -> None:
        """After the work that is under way."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._lose)
        self._thread.shutdown(wait=False)

    # -- in the thread ---------------------------------------------------------------------------------------------

    def _done(self, work: Callable[[PostgresDriver], _T]) -> _T:
        driver = self._driver
        if driver is None:
            driver = self._driver = PostgresDriver(self._connected(), self._connected)
        driver.mend()
        try:
            return work(driver)
        except POSTGRES.any:
            # What is left open would be in the way of the next; a connection that is lost is opened again then.
            with contextlib.suppress(psycopg.Error):
                if driver.in_transaction:
                    driver.connection.rollback()
            raise

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        driver = connected(self.url)
        try:
            if self._ready is not None:
                self._ready(driver)
        except BaseException:
            driver.connection.close()
            raise
        return driver.connection

    def _lose(self) -> None:
        if self._driver is not None:
            with contextlib.suppress(psycopg.Error):
                self._driver.connection.close()
            self._driver = None
