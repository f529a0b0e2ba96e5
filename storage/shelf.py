"""Tables that members of staff asked for, where every worker finds them. They are thrown away after an hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storage.codec import micros
from storage.driver import Driver, Questions
from storage.writer import Writer

_NOTE = (
    "INSERT INTO export_job (id, staff, begun_at, body) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET body = excluded.body"
)
_NOTES = "SELECT body FROM export_job WHERE staff = ? ORDER BY begun_at DESC"
_PUT = "INSERT INTO export_part (id, part, content) VALUES (?, ?, ?) ON CONFLICT (id, part) DO NOTHING"
_GET = "SELECT content FROM export_part WHERE id = ? AND part = ?"
_OLD_PARTS = "DELETE FROM export_part WHERE id IN (SELECT id FROM export_job WHERE begun_at < ?)"
_OLD_JOBS = "DELETE FROM export_job WHERE begun_at < ?"


class SqlShelf:
    """`bot.runtime.exporter.Shelf` in the database. Raises StoreUnavailable."""

    def __init__(self, writer: Writer, readers: Questions) -> None:
        self._writer, self._readers = writer, readers

    async def note(self, id_: str, staff: str, begun_at: datetime, body: str) -> None:
        """Keep what is known of a table, in place of what was known before."""
        values = (id_, staff, micros(begun_at), body)
        await self._writer.run(lambda connection: connection.execute(_NOTE, values).rowcount)

    async def notes(self, staff: str) -> Sequence[str]:
        """What is known of somebody's tables, the newest first."""
        return [body for (body,) in await self._readers.rows(_NOTES, (staff,))]

    async def put(self, id_: str, part: int, content: bytes) -> None:
        """Keep a piece of a table."""
        await self._writer.run(lambda connection: connection.execute(_PUT, (id_, part, content)).rowcount)

    async def get(self, id_: str, part: int) -> bytes | None:
        """A piece of a table; None behind the last."""
        row = await self._readers.row(_GET, (id_, part))
        return None if row is None else bytes(row[0])

    async def clear(self, before: datetime) -> None:
        """Throw away tables that were begun before a moment."""

        def clear(connection: Driver) -> None:
            connection.execute(_OLD_PARTS, (micros(before),))
            connection.execute(_OLD_JOBS, (micros(before),))

        await self._writer.run(clear)
