"""A way to the database for the command line: the store itself, or beside the process that holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.changes import Changes
from bot.domain.people import Invitation
from bot.ports import Clock
from storage.codec import read_invitation
from storage.driver import Questions
from storage.forgetting import backlog
from storage.opening import FolderInUse
from storage.reader import SqlReader
from storage.readers import Readers
from storage.reports import check_database
from storage.retention import count_due
from storage.store import SqliteStore, database_file
from storage.stores import shared

BUSY_MS = 5000

_UNUSED = (
    "SELECT body FROM invitation AS i WHERE NOT EXISTS (SELECT 1 FROM invitation_use AS u WHERE u.digest = i.digest)"
    " ORDER BY i.rowid"
)

Commit = Callable[[Changes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Access:
    """Questions, invitations that wait, and how changes are made true."""

    read: SqlReader
    waiting: Callable[[], Awaitable[Sequence[Invitation]]]
    commit: Commit


@asynccontextmanager
async def access(
    url: str, data: Path, clock: Clock, writes: bool, hand_in: Callable[[Path, Changes], Awaitable[None]]
) -> AsyncIterator[Access]:
    """Open the database of a data folder; a database that is missing is made if something will be written.

    While another process holds the folder, changes go to ``hand_in`` with that folder. Raises ConfigurationError.
    """
    path = database_file(url, data)
    async with AsyncExitStack() as opened:
        commit: Commit = partial(hand_in, path.parent)
        if writes:
            with suppress(FolderInUse):
                store = await SqliteStore.open(url, data, clock=clock, patience=0.0)
                opened.push_async_callback(store.close)
                commit = store.commit
        check_database(path)
        readers = Readers(path, BUSY_MS)
        opened.push_async_callback(readers.close)
        yield Access(SqlReader(readers), lambda: _waiting(readers, clock.now()), commit)


@asynccontextmanager
async def reading(url: str, data: Path) -> AsyncIterator[SqlReader]:
    """Questions to the database of a data folder, beside the process that holds it. Raises ConfigurationError."""
    async with _asking(url, data) as readers:
        reader = SqlReader(readers)
        await reader.prepare()
        yield reader


async def erasures_waiting(url: str, data: Path) -> tuple[int, datetime | None]:
    """How many people are being forgotten, and since when the first waits. Raises ConfigurationError."""
    async with _asking(url, data) as readers:
        return await readers.ask(backlog)


async def retention_due(url: str, data: Path, cutoffs: Mapping[str, datetime]) -> Mapping[tuple[str, str], int]:
    """By class and table, of how many rows something would be taken away. Raises ConfigurationError."""
    async with _asking(url, data) as readers:
        return await count_due(readers, cutoffs)


@asynccontextmanager
async def _asking(url: str, data: Path) -> AsyncIterator[Questions]:
    """Connections that only read, to whichever database that is."""
    if shared(url):
        from storage.postgres.readers import PostgresReaders  # its driver takes a while to load

        readers: Questions = PostgresReaders(url)
    else:
        path = database_file(url, data)
        check_database(path)
        readers = Readers(path, BUSY_MS)
    try:
        yield readers
    finally:
        await readers.close()


async def _waiting(readers: Readers, now: datetime) -> list[Invitation]:
    """Invitations nobody has used and that still count, in the order in which they were made."""
    found = [read_invitation(body) for (body,) in await readers.rows(_UNUSED)]
    return [invitation for invitation in found if invitation.expires_at > now]
