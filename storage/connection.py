"""A connection of aiosqlite, asked for a whole piece of work at a time.

aiosqlite runs each statement in the connection's thread and comes back to the event loop in between. A batch has a
dozen statements, and the loop has other things to do: handed over as one call, a transaction is neither slowed by a
busy loop nor open while anybody awaits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Self, TypeVar, cast

import aiosqlite

from storage.faults import SQLITE

_T = TypeVar("_T")
_LAST_MS = 200
_CHUNK = 64  # rows that aiosqlite's own cursors would fetch at once; ours fetch inside the work


class Connection(aiosqlite.Connection):
    """One connection in a thread of its own. Made by `opened`; `close` it in the end."""

    faults = SQLITE

    @classmethod
    async def opened(cls, connect: Callable[[], sqlite3.Connection]) -> Self:
        """Open it in its thread. Raises what ``connect`` raises."""
        connection = cls(connect, _CHUNK)
        connection._thread.daemon = True  # a process that fails before it closes the store must still come to its end
        await connection
        return connection

    async def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What the work returns or raises; it goes on to its end even if nobody waits for it any more."""
        return cast(_T, await self._execute(work, self._conn))  # type: ignore[no-untyped-call]  # aiosqlite's own door

    async def move_log(self, how: str) -> None:
        """Move the log into the database (``PRAGMA wal_checkpoint``). When it fails nothing is lost: the log is whole,
        and read at the next start. Raises sqlite3.Error where only a new start can tell what is on the disk."""

        def move(connection: sqlite3.Connection) -> None:
            if how == "TRUNCATE":  # at the end, when nobody waits any more for somebody else's lock
                connection.execute(f"PRAGMA busy_timeout={_LAST_MS}")
            connection.execute(f"PRAGMA wal_checkpoint({how})").fetchall()

        try:
            await self.run(move)
        except sqlite3.Error as error:
            if SQLITE.broken(error):
                raise
