"""Fires timers when they are due: each once, those of one person in order."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from bot.changes import Timer
from bot.domain.people import Address
from bot.ports import Clock, Store
from bot.runtime.worker import LONGEST_SLEEP

BATCH = 500
AT_ONCE = 64
WHILE_BUSY = 8
GIVE_WAY, STEP = 10, 0.002
"""While messages are being answered only a few timers go on, and each waits, at most so many times so many seconds:
intake comes first, and still eight every 20 ms make 100,000 timers in 250 s."""

FRESH = timedelta(minutes=1)
"""Behind a pile of old timers, those of the last minute go first: somebody may be waiting for a card."""

AGAIN = timedelta(seconds=2)
"""How long a timer rests that could not be fired."""

WITH_OTHERS = 1.0
"""Seconds between two looks where others set timers too: we may not have heard of one, and the next one that is due may
be another's."""

GRACE = 5.0
"""So many seconds after we first saw it a timer that another worker should have fired is ours too."""


def _home(timer: Timer, workers: int) -> int:
    """Whose it is to fire a timer, as a place among the workers: all of one person are one worker's, in order."""
    return zlib.crc32(str(timer.address or timer.subject).encode()) % workers


class TimerFirer:
    """Looks for due timers and hands them to ``fire``, which says whether a timer is settled.

    It remembers when the next one is due (``expect`` tells it of new ones), so it sleeps exactly as long as needed.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        fire: Callable[[Timer], Awaitable[bool]],
        wake: asyncio.Event,
        busy: Callable[[], bool] = lambda: False,
        place: Callable[[], tuple[int, int]] = lambda: (0, 1),
    ) -> None:
        """``busy``: whether messages are being answered. ``place``: ours among the workers, from 0, and how many they
        are."""
        self._place = place
        self._foreign: dict[Timer, float] = {}  # since when we see them, monotonic
        self._busy = busy
        self._store = store
        self._clock = clock
        self._fire = fire
        self._wake = wake
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._few = asyncio.Semaphore(WHILE_BUSY)
        self._next: datetime | None = None  # None: look
        self._looked = clock.monotonic()
        self._heard: datetime | None = None
        self._resting: dict[Timer, datetime] = {}

    def expect(self, due: datetime) -> None:
        """A new timer is due then."""
        if self._heard is None or due < self._heard:
            self._heard = due
        if self._next is not None and due < self._next:  # else a look is owed anyway: it must not be put off
            self._next = due
            self._wake.set()

    @property
    def sweep_age(self) -> float:
        """Seconds since due timers were last looked for."""
        return self._clock.monotonic() - self._looked

    def idle(self) -> float:
        """Seconds until the next timer is due, at most 30."""
        if self._next is None:
            return 0.0
        return max(0.0, min(LONGEST_SLEEP, (self._next - self._clock.now()).total_seconds()))

    async def once(self) -> int:
        """Fire what is due; how many were."""
        now = self._clock.now()
        elapsed = self._clock.monotonic() - self._looked
        if self._next is not None and now < self._next and elapsed < LONGEST_SLEEP:
            return 0
        self._heard = None
        self._looked = self._clock.monotonic()
        due = await self._due(now)
        self._resting = {timer: until for timer, until in self._resting.items() if until > now}
        self._leave_to_others(due, now)
        lines: dict[Address | str, list[Timer]] = {}
        for timer in due:
            if timer not in self._resting:
                lines.setdefault(timer.address or timer.subject, []).append(timer)
        for line in lines.values():
            line.sort(key=lambda timer: timer.due_at)
        done = await asyncio.gather(*(self._fire_in_order(line) for line in lines.values()), return_exceptions=True)
        fired = sum(count for count in done if isinstance(count, int))
        for error in done:
            if isinstance(error, BaseException):
                self._next = now + AGAIN
                raise error
        self._next = await self._next_look(now, full=len(due) >= self._batch and fired > 0)
        return fired

    async def _due(self, now: datetime) -> list[Timer]:
        """What is due: the earliest, and in front of a pile of old ones those of the last minute."""
        due = list(await self._store.due_timers(now, self._batch))
        if len(due) < self._batch or due[-1].due_at > now - FRESH:
            return due
        fresh = await self._store.due_timers(now, self._batch, now - FRESH)
        return [*fresh, *due]

    @property
    def _batch(self) -> int:
        """So many are read that our own share of them is a batch."""
        return BATCH * self._place()[1]

    def _leave_to_others(self, due: Sequence[Timer], now: datetime) -> None:
        """Each person's, and each subject's, timers have a worker of their own, so that nobody works on what another
        works on. What is still there when that worker had time enough is anybody's: it is fenced whoever fires it."""
        place, workers = self._place()
        if workers == 1:
            self._foreign.clear()
            return
        elapsed, before = self._clock.monotonic(), self._foreign
        self._foreign = {timer: before.get(timer, elapsed) for timer in due if _home(timer, workers) != place}
        for timer, since in self._foreign.items():
            left = GRACE - (elapsed - since)
            if left > 0:
                self._resting.setdefault(timer, now + timedelta(seconds=left))

    async def _next_look(self, now: datetime, full: bool) -> datetime:
        earliest = await self._store.next_timer_at()
        longest = now + timedelta(seconds=LONGEST_SLEEP if self._place()[1] == 1 else WITH_OTHERS)
        found = min(filter(None, (earliest, self._heard)), default=longest)
        if self._resting and not full:
            # What is due and resting must not make us look all the time.
            found = max(found, min(min(self._resting.values()), self._heard or longest))
        return min(found, longest)

    async def _fire_in_order(self, timers: list[Timer]) -> int:
        fired = 0
        for timer in timers:
            async with self._slots:
                if await self._fire_politely(timer):
                    fired += 1
                else:
                    self._resting[timer] = self._clock.now() + AGAIN
        return fired

    async def _fire_politely(self, timer: Timer) -> bool:
        if not self._busy():
            return await self._fire(timer)
        async with self._few:
            for _ in range(GIVE_WAY):
                if not self._busy():
                    break
                await asyncio.sleep(STEP)
            return await self._fire(timer)
