"""Forgetting people beside everything else: a little at a time, so that nobody waits for it."""

from __future__ import annotations

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
from storage.sweeping import Sought, clean_row, end_of_slice, found_in, walked_tables
from storage.writer import Writer

AT_ONCE = 8
"""So many people are looked for in one walk through the tables."""

_USED = "SELECT 1 FROM attachment WHERE sha256 = ?1 UNION ALL SELECT 1 FROM rendition WHERE sha256 = ?1 LIMIT 1"

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
        """Those of some contents that belong to nothing. Raises StoreUnavailable."""

        def look(connection: Driver) -> list[str]:
            return [each for each in files if connection.execute(_USED, (each,)).fetchone() is None]

        return await self._readers.ask(look)

    async def cleared(self, ids: Sequence[str]) -> None:
        """Forget who these were. Raises StoreUnavailable."""
        await self._writer.run(partial(forgetting.cleared, ids=ids))

    async def finish(self, ids: Sequence[str], now: datetime) -> None:
        """Write down that these are done. Raises StoreUnavailable."""
        await self._writer.run(partial(forgetting.finish, ids=ids, now=now))


def sought(address: str, traces: Traces, until: datetime | None = None) -> Sought:
    """What is looked for of somebody."""

    return Sought(address, traces.numbers, traces.names, tuple(traces.tickets), traces.phrases, micros_or_none(until))
