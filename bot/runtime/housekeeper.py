"""Once a day, takes away what has been kept long enough, and files that belong to nothing any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

import structlog

from bot.ports import Clock, MediaStock
from bot.retention import ORPHANS, cutoffs
from bot.runtime.metrics import Sample

SECONDS = 600.0
"""Seconds between two looks whether the day's round is due."""

HOUR = 3
"""From this hour of the town's clock on the round of the day is due."""

REST_SECONDS = 0.05
"""A rest after each slice."""

_AT_ONCE = 200

_log = structlog.get_logger("minsheng.housekeeper")

Rest = Callable[[], Awaitable[None]]


class Purging(Protocol):
    """See `storage.retention.Retention`."""

    async def purge(self, cutoffs: Mapping[str, datetime], rest: Rest) -> dict[tuple[str, str], int]: ...


class Belonging(Protocol):
    """What files belong to; see `storage.personal.Personal`."""

    async def unused(self, files: Sequence[str]) -> Sequence[str]: ...
    async def shown(self, rest: Rest) -> frozenset[str]: ...


@dataclass
class Housekeeper:
    """Makes one round a day. ``days`` says how long each class is kept; ``local`` gives the town's time of a moment."""

    retention: Purging
    files: Belonging
    media: MediaStock
    clock: Clock
    days: Mapping[str, int]
    local: Callable[[datetime], datetime]
    rest_seconds: float = REST_SECONDS
    _done: date | None = None
    _at: datetime | None = None
    _taken: dict[str, int] = field(default_factory=dict)

    async def once(self) -> int:
        """Make the round of the day if it is due; of how many rows and files something went.

        Raises StoreUnavailable: then it is begun anew later.
        """
        now = self.clock.now()
        here = self.local(now)
        if here.hour < HOUR or self._done == here.date():
            return 0
        counts = await self.retention.purge(cutoffs(self.days, now), self._rest)
        orphans = await self.orphans()
        for sha256 in orphans:
            if await self.files.unused([sha256]):  # once more: the same content may have come meanwhile
                await self.media.remove(sha256)
            await self._rest()
        for (name, _), count in counts.items():
            self._taken[name] = self._taken.get(name, 0) + count
        self._taken["orphans"] = self._taken.get("orphans", 0) + len(orphans)
        self._done, self._at = here.date(), now
        total = sum(counts.values()) + len(orphans)
        if total:
            _log.info("what was kept long enough is gone", rows=sum(counts.values()), files=len(orphans))
        return total

    async def orphans(self) -> list[str]:
        """Files that have belonged to nothing for a day. Raises StoreUnavailable."""
        before = self.clock.now() - ORPHANS
        shown = await self.files.shown(self._rest)
        found: list[str] = []
        part: list[str] = []
        async for kept in self.media.kept():
            if kept.at is not None and kept.at < before and kept.sha256 not in shown:
                part.append(kept.sha256)
            if len(part) == _AT_ONCE:
                found += await self.files.unused(part)
                part = []
                await self._rest()
        found += await self.files.unused(part)
        return found

    def samples(self) -> list[Sample]:
        """For the metrics: what went so far, by class, and when the last round ended."""
        told = [
            Sample("minsheng_retention_taken", "Rows and files taken away since the start.", count, {"class": name})
            for name, count in sorted(self._taken.items())
        ]
        if self._at is not None:
            text = "When the last round of retention ended, in seconds since 1970."
            told.append(Sample("minsheng_retention_round_seconds", text, self._at.timestamp()))
        return told

    async def _rest(self) -> None:
        await asyncio.sleep(self.rest_seconds)
