"""The store on SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.ports.leasing import Standing
from storage import leases
from storage.compacting import SqliteClearing
from storage.connection import Connection
from storage.opening import FolderLock, prepare, writing
from storage.personal import Personal
from storage.readers import Readers
from storage.reports import Reports
from storage.sql_store import SqlStore
from storage.writer import BATCH_MAX, Writer

FILE = "minsheng.db"
BUSY_MS = 3000
"""Milliseconds to wait for somebody else's lock: less than a platform waits for us."""


def database_file(url: str, data_dir: Path) -> Path:
    """Where the database is: a path, a ``sqlite:///path`` URL, or "" for the usual file in the data folder.

    Raises ConfigurationError for anything else; the URL, which may hold a password, is not in it.
    """
    if not url:
        return data_dir / FILE
    if "://" not in url:
        return Path(url)
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError("storage.url", "this is not a database URL") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigurationError("storage.url", "only sqlite:///FILE is supported")
    return Path(parsed.database)


class SqliteStore(SqlStore):
    """`bot.ports.Store` on one SQLite file. Made by `open`."""

    path: Path
    reports: Reports

    def __init__(self, writer: Writer, readers: Readers, clock: Clock, lock: FolderLock, path: Path) -> None:
        super().__init__(writer, readers, clock)
        self.reports = Reports(readers, path)
        self.personal = Personal(writer, readers, SqliteClearing(writer, path), self.reader.forgotten)
        self.path = path
        self._lock = lock
        self._alone_with_leases = False

    @classmethod
    async def open(
        cls,
        url: str,
        data_dir: Path,
        *,
        clock: Clock,
        batch_max: int = BATCH_MAX,
        busy_ms: int = BUSY_MS,
        patience: float = 5.0,
    ) -> SqliteStore:
        """Lock the data folder, bring the schema up to date, open the connections.

        ``batch_max`` change-sets share a commit at most; 1 means one commit each. ``patience`` is how many seconds to
        wait for a process that is just leaving. Raises ConfigurationError.
        """
        path = database_file(url, data_dir)
        lock = await asyncio.to_thread(FolderLock, path.parent, patience)
        try:
            await asyncio.to_thread(prepare, path)
            writer = Writer(await Connection.opened(partial(writing, path, busy_ms)), batch_max)
            readers = Readers(path, busy_ms)
        except sqlite3.Error as error:
            lock.release()
            raise ConfigurationError(str(path), f"this database cannot be opened: {error}") from error
        except BaseException:
            lock.release()
            raise
        store = cls(writer, readers, clock, lock, path)
        writer.start()
        await store.reader.prepare()
        return store

    async def keep_leases(self, owner: str, names: Collection[str], ttl: timedelta) -> Standing:
        """See `storage.sharing.Sharing`. The folder is ours alone: whoever had leases before us is gone."""
        if not self._alone_with_leases:
            await self._writer.run(leases.expire)
            self._alone_with_leases = True
        return await super().keep_leases(owner, names, ttl)

    async def close(self) -> None:
        """Write what waits, move the log into the database, close everything, let others have the data folder."""
        try:
            await self._readers.close()
            await self._writer.close()
        finally:
            self._lock.release()
