"""The end of a running desk: when it begins, how long it may take, and what it is because of."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable

from bot.errors import StoreUnavailable

STOP_SECONDS = 8.5
"""From the signal on: requests, turns and pushes that are under way have so long; then the database is closed."""

LAST_SECONDS = 9.8
"""Whatever still holds us up then does so no longer: what was answered is on disk however a process ends."""

EXIT_LATE = 75
SIGNALS = (signal.SIGTERM, signal.SIGINT)
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 2.0


class Leaving:
    """``told`` is set when the end begins, by a signal to begin with; another one changes nothing."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._began = 0.0
        self._broken = False
        self._watching: asyncio.Task[None] | None = None
        self._last = threading.Timer(LAST_SECONDS, _gone)
        self._last.daemon = True
        for number in SIGNALS:
            self._loop.add_signal_handler(number, self.begin)

    def begin(self) -> None:
        """Go now."""
        if not self.told.is_set():
            self._began = self._loop.time()
            self._last.start()
            self.told.set()

    def left(self, seconds: float) -> float:
        """How much is left of so many seconds since the end began; a little at least."""
        return max(0.5, self._began + seconds - self._loop.time())

    def watch(self, writable: Callable[[], bool]) -> None:
        """Go when the database takes nothing any more: only a new start knows what is on the disk."""
        self._watching = self._loop.create_task(self._watch(writable), name="minsheng-disk")

    async def _watch(self, writable: Callable[[], bool]) -> None:
        while not self.told.is_set():
            if not writable():
                self._broken = True
                self.begin()
            await asyncio.sleep(LOOK_SECONDS)

    def over(self) -> None:
        """The end has come: a signal in the very last moment changes nothing either."""
        for number in SIGNALS:
            self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        self._last.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def check(self) -> None:
        """Raises StoreUnavailable when the end began because of the disk."""
        if self._broken:
            raise StoreUnavailable(why="an error of the disk; start again, and look at the disk when that repeats")


async def answers_soon(asked: Awaitable[bool]) -> bool:
    """Whether that is so, and is said in time: a database that hangs says nothing."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await asked
    except TimeoutError:
        return False


def _gone() -> None:
    """Leave without anything else."""
    sys.stderr.write("minsheng: the stop took too long; leaving now\n")
    sys.stderr.flush()
    os._exit(EXIT_LATE)
