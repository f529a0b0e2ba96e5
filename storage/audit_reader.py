"""Questions about the chained record, beside everything else that is read."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.audit import BEFORE_ALL, Head
from storage.audit_verify import Report, verify
from storage.driver import Questions

_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1"


class AuditReader:
    """The newest entry, and whether all is as it was written."""

    def __init__(self, readers: Questions) -> None:
        self._readers = readers

    async def head(self) -> tuple[int, bytes]:
        """The seq and the hash of the newest entry; 0 while there is none. Raises StoreUnavailable."""
        row = await self._readers.row(_HEAD, ())
        return (0, BEFORE_ALL) if row is None else (row[0], bytes(row[1]))

    async def verify(self, heads: Sequence[Head] = ()) -> Report:
        """Verify all of it; some 10 microseconds an entry. Raises StoreUnavailable."""
        return await self._readers.ask(lambda connection: verify(connection, heads, _quietly), long=True)


def _quietly(_done: int, _of: int) -> None:
    """Nobody watches."""
