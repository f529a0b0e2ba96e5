"""What is looked at from time to time: the town's files, how much waits, and what was written lately."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from bot.changes import Changes
from bot.domain.guide import Guide
from bot.errors import ConfigurationError
from bot.letterbox import Letterbox
from bot.ports import Clock
from bot.runtime.backlog import Figures, samples
from bot.runtime.desk import Desk
from bot.runtime.engine import Engine
from bot.runtime.hazards import Attempts, Hazards
from bot.runtime.letters import Postman
from bot.runtime.metrics import Metrics, Sample
from bot.runtime.spool import Spool
from bot.runtime.spool_answerer import SpoolAnswerer

TOWN, TOWN_SECONDS = "town", 5.0
FIGURES_SECONDS = 15.0
SPOOL, HAZARDS, HAZARDS_SECONDS = "spool", "hazards", 15.0
LETTERS_SECONDS = 0.25
"""A look into the box costs some 20 microseconds, and somebody at a terminal waits for it."""
PICTURES_SECONDS = 2.0
COPIES_SECONDS = 2.0
VOICES_SECONDS = 3.0
DRAWINGS_SECONDS = 1.0
WORDS_SECONDS = 1.5
"""What somebody writes can be found so many seconds later, or a little later while much is written."""

_log = structlog.get_logger("minsheng.town")


def watch_town(
    engine: Engine,
    desk: Desk,
    refresh: Callable[[], ConfigurationError | None],
    standing: Callable[[Guide, datetime], Changes],
) -> None:
    """Have the town's files read again when they change, which ``refresh`` does; it returns what is wrong with them.

    What ``standing`` makes of a town is committed at the start and after each change: timers that are always there.
    """
    logged: str = ""
    settled: Guide | None = None

    async def look() -> int:
        nonlocal logged, settled
        error = await asyncio.to_thread(refresh)
        if error is not None and str(error) != logged:
            _log.error("the town's files are wrong; the town stays as it was", where=error.where, why=error.why)
        logged = str(error or "")
        guide, now = desk.guide(), desk.clock.now()
        until = guide.calendar.known_until
        desk.metrics.holiday_days_left.set((until - now.date()).days if until else -1)
        if guide is not settled:
            changes = standing(guide, now)
            await desk.store.commit(changes)
            engine.committed(changes)
            settled = guide
        return 0

    engine.add(TOWN, look, TOWN_SECONDS)


def watch_letters(engine: Engine, desk: Desk, folder: Path) -> None:
    """Have what the command line hands in taken in; ``folder`` is that of the data."""
    postman = Postman(Letterbox(folder), desk.clock, desk.store.commit, engine.committed)
    engine.add("letters", postman.once, LETTERS_SECONDS)


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


def watch_spool(engine: Engine, spool: Spool, answerer: SpoolAnswerer) -> None:
    """Have what waits in the spool answered."""
    engine.add(SPOOL, answerer.once, answerer.idle, answerer.stop)
    spool.changed = partial(engine.wake, SPOOL)


def watch_hazards(engine: Engine, hazards: Hazards, kept: Attempts, clock: Clock) -> None:
    """Have the tries that took a process with them told to the store, and those of other processes read."""

    async def share() -> int:
        await hazards.share(kept, clock.now())
        return 0

    engine.begin_with(share)
    engine.add(HAZARDS, share, HAZARDS_SECONDS)
    hazards.changed = partial(engine.wake, HAZARDS)


def watch_pictures(engine: Engine, look: Callable[[], Awaitable[int]]) -> None:
    """Have the pictures that came lately looked at, which ``look`` does: a few at a time, and how many they were."""
    engine.add("pictures", look, PICTURES_SECONDS, lease="pictures")


def watch_copies(engine: Engine, make: Callable[[], Awaitable[int]]) -> None:
    """Have copies made of the files that came lately, which ``make`` does: a few at a time, and how many they were."""
    engine.add("copies", make, COPIES_SECONDS, lease="copies")


def watch_drawings(engine: Engine, draw: Callable[[], Awaitable[int]]) -> None:
    """Have the pictures drawn that somebody is owed, which ``draw`` does: a few at a time, and how many they were."""
    engine.add("drawings", draw, DRAWINGS_SECONDS, lease="drawings")


def watch_voices(engine: Engine, hear: Callable[[], Awaitable[int]]) -> None:
    """Have the voices of tickets heard, which ``hear`` does: a few at a time, and how many they were."""
    engine.add("voices", hear, VOICES_SECONDS, lease="voices")


def watch_words(engine: Engine, index: Callable[[], Awaitable[int]]) -> None:
    """Have what was written lately made findable, which ``index`` does: a little at a time, and how much it was."""
    engine.add("words", index, WORDS_SECONDS, lease="words")
