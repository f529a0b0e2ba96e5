"""What SQLite needs so that not a byte is left of what was deleted: in the search index, in free space, in the log.

``secure_delete`` wipes what is deleted where it stands. It does not reach copies that a B-tree left in the free space
of a page when it was balanced before; only writing every page anew does (measured: `docs/privacy.md`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from bot.domain import search as terms
from bot.errors import StoreUnavailable
from storage.driver import Driver
from storage.opening import reading
from storage.personal import Rest
from storage.search import said_of
from storage.writer import Writer

MERGED = 16
"""So many pages of the search index are merged in one transaction: some milliseconds."""

_BUSY_MS = 10_000
_VOCABULARY = "CREATE VIRTUAL TABLE temp.every_term USING fts5vocab(main, search_words, instance)"
_TERMS = "SELECT doc, term FROM temp.every_term WHERE doc IN ({marks})"
_DELETE = "INSERT INTO search_words (search_words, rowid, terms) VALUES ('delete', ?, ?)"
_INSERT = "INSERT INTO search_words (rowid, terms) VALUES (?, ?)"
_MERGE = "INSERT INTO search_words (search_words, rank) VALUES ('merge', ?)"


class SqliteClearing:
    """`storage.personal.Clearing` on one file."""

    def __init__(self, writer: Writer, path: Path) -> None:
        self._writer = writer
        self._path = path

    def size(self) -> int:
        """Bytes of the file."""
        return self._path.stat().st_size

    async def clear_search(self, numbers: Sequence[str], rest: Rest) -> None:
        """Take every term of these tickets out of the index, put those in that stand there now, and merge all parts of
        the index into one, for only then what was taken out is gone. Raises StoreUnavailable."""
        places = [place for number in numbers if (place := terms.place(number)) is not None]
        if not places:
            return
        try:
            old = await asyncio.to_thread(_terms_of, self._path, places)
        except sqlite3.Error as error:
            raise StoreUnavailable(why=error.sqlite_errorname) from error
        await self._writer.run(partial(_exchange, old=old, places=places))
        await self._writer.run(lambda connection: connection.execute(_MERGE, (-MERGED,)).rowcount)
        while await self._writer.run(_merged):
            await rest()

    async def compact(self) -> bool:
        """Write every page anew, then move the log into the file and cut it off."""
        try:
            await self._writer.outside(lambda connection: connection.execute("VACUUM"))
            return await self._writer.outside(_log_cut)
        except sqlite3.Error as error:
            raise StoreUnavailable(why=error.sqlite_errorname) from error


def cleared_search(connection: sqlite3.Connection) -> None:
    """Begin the index anew, where nobody waits: what is in the tickets is indexed again as if it were new."""
    connection.execute("INSERT INTO search_words (search_words) VALUES ('delete-all')")
    connection.execute("DELETE FROM search_queue")
    connection.execute("DELETE FROM search_mark")


def _terms_of(path: Path, places: Sequence[int]) -> dict[int, str]:
    """All terms that the index has for these places. One look through the whole index."""
    with closing(reading(path, _BUSY_MS)) as connection:
        connection.execute("PRAGMA query_only=OFF")  # the file is opened to be read only; the table is a temporary one
        connection.execute(_VOCABULARY)
        found: dict[int, list[str]] = {}
        for begin in range(0, len(places), 500):
            part = places[begin : begin + 500]
            for place, term in connection.execute(_TERMS.format(marks=", ".join("?" * len(part))), part):
                found.setdefault(place, []).append(term)
    return {place: " ".join(said) for place, said in found.items()}


def _exchange(connection: Driver, old: dict[int, str], places: Sequence[int]) -> None:
    """Old terms for those that stand in the tickets now, inside the transaction that is open."""
    connection.executemany(_DELETE, list(old.items()))
    for place in sorted(old):
        said = said_of(connection, terms.number_at(place))
        if said:
            connection.execute(_INSERT, (place, " ".join(terms.terms(said))))


def _merged(connection: Driver) -> bool:
    """Merge a little; whether there is more."""
    counted: Callable[[], int] = partial(_changes, connection)
    before = counted()
    connection.execute(_MERGE, (MERGED,))
    return counted() - before >= 2  # as SQLite says it: less than two changes mean that nothing was left to do


def _changes(connection: Any) -> int:
    return int(connection.execute("SELECT total_changes()").fetchone()[0])


def _log_cut(connection: Any) -> bool:
    """Whether the log is empty; somebody who reads an old state may be in the way."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
