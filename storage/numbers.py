"""Where ticket numbers come from: counters taken from the store in blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.numbers import make

_FIRST, _MOST = 8, 256
"""The first block of a day is small, since a block that is not used up leaves a gap; each next one is twice as big."""

_DAYS = 3
"""Blocks of so many days are remembered: at midnight two days are in use, and a clock may go back."""


class BlockNumbers:
    """`bot.ports.Numbers`. ``take(day, count)`` gives counters of a day that nobody else has."""

    def __init__(self, take: Callable[[str, int], Awaitable[range]], timezone: str) -> None:
        """``timezone`` is the town's. Raises zoneinfo.ZoneInfoNotFoundError."""
        self._take = take
        self._zone = ZoneInfo(timezone)
        self._left: dict[date, list[int]] = {}
        self._sizes: dict[date, int] = {}
        self._lock = asyncio.Lock()

    async def next(self, day: datetime) -> str:
        """A ticket number nobody else has, for the town's date of that moment. Raises StoreUnavailable."""
        date_ = day.astimezone(self._zone).date()
        left = self._left.get(date_)
        while not left:
            async with self._lock:
                left = self._left.get(date_)
                if not left:
                    left = await self._more(date_)
        return make(date_, left.pop())

    async def _more(self, day: date) -> list[int]:
        size = self._sizes.get(day, _FIRST)
        block = await self._take(day.isoformat(), size)
        self._sizes[day] = min(_MOST, size * 2)
        self._left[day] = left = list(reversed(block))
        for old in sorted(self._left)[:-_DAYS]:
            del self._left[old], self._sizes[old]
        return left
