"""The store that the settings name, whichever database it is on."""

from __future__ import annotations

from pathlib import Path

from bot.ports import Clock
from storage.sql_store import SqlStore
from storage.store import SqliteStore
from storage.writer import BATCH_MAX

POSTGRES = ("postgresql://", "postgres://")


def shared(url: str) -> bool:
    """Whether several workers on several machines may use the database of that address at the same time."""
    return url.startswith(POSTGRES)


async def open_store(
    url: str, data: Path, *, clock: Clock, batch_max: int = BATCH_MAX, listen_url: str = ""
) -> SqlStore:
    """The store of a running desk. ``listen_url``: where one listens to other workers, "" where ``url`` leads.

    Raises ConfigurationError.
    """
    if not shared(url):
        return await SqliteStore.open(url, data, clock=clock, batch_max=batch_max)
    from storage.postgres.store import PostgresStore  # its driver takes a while to load

    store = await PostgresStore.open(url, clock=clock, batch_max=batch_max)
    store.listen(listen_url or url)
    return store
