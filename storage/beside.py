"""A way to the database for the command line: the store itself, or beside the process that holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
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
from storage.reports import Reports, SqlReports, check_database
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

    While another process holds the folder, changes go to ``hand_in`` with that folder; a database that is shared takes
    them itself. Raises ConfigurationError.
    """
    async with AsyncExitStack() as opened:
        if shared(url):
            from storage.postgres.store import PostgresStore  # its driver takes a while to load

            common = await PostgresStore.open(url, clock=clock, must_answer=True)
            opened.push_async_callback(common.close)
            asked = await opened.enter_async_context(_asking(url, data))
            yield Access(common.reader, lambda: _waiting(asked, clock.now()), common.commit)
            return
        path = database_file(url, data)
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


@asynccontextmanager
async def reports(url: str, data: Path) -> AsyncIterator[SqlReports]:
    """What operators ask, beside the processes that work. Raises ConfigurationError."""
    if not shared(url):
        async with aclosing(Reports.opened(database_file(url, data))) as found:
            yield found
        return
    from storage.postgres.reports import PostgresReports  # its driver takes a while to load

    async with _asking(url, data) as readers:
        yield PostgresReports(readers)


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


async def _waiting(readers: Questions, now: datetime) -> list[Invitation]:
    """Invitations nobody has used and that still count, in the order in which they were made."""
    found = [read_invitation(body) for (body,) in await readers.rows(_UNUSED)]
    return [invitation for invitation in found if invitation.expires_at > now]
