"""How quickly due timers are found, and what a pile of them that is due at the start does to everybody.

Found: the store's own question for 500 due timers, beside few and many, asked in turn. Settled: after a long stand an
archive's overdue rungs are all due at once; the engine fires them with everybody of the sample town at work, while
residents write in at a steady pace (open loop: what they wait counts from the moment at which they meant to write).
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing
from datetime import datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from bench.archive import Archive, kept, ladder_timers, write_rows
from bench.figures import median, ratio
from bench.hall import Hall, hall
from bench.lives import AT, CHANNEL, staff
from bench.load import LoadError, complaints, sample_places
from bench.outbox import Free
from bot.changes import Changes, Timer
from bot.clock import FixedClock
from bot.ports import OWING
from storage.codec import micros
from storage.opening import prepare
from storage.store import FILE, SqliteStore
from storage.values import TICKET, ticket_of

BATCH = 500
SIZES = (10_000, 100_000, 1_000_000)
WANTED_MS = 10.0
WANTED_SECONDS = 300.0
RESIDENTS_PER_SECOND = 20
ALONE_SECONDS = 10
_PATIENCE = 900.0
_AFTERWARDS = 60.0


def run(
    cache: Path,
    folder: Path,
    sizes: tuple[int, ...],
    pile: int,
    times: int,
    step: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """ms to find 500 due timers beside so many, and what a pile does. Raises LoadError."""
    found = asyncio.run(_found(folder, sizes, times, step))
    return {"found": found, "pile": asyncio.run(_settled(cache, folder, pile, step)), "verified": True}


def steps(sizes: tuple[int, ...], times: int) -> int:
    """How often `run` calls ``step``; two more when there is no archive yet."""
    return len(sizes) + times + 4


async def _found(folder: Path, sizes: tuple[int, ...], times: int, step: Callable[[str], None]) -> dict[str, Any]:
    wall: dict[int, list[float]] = {size: [] for size in sizes}
    cpu: dict[int, list[float]] = {size: [] for size in sizes}
    async with AsyncExitStack() as opened:
        stores = {}
        for size in sizes:
            step(f"set {size:,} timers")
            await asyncio.to_thread(_set_timers, folder / f"timers-{size}", size)
            stores[size] = await SqliteStore.open("", folder / f"timers-{size}", clock=FixedClock(AT))
            opened.push_async_callback(stores[size].close)
        for number in range(times):
            step(f"find, round {number + 1} of {times}")
            for size in sizes[number % len(sizes) :] + sizes[: number % len(sizes)]:
                spent, began = time.process_time(), time.perf_counter()
                due = await stores[size].due_timers(AT, BATCH)
                wall[size].append((time.perf_counter() - began) * 1e3)
                cpu[size].append((time.process_time() - spent) * 1e3)
                if len(due) != BATCH or any(a.due_at > b.due_at for a, b in pairwise(due)):
                    raise LoadError(f"{len(due)} timers were found of {BATCH}, or not the earliest first")
    least, most = min(sizes), max(sizes)
    return {
        "rows": [
            {
                "timers": size,
                "p50": median(wall[size], 2),
                "p99": round(sorted(wall[size])[int(times * 0.99)], 2),
                "cpu": median(cpu[size], 2),
            }
            for size in sizes
        ],
        f"{most}/{least}": ratio(wall[most], wall[least]),
        "wanted": f"<= {WANTED_MS} ms for {BATCH}, ratio near 1",
        "units": "ms",
    }


def _set_timers(folder: Path, size: int) -> None:
    """So many timers, half of them due, in no order of their subjects."""
    folder.mkdir()
    prepare(folder / FILE)
    chance = random.Random(size)
    day = timedelta(days=1)
    timers = (Timer("rung", f"261101-{n:07d}", AT + day * chance.uniform(-10, 10), n % 5 + 1) for n in range(size))
    _written(folder / FILE, timers)


def _written(path: Path, timers: Iterator[Timer]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-200000")
        database.execute("BEGIN")
        while many := list(islice(timers, 2_000)):
            write_rows(database, [Changes(at=AT, timers=many)])
        database.execute("COMMIT")


async def _settled(cache: Path, folder: Path, pile: int, step: Callable[[str], None]) -> dict[str, Any]:
    archive = (await kept(cache, pile, pile, step)).copy(folder / "pile")
    step(f"have {pile:,} timers due")
    await asyncio.to_thread(_pile_up, archive, pile)
    channel = Free(CHANNEL)
    async with hall(archive.folder, lambda _: (channel,)) as desk:
        step("residents alone")
        until = time.perf_counter() + ALONE_SECONDS
        alone = await _written_in(desk, "alone", lambda: time.perf_counter() > until)
        step(f"settle {pile:,} timers")
        spent, began = time.process_time(), time.perf_counter()
        await desk.engine.start()
        waiting = asyncio.create_task(_until_settled(archive.database, began))
        meanwhile = await _written_in(desk, "pile", waiting.done)
        seconds, spent = await waiting, time.process_time() - spent
        by_then = channel.delivered
        step("the digests afterwards")
        await _until_quiet(desk, archive.database)
        await desk.engine.stop(5.0)
        told = channel.delivered
    with closing(sqlite3.connect(f"file:{archive.database}?mode=ro", uri=True)) as database:
        fired = _one(database, "SELECT count(*) FROM fired WHERE kind = 'rung' AND due_at <= ?", micros(AT))
        aside = _one(database, "SELECT count(*) FROM quarantine")
        notes = _one(database, "SELECT count(*) FROM note")
        most = _one(database, "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM push GROUP BY address)")
    if fired < pile or aside:  # a ladder that is wound up anew may add an overdue rung
        raise LoadError(f"{fired} of {pile} timers were fired, {aside} turns failed")
    return {
        "timers": pile,
        "seconds": round(seconds, 1),
        "per_second": round(pile / seconds),
        "cpu_seconds": round(spent, 1),
        "staff": len(staff()),
        "news": notes,
        "pushes": told,
        "pushes_until_settled": by_then,
        "pushes_most_for_one": most,
        "residents_per_second": RESIDENTS_PER_SECOND,
        "residents_alone": _waited(alone),
        "residents_meanwhile": _waited(meanwhile),
        "wanted": f"<= {WANTED_SECONDS:.0f} s, intake first, digests",
        "units": "s; ms for residents",
    }


def _pile_up(archive: Archive, pile: int) -> None:
    """Set the ladders of open tickets, the oldest first, until so many rungs are overdue. Raises LoadError."""
    marks = ", ".join("?" * len(OWING))
    with closing(sqlite3.connect(archive.database)) as database:
        sql = f"SELECT {TICKET} FROM ticket AS t WHERE t.status IN ({marks}) ORDER BY t.number"  # noqa: S608  # names of columns
        tickets = [ticket_of(row) for row in database.execute(sql, OWING)]
    due = list(islice((timer for timer in ladder_timers(tickets) if timer.due_at <= AT), pile))
    if len(due) < pile:
        raise LoadError(f"only {len(due)} rungs of {len(tickets)} tickets are due")
    _written(archive.database, iter(due))


async def _written_in(desk: Hall, name: str, over: Callable[[], bool]) -> list[float]:
    """Residents' complaints at a steady pace until it is over: ms each waited from the moment it was due."""
    texts, began = complaints(sample_places()), time.perf_counter() + 0.1
    tasks: list[asyncio.Task[float]] = []

    async def one(number: int, due: float) -> float:
        await desk.say(f"{name}{number}", texts[number % len(texts)])
        return (time.perf_counter() - due) * 1e3

    while not over():
        due = began + len(tasks) / RESIDENTS_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(len(tasks), due)))
    return await asyncio.gather(*tasks)


async def _until_settled(database: Path, began: float) -> float:
    """Seconds until no rung is due any more that was due at the start. Raises LoadError."""
    while await asyncio.to_thread(_left, database, "kind = 'rung' AND due_at <= ?", AT):
        if time.perf_counter() - began > _PATIENCE:
            raise LoadError(f"the timers were not settled within {_PATIENCE:.0f} s")
        await asyncio.sleep(0.25)
    return time.perf_counter() - began


async def _until_quiet(desk: Hall, database: Path) -> None:
    """Return when nothing is due; boxes of news open some seconds after the last was put in. At most a minute."""
    until = time.perf_counter() + _AFTERWARDS
    soon = timedelta(seconds=30)
    while time.perf_counter() < until:
        if not await asyncio.to_thread(_left, database, "kind = 'fold' AND due_at <= ?", desk.clock.now() + soon):
            return
        await asyncio.sleep(0.5)


def _left(path: Path, which: str, until: datetime) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return _one(database, f"SELECT count(*) FROM timer WHERE {which}", micros(until))  # noqa: S608  # our own words


def _one(database: sqlite3.Connection, sql: str, *variables: object) -> int:
    return int(database.execute(sql, variables).fetchone()[0])


def _waited(ms: list[float]) -> dict[str, float]:
    in_order = sorted(ms)
    return {
        "answered": len(ms),
        "p50": median(in_order, 2),
        "p99": round(in_order[int(len(in_order) * 0.99)], 2),
        "max": round(in_order[-1], 2),
    }
