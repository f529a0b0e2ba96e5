"""How the process itself does: does its loop keep up, its writer move, has its disk room.

mautrix/meta#352 showed "connected" while no event flowed: so what is measured here is work that was really done.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot import stamps
from bot.ports import Clock
from bot.runtime.metrics import Sample

TICK = 0.25
WINDOW = 240
"""So many ticks are remembered, a minute: whoever looks every 15 s or every 30 s misses no long one."""

FACTS_SECONDS = 15.0
STALLED_SECONDS = 30.0
"""A commit that takes so long is told of: no platform waits a tenth of it."""


class Writing(Protocol):
    """What a store says of its writer."""

    @property
    def waiting(self) -> int:
        """Change-sets that wait to be written."""
        ...

    @property
    def stall(self) -> float:
        """Seconds for which the batch under way has been written; 0.0 without one."""
        ...


class Vitals:
    """Measured all the time by ``tick`` and now and then by ``look``; told by ``samples``.

    ``sweep_age``: seconds since timers were last looked at. ``failing``: errors in a row of each worker. ``database``:
    the file of the database, where it is a file.
    """

    def __init__(
        self,
        clock: Clock,
        writing: Writing,
        sweep_age: Callable[[], float],
        failing: Callable[[], Mapping[str, int]],
        data: Path,
        database: Path | None,
    ) -> None:
        self._clock, self._writing, self._sweep_age, self._failing = clock, writing, sweep_age, failing
        self._data, self._database = data, database
        self._lags: deque[float] = deque(maxlen=WINDOW)
        self._stalls: deque[float] = deque(maxlen=WINDOW)
        self._facts: dict[str, float] = {}
        self._stamps: Mapping[str, datetime] = {}

    async def tick(self) -> int:
        """Sleep for a moment and see how much longer it took."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.sleep(TICK)
        self._lags.append(max(0.0, loop.time() - before - TICK))
        self._stalls.append(self._writing.stall)
        return 1

    async def look(self) -> int:
        """Look at the disk."""
        self._facts = await asyncio.to_thread(_facts, self._data, self._database)
        self._stamps = await asyncio.to_thread(stamps.read, self._data)
        return 0

    def problems(self) -> list[str]:
        """What is wrong, in words for the operator."""
        stall = self._writing.stall
        return [f"the database has not taken anything for {stall:.0f} s"] if stall >= STALLED_SECONDS else []

    def samples(self) -> Iterator[Sample]:
        """Gauges, as of now."""
        lag, stall = max(self._lags, default=0.0), max(self._stalls, default=0.0)
        yield Sample("minsheng_loop_lag_seconds", "The longest the event loop kept somebody waiting in a minute.", lag)
        yield Sample("minsheng_writer_stall_seconds", "The longest a batch took to be written in a minute.", stall)
        yield Sample("minsheng_writer_waiting", "Change-sets that wait to be written.", self._writing.waiting)
        yield Sample("minsheng_timer_sweep_age_seconds", "Since timers were last looked at.", self._sweep_age())
        for name, failures in self._failing().items():
            text = "Errors in a row of a piece of background work."
            yield Sample("minsheng_work_failures", text, failures, {"work": name})
        for name, value in self._facts.items():
            yield Sample(name, _FACTS[name], value)
        for name in stamps.NAMES:
            at = self._stamps.get(name)
            text = f"When a {name} last went well, in seconds since 1970; 0 when none ever did."
            yield Sample(f"minsheng_{name}_last_success_seconds", text, at.timestamp() if at else 0.0)
        yield Sample("minsheng_threads", "Threads of this process.", threading.active_count())


_FACTS = {
    "minsheng_disk_free_bytes": "Room left where the data folder is.",
    "minsheng_database_bytes": "Size of the database file.",
    "minsheng_wal_bytes": "Size of the log beside the database file.",
}


def _facts(data: Path, database: Path | None) -> dict[str, float]:
    found: dict[str, float] = {}
    with contextlib.suppress(OSError):  # a gauge that is missing is noticed
        found["minsheng_disk_free_bytes"] = shutil.disk_usage(data).free
    if database is not None:
        found["minsheng_database_bytes"] = _size(database)
        found["minsheng_wal_bytes"] = _size(database.with_name(f"{database.name}-wal"))
    return found


def _size(path: Path) -> float:
    try:
        return path.stat().st_size
    except OSError:
        return 0.0
