"""Takes in what the command line hands to a running desk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import structlog

from bot.changes import Changes
from bot.errors import Conflict, StoreUnavailable, Unstorable
from bot.letterbox import Letterbox, read
from bot.ports import Clock

STALE = timedelta(minutes=5)
"""A letter older than that was left by somebody who no longer waits for it; it changes nothing."""

OK, CONFLICT, UNREADABLE, UNAVAILABLE, TOO_OLD = "ok", "conflict", "unreadable", "unavailable", "too_old"
"""What a letter may be answered."""

_log = structlog.get_logger("minsheng.letters")


class Postman:
    """Makes true what letters ask for, one after the other; ``committed`` hears of each, as of a turn's changes."""

    def __init__(
        self,
        box: Letterbox,
        clock: Clock,
        commit: Callable[[Changes], Awaitable[None]],
        committed: Callable[[Changes], None],
    ) -> None:
        self._box = box
        self._clock = clock
        self._commit = commit
        self._committed = committed

    async def once(self) -> int:
        """Answer the letters that wait; how many there were."""
        letters = list(self._box.take())
        for name, content in letters:
            outcome = await self._outcome(content)
            await asyncio.to_thread(self._box.give, name, outcome)
            _log.info("a letter was taken in", outcome=outcome)
        return len(letters)

    async def _outcome(self, content: bytes) -> str:
        try:
            letter = read(content)
        except msgspec.DecodeError:
            return UNREADABLE
        if self._clock.now() - letter.at > STALE:
            return TOO_OLD
        changes = letter.changes()
        try:
            await self._commit(changes)
        except Conflict:
            return CONFLICT
        except Unstorable:
            return UNREADABLE
        except StoreUnavailable:
            return UNAVAILABLE
        self._committed(changes)
        return OK
