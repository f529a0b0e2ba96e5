"""Repeats a piece of work until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import MediaUnavailable
from bot.logs import frames
from bot.runtime.metrics import Metrics

LONGEST_SLEEP = 30.0
"""Seconds. Nobody sleeps longer: the wall clock may have been set in the meantime."""

AWAY_SECONDS = 20.0
"""So long at most until files are asked for again that were away."""

_log = structlog.get_logger("minsheng.worker")


class Worker:
    """Calls ``once`` again and again; it returns how much it found to do.

    After work it looks again at once; with nothing to do it sleeps for ``idle`` seconds (a number, or asked each time)
    or until ``wake`` is set. An error is logged and counted, then it waits longer each time, at most
    ``longest`` seconds. ``failures``: errors since the last success.
    """

    def __init__(
        self,
        name: str,
        once: Callable[[], Awaitable[int]],
        idle: float | Callable[[], float],
        wake: asyncio.Event,
        metrics: Metrics,
        longest: float = LONGEST_SLEEP,
    ) -> None:
        self.name = name
        self._longest = longest
        self._once = once
        self._idle = idle
        self._wake = wake
        self._errors = metrics.errors.labels(name)
        self._stopping = False
        self.failures = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self.name)

    def begin_stop(self) -> None:
        """Finish what is in hand and begin nothing new."""
        self._stopping = True
        self._wake.set()

    async def stop(self, patience: float) -> None:
        """Finish what is in hand and end; what is not finished after so many seconds is cancelled."""
        self.begin_stop()
        if self._task is None:
            return
        _, late = await asyncio.wait([self._task], timeout=patience)
        if late:
            _log.warning("stopped in the middle", worker=self.name)
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()  # before looking: what comes during the look must not be missed
            try:
                found = await self._once()
            except MediaUnavailable as error:
                # Not counted as a failure of ours: with files away a desk is ready to be written to.
                self._errors.inc()
                _log.warning("files are away", worker=self.name, why=error.params.get("why"))
                await self._sleep(random.uniform(AWAY_SECONDS / 2, AWAY_SECONDS))  # noqa: S311  # no secret
                continue
            except Exception as error:
                self.failures += 1
                self._errors.inc()
                _log.error("work failed", worker=self.name, failures=self.failures, where=frames(error))
                longest = min(self._longest, 0.25 * 2.0 ** min(self.failures, 10))
                await self._sleep(random.uniform(longest / 2, longest))  # noqa: S311  # spreads retries, no secret
                continue
            self.failures = 0
            if found:
                await asyncio.sleep(0)
            else:
                await self._sleep(self._idle() if callable(self._idle) else self._idle)

    async def _sleep(self, seconds: float) -> None:
        if self._stopping or seconds <= 0:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, LONGEST_SLEEP)):
                await self._wake.wait()
