"""Counts that pages show, kept for a short while: nobody waits long for one, and many who look cost as much as one.

What is counted anew is shown as it was until that is done; a page says how old its counts are.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from bot.errors import StoreUnavailable

T = TypeVar("T")

FRESH = timedelta(seconds=30)
"""A count is good for so long at least."""

REST = 20
"""What took long to count is good for so many times as long: counting takes a twentieth of the time at most."""

PATIENCE, GLANCE = 0.06, 0.02
"""So many seconds a page waits for what has never been counted, and for what is counted anew."""

MOST = 48


@dataclass(slots=True)
class Kept(Generic[T]):
    """A count: its ``value`` (None before it was counted first), as of ``at``. ``busy``: it is being counted."""

    value: T | None = None
    at: datetime | None = None
    took: float = 0.0
    busy: asyncio.Task[None] | None = None

    @property
    def pending(self) -> bool:
        """Whether there will be another value soon."""
        return self.busy is not None and not self.busy.done()

    def stale(self, now: datetime, fresh: timedelta) -> bool:
        """Whether it should be counted anew."""
        return self.at is None or not self.at <= now < self.at + max(fresh, timedelta(seconds=self.took * REST))


@dataclass(slots=True)
class Counts:
    """Counts by what they are of; those nobody asked for longest go first."""

    monotonic: Callable[[], float]
    patience: float = PATIENCE
    _kept: OrderedDict[Hashable, Kept[Any]] = field(default_factory=OrderedDict)

    def of(
        self, key: Hashable, make: Callable[[T | None], Awaitable[T]], now: datetime, fresh: timedelta = FRESH
    ) -> Kept[T]:
        """The count of that name; ``make`` is given the one before, and begins when that is too old."""
        kept: Kept[T] = self._kept.setdefault(key, Kept())
        self._kept.move_to_end(key)
        if not kept.pending and kept.stale(now, fresh):
            kept.busy = asyncio.get_running_loop().create_task(self._make(kept, make, now))
            kept.busy.add_done_callback(_heard)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept

    async def made(self, kept: Kept[T]) -> T:
        """The count, however long it takes: for what is decided upon it. Raises what counting raised."""
        while kept.value is None:
            if kept.busy is None:
                raise StoreUnavailable()
            await asyncio.wait([kept.busy])
            await self.settle(kept)
        return kept.value

    async def settle(self, *wanted: Kept[Any]) -> None:
        """Wait a little for what is being counted. Raises what counting raised."""
        busy = [kept.busy for kept in wanted if kept.busy is not None]
        if busy:
            new = any(kept.value is None for kept in wanted)
            await asyncio.wait(busy, timeout=self.patience if new else min(self.patience, GLANCE))
        for kept in wanted:
            if kept.busy is not None and kept.busy.done():
                error, kept.busy = kept.busy.exception(), None
                if error is not None:
                    raise error

    async def _make(self, kept: Kept[T], make: Callable[[T | None], Awaitable[T]], now: datetime) -> None:
        began = self.monotonic()
        try:
            value = await make(kept.value)
        except StoreUnavailable:
            if kept.value is None:
                raise
            return  # what there was is shown, with its age
        kept.value, kept.at, kept.took = value, now, self.monotonic() - began


def _heard(task: asyncio.Task[None]) -> None:
    """Whoever asks next hears of an error; when nobody does, it is not worth a line in the log."""
    if not task.cancelled():
        task.exception()
