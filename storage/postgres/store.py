"""The store on PostgreSQL: for several workers on several machines."""

from __future__ import annotations

from collections.abc import Callable

from psycopg.errors import ConnectionTimeout

from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.ports.waking import EVERYTHING, Wake
from storage.driver import Driver
from storage.personal import Personal
from storage.postgres.compacting import PostgresClearing
from storage.postgres.faults import POSTGRES
from storage.postgres.listening import WAKES, Listening
from storage.postgres.preparing import prepare
from storage.postgres.readers import PostgresReaders
from storage.postgres.reports import PostgresReports
from storage.postgres.thread import PostgresThread
from storage.sql_store import SqlStore
from storage.waking import read
from storage.writer import BATCH_MAX, Writer

SCHEMES = ("postgresql://", "postgres://")


def is_postgres(url: str) -> bool:
    """Whether a setting names a PostgreSQL server."""
    return url.startswith(SCHEMES)


DEAF_SECONDS, LISTENING_SECONDS = 1.0, 10.0
"""So long the members of staff are believed to be as they were read, without and with hearing of changes."""

_NOW = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
_NOTIFY = "SELECT pg_notify(?, ?)"


class PostgresStore(SqlStore):
    """`bot.ports.Store` on a PostgreSQL database. Made by `open`."""

    alone = False

    def __init__(self, thread: PostgresThread, readers: PostgresReaders, clock: Clock, batch_max: int) -> None:
        super().__init__(Writer(thread, batch_max), readers, clock)
        self.reports = PostgresReports(readers)
        self.personal = Personal(
            self._writer, readers, PostgresClearing(self._writer, thread.url), self.reader.forgotten
        )
        self._thread = thread
        self._listening: Listening | None = None
        self._heard: list[Callable[[Wake], None]] = []
        self.reader.doubt_kept()
        self.reader.doubt_directory(clock.monotonic, lambda: DEAF_SECONDS if self.deaf else LISTENING_SECONDS)

    @property
    def deaf(self) -> bool:
        """Whether we do not hear what other workers commit; then everybody looks by themselves, a little later."""
        return self._listening is None or self._listening.deaf

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
            if must_answer or not (POSTGRES.passing(error) or isinstance(error, ConnectionTimeout)):
                await thread.close()
                why = f"this database cannot be opened: {POSTGRES.name(error)}"
                raise ConfigurationError("storage.url", why) from None
        except BaseException:
            await thread.close()
            raise
        store = cls(thread, PostgresReaders(url), clock, batch_max)
        store._writer.start()
        return store

    def _moment(self, connection: Driver) -> int:
        """The server's time: clocks of several machines differ."""
        return int(connection.execute(_NOW, ()).fetchone()[0])

    def _notify(self, connection: Driver, text: str) -> None:
        """Heard by the others when this transaction is committed, and only then."""
        if text:
            connection.execute(_NOTIFY, (WAKES, text)).fetchone()

    def hear(self, heard: Callable[[Wake], None]) -> None:
        """Have ``heard`` called for every wake of another worker."""
        self._heard.append(heard)

    def listen(self, url: str) -> None:
        """Begin to listen; the address must lead to the server itself, not to a pooler."""
        self._listening = Listening(url, self._told)
        self._listening.start()

    async def close(self) -> None:
        """Write what waits, close everything."""
        if self._listening is not None:
            await self._listening.close()
        await super().close()

    def _told(self, text: str) -> None:
        wake = read(text) if text else EVERYTHING
        if wake is None or wake.by == self._me:
            return
        if wake.staff:
            self.reader.forget_directory()
        for heard in self._heard:
            heard(wake)
