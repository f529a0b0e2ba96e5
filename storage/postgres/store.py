"""The store on PostgreSQL: for several workers on several machines."""

from __future__ import annotations

from bot.errors import ConfigurationError
from bot.ports import Clock
from storage.postgres.faults import POSTGRES
from storage.postgres.preparing import prepare
from storage.postgres.readers import PostgresReaders
from storage.postgres.reports import PostgresReports
from storage.postgres.thread import PostgresThread
from storage.sql_store import SqlStore
from storage.writer import BATCH_MAX, Writer

SCHEMES = ("postgresql://", "postgres://")


def is_postgres(url: str) -> bool:
    """Whether a setting names a PostgreSQL server."""
    return url.startswith(SCHEMES)


class PostgresStore(SqlStore):
    """`bot.ports.Store` on a PostgreSQL database. Made by `open`."""

    def __init__(self, thread: PostgresThread, readers: PostgresReaders, clock: Clock, batch_max: int) -> None:
        super().__init__(Writer(thread, batch_max), readers, clock)
        self.reports = PostgresReports(readers)
        self._thread = thread

    @classmethod
    async def open(
        cls, url: str, *, clock: Clock, batch_max: int = BATCH_MAX, must_answer: bool = False
    ) -> PostgresStore:
        """Connect, and bring the schema up to date.

        A server that does not answer now may do so later: until then what is asked raises StoreUnavailable. With
        ``must_answer`` that is a ConfigurationError, as is a database of somebody else. The URL, which may hold a
        password, is never in an error.
        """
        thread = PostgresThread(url, prepare)
        try:
            await thread.run(lambda _driver: None)
        except POSTGRES.any as error:
            if must_answer or not POSTGRES.passing(error):
                await thread.close()
                why = f"this database cannot be opened: {POSTGRES.name(error)}"
                raise ConfigurationError("storage.url", why) from None
        except BaseException:
            await thread.close()
            raise
        store = cls(thread, PostgresReaders(url), clock, batch_max)
        store._writer.start()
        return store

    async def close(self) -> None:
        """Write what waits, close everything."""
        try:
            await self._readers.close()
        finally:
            await self._writer.close()
