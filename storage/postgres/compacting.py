"""What can be done on PostgreSQL about bytes nobody reads any more.

A deleted row's space is given free by VACUUM, and written over when it is used again; that it is wiped at once only a
``VACUUM FULL`` or a dump and a restore can promise. The server's log, its archive and its backups are its keeper's
(docs/privacy.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.errors import StoreUnavailable
from storage.driver import Driver
from storage.personal import Rest
from storage.postgres.faults import POSTGRES
from storage.postgres.thread import PostgresThread
from storage.sweeping import walked_tables
from storage.writer import Writer

_AGAIN = "INSERT INTO search_queue (ticket, seq) VALUES (?, 1)"


class PostgresClearing:
    """`storage.personal.Clearing` on a server. VACUUM has a connection of its own: it keeps nobody waiting."""

    def __init__(self, writer: Writer, url: str) -> None:
        self._writer = writer
        self._url = url

    def size(self) -> int:
        """0: compacting is in nobody's way."""
        return 0

    async def clear_search(self, numbers: Sequence[str], rest: Rest) -> None:
        """Have these tickets indexed again: there a ticket's new terms take the place of its old ones."""

        def again(connection: Driver) -> None:
            connection.executemany(_AGAIN, [(number,) for number in numbers])

        if numbers:
            await self._writer.run(again)

    async def compact(self) -> bool:
        """Give free what was deleted. Raises StoreUnavailable."""
        thread = PostgresThread(self._url)
        try:
            for name in (*(table.name for table in walked_tables()), "turn", "session", "erasure", "search_queue"):
                await thread.run(partial(_vacuum, name))
        except POSTGRES.any as error:
            raise StoreUnavailable(why=POSTGRES.name(error)) from error
        finally:
            await thread.close()
        return True


def _vacuum(name: str, driver: Driver) -> None:
    driver.execute(f'VACUUM "{name}"')
