"""What is looked at from time to time: the town's files, and how much waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime

import structlog

from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.runtime.backlog import Figures, samples
from bot.runtime.engine import Engine
from bot.runtime.metrics import Metrics, Sample

TOWN, TOWN_SECONDS = "town", 5.0
FIGURES_SECONDS = 15.0

_log = structlog.get_logger("minsheng.town")


def watch_town(
    engine: Engine,
    clock: Clock,
    metrics: Metrics,
    refresh: Callable[[], ConfigurationError | None],
    holidays_until: Callable[[], date | None],
) -> None:
    """Have the town's files read again when they change, which ``refresh`` does; it returns what is wrong with them."""
    logged: str = ""

    async def look() -> int:
        nonlocal logged
        error = await asyncio.to_thread(refresh)
        if error is not None and str(error) != logged:
            _log.error("the town's files are wrong; the town stays as it was", where=error.where, why=error.why)
        logged = str(error or "")
        until = holidays_until()
        metrics.holiday_days_left.set((until - clock.now().date()).days if until else -1)
        return 0

    engine.add(TOWN, look, TOWN_SECONDS)


def watch_backlog(
    engine: Engine,
    clock: Clock,
    metrics: Metrics,
    figures: Callable[[], Awaitable[Figures]],
    next_timer: Callable[[], Awaitable[datetime | None]],
) -> None:
    """Have what waits counted, for the metrics."""
    counted: list[Sample] = []

    async def count() -> int:
        counted[:] = samples(await figures(), await next_timer(), clock.now())
        return 0

    metrics.live(lambda: counted)
    engine.add("figures", count, FIGURES_SECONDS)
