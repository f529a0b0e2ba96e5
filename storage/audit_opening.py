"""A way to the chained record for the command line, beside a running desk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.errors import ConfigurationError
from storage.driver import Driver
from storage.opening import reading
from storage.reports import check_database
from storage.store import database_file
from storage.stores import shared

_BUSY_MS = 10_000


@contextmanager
def opened(url: str, data: Path) -> Iterator[Driver]:
    """The database, in one state of it, to be read only. Raises ConfigurationError when it cannot be read."""
    if shared(url):
        with _postgres(url) as driver:
            yield driver
        return
    path = database_file(url, data)
    check_database(path)
    try:
        with closing(reading(path, _BUSY_MS)) as connection:
            connection.execute("BEGIN")
            yield connection
    except sqlite3.Error as error:
        raise ConfigurationError(str(path), f"this database cannot be read: {error}") from error


@contextmanager
def _postgres(url: str) -> Iterator[Driver]:
    from storage.postgres.driver import connected  # its driver takes a while to load
    from storage.postgres.faults import POSTGRES

    try:
        driver = connected(url)
        with closing(driver.connection):
            driver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield driver
    except POSTGRES.any as error:
        why = f"this database cannot be read: {POSTGRES.name(error)}"
        raise ConfigurationError("storage.url", why) from None
