"""What can be done on PostgreSQL about bytes nobody reads any more.

A deleted row's space is given free by VACUUM, and written over when it is used again; that it is wiped at once only a
``VACUUM FULL`` or a dump and a restore can promise. The server's log, its archive and its backups are its keeper's
(docs/privacy.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from bot.domain import search as terms
from bot.errors import StoreUnavailable
from storage.driver import Driver
from storage.forgetting import Digest
from storage.personal import Rest
from storage.postgres.driver import connected
from storage.postgres.faults import POSTGRES
from storage.postgres.thread import PostgresThread
from storage.reapplying import Reapplied, apply_to
from storage.search import said_of
from storage.sweeping import walked_tables
from storage.writer import Writer

_INDEX = "INSERT INTO search_words (rowid, terms) VALUES (?, ?)"
_INDEXED_AGAIN = (
    "DELETE FROM search_words",
    "DELETE FROM search_queue",
    "INSERT INTO search_queue (ticket, seq) SELECT ticket, seq FROM ticket_event"
    " WHERE seq = 1 OR instr(data, '\"text\"') > 0",
)
_OTHERS = ("turn", "session", "erasure", "search_queue", "search_words")


class PostgresClearing:
    """`storage.personal.Clearing` on a server. VACUUM has a connection of its own: it keeps nobody waiting."""

    def __init__(self, writer: Writer, url: str) -> None:
        self._writer = writer
        self._url = url

    def size(self) -> int:
        """0: compacting is in nobody's way."""
        return 0

    async def clear_search(self, numbers: Sequence[str], rest: Rest) -> None:
        """Let new terms of these tickets take the place of the old ones."""

        def exchange(connection: Driver) -> None:
            for number in numbers:
                place = terms.place(number)
                if place is not None:
                    connection.execute("DELETE FROM search_words WHERE rowid = ?", (place,))
                    said = said_of(connection, number)
                    if said:
                        connection.execute(_INDEX, (place, " ".join(terms.terms(said))))

        if numbers:
            await self._writer.run(exchange)

    async def compact(self) -> bool:
        """Give free what was deleted. Raises StoreUnavailable."""
        thread = PostgresThread(self._url)
        try:
            for name in (*(table.name for table in walked_tables()), *_OTHERS):
                await thread.run(partial(_vacuum, name))
        except POSTGRES.any as error:
            raise StoreUnavailable(why=POSTGRES.name(error)) from error
        finally:
            await thread.close()
        return True


def _vacuum(name: str, driver: Driver) -> None:
    driver.execute(f'VACUUM "{name}"')


def reapply(url: str, digest: Digest, listed: Mapping[str, datetime], made_at: datetime, now: datetime) -> Reapplied:
    """`storage.reapplying.reapply` on a server, before any worker starts on it. Raises StoreUnavailable."""
    try:
        driver = connected(url)
        try:
            done = apply_to(driver, digest, listed, made_at, now)
            if done.people:
                for statement in (*_INDEXED_AGAIN, "VACUUM FULL"):
                    driver.execute(statement)
        finally:
            driver.connection.close()
    except POSTGRES.any as error:
        raise StoreUnavailable(why=POSTGRES.name(error)) from error
    return done
