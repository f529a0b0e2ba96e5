"""Forgetting people beside everything else: a little at a time, so that nobody waits for it."""

# ruff: noqa: S608  # only names of tables and columns, and question marks, are put into the texts
from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from storage import forgetting
from storage.codec import micros_or_none
from storage.driver import Driver, Questions, Row
from storage.erasing import Traces
from storage.forgetting import Digest, Erasure
from storage.recognising import Recognising
from storage.sweeping import Sought, Walked, clean_row, end_of_slice, found_in, in_slice, walked_tables
from storage.writer import Writer

AT_ONCE = 8
"""So many people are looked for in one walk through the tables."""

_IN_USE = (
    "SELECT sha256 FROM attachment WHERE sha256 IN ({marks})"
    " UNION SELECT sha256 FROM rendition WHERE sha256 IN ({marks})"
)
_SHOWN = re.compile(r'"sha256":"([0-9a-f]{64})"')
_REPLIES = ("push", "inbox")
"""Where pictures that the desk drew are mentioned, in ``reply``."""


Rest = Callable[[], Awaitable[None]]
"""What is awaited between two steps of a long walk."""


class Clearing(Protocol):
    """What is done about bytes nobody reads any more; every database has its own way."""

    async def clear_search(self, numbers: Sequence[str], rest: Rest) -> None:
        """Let the search know only what stands in these tickets now. Raises StoreUnavailable."""
        ...

    def size(self) -> int:
        """Bytes of the database; 0 where that does not matter to `compact`."""
        ...

    async def compact(self) -> bool:
        """Leave nothing of what was deleted; False when somebody was in the way and it must be tried again.

        Nothing else can be written meanwhile. Raises StoreUnavailable.
        """
        ...


class Personal:
    """Erasures that are not done, and each step of them."""

    def __init__(self, writer: Writer, readers: Questions, clearing: Clearing, known: Recognising) -> None:
        self._writer = writer
        self._readers = readers
        self._known = known
        self.clearing = clearing

    async def erasures(self) -> Sequence[Erasure]:
        """Those that are not done, the oldest first, some of them. Raises StoreUnavailable."""
        return await self._readers.ask(partial(forgetting.open_erasures, limit=AT_ONCE))

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many are not done, and since when the oldest waits."""
        return await self._readers.ask(forgetting.backlog)

    async def answered(self, erasure: Erasure, now: datetime) -> bool:
        """Whether what the person was told last has left."""
        return await self._readers.ask(partial(forgetting.answered, erasure=erasure, now=now))

    async def fence(self, erasure: Erasure, digest: Digest, pseudonym: str, rest: Rest) -> None:
        """Make what they wrote nobody's. Raises StoreUnavailable."""
        step = partial(forgetting.fence, erasure=erasure, digest=digest, pseudonym=pseudonym)
        self._known.somebody_is_forgotten()
        while not await self._writer.run(step):
            await rest()

    async def sweep(self, erasures: Sequence[Erasure], rest: Rest) -> int:
        """Walk through all tables for these people; how many rows had something of them. Raises StoreUnavailable."""
        people = [await self._sought(erasure) for erasure in erasures]
        changed = 0
        for table in walked_tables():
            after: Row | None = None
            while True:
                to = await self._readers.ask(partial(end_of_slice, table=table, after=after))
                if to is None:
                    break
                keys = await self._readers.ask(partial(found_in, table=table, after=after, to=to, people=people))
                for key in keys:
                    changed += await self._writer.run(partial(clean_row, table=table, key=key, people=people))
                after = to
                await rest()
        for erasure in erasures:
            await self._writer.run(partial(forgetting.set_state, erasure=erasure, state=forgetting.SWEPT))
        return changed

    async def _sought(self, erasure: Erasure) -> Sought:
        again = await self._readers.ask(partial(forgetting.came_again, erasure=erasure))
        return sought(erasure.address, erasure.traces, erasure.at if again else None)

    async def unused(self, files: Sequence[str]) -> Sequence[str]:
        """Those of some contents that are nobody's file, nor a copy of one. Raises StoreUnavailable."""
        marks = ", ".join("?" * len(files))
        sql = _IN_USE.format(marks=marks)
        used = {sha256 for (sha256,) in await self._readers.rows(sql, (*files, *files))} if files else set()
        return [each for each in files if each not in used]

    async def shown(self, rest: Rest) -> frozenset[str]:
        """Contents of pictures that the desk drew and that something it said still shows. Raises StoreUnavailable."""
        found: set[str] = set()
        for table in walked_tables():
            if table.name not in _REPLIES:
                continue
            after: Row | None = None
            while (to := await self._readers.ask(partial(end_of_slice, table=table, after=after))) is not None:
                found |= await self._readers.ask(partial(_pictures, table=table, after=after, to=to))
                after = to
                await rest()
        return frozenset(found)

    async def cleared(self, ids: Sequence[str]) -> None:
        """Forget who these were. Raises StoreUnavailable."""
        await self._writer.run(partial(forgetting.cleared, ids=ids))

    async def finish(self, ids: Sequence[str], now: datetime) -> None:
        """Write down that these are done. Raises StoreUnavailable."""
        await self._writer.run(partial(forgetting.finish, ids=ids, now=now))


def _pictures(connection: Driver, table: Walked, after: Row | None, to: Row) -> set[str]:
    keys = in_slice(connection, table, after, to, "instr(coalesce(reply, ''), ?) > 0", ('"sha256":"',))
    where = " AND ".join(f'"{name}" = ?' for name in table.key)
    sql = f'SELECT reply FROM "{table.name}" WHERE {where}'
    return {sha256 for key in keys for (reply,) in connection.execute(sql, key) for sha256 in _SHOWN.findall(reply)}


def sought(address: str, traces: Traces, until: datetime | None = None) -> Sought:
    """What is looked for of somebody."""

    return Sought(address, traces.numbers, traces.names, tuple(traces.tickets), traces.phrases, micros_or_none(until))
