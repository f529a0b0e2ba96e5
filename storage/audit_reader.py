"""Questions about the chained record, beside everything else that is read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.domain.audit import BEFORE_ALL, Head
from storage.audit_verify import Report, verify
from storage.driver import Driver, Questions
from storage.opening import reading

_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1"
_NONE = (0, BEFORE_ALL)
_BUSY_MS = 10_000


class AuditReader:
    """The newest entry, and whether all is as it was written."""

    def __init__(self, readers: Questions) -> None:
        self._readers = readers

    async def head(self) -> tuple[int, bytes]:
        """The seq and the hash of the newest entry; 0 while there is none. Raises StoreUnavailable."""
        row = await self._readers.row(_HEAD, ())
        return _NONE if row is None else (row[0], bytes(row[1]))

    async def verify(self, heads: Sequence[Head] = ()) -> Report:
        """Verify all of it; some 10 microseconds an entry. Raises StoreUnavailable."""
        return await self._readers.ask(lambda connection: verify(connection, heads, _quietly), long=True)


def _quietly(_done: int, _of: int) -> None:
    """Nobody watches."""


def head_of(driver: Driver) -> tuple[int, bytes]:
    """The seq and the hash of the newest entry; 0 while there is none. Raises what the driver raises."""
    row = driver.execute(_HEAD).fetchone()
    return _NONE if row is None else (row[0], bytes(row[1]))


def head_of_file(path: Path) -> tuple[int, bytes]:
    """The same of a SQLite database that may be older than the record. Raises sqlite3.Error."""
    with closing(reading(path, _BUSY_MS)) as connection:
        there = "SELECT 1 FROM sqlite_master WHERE name = 'audit_head'"
        return head_of(connection) if connection.execute(there).fetchone() else _NONE
