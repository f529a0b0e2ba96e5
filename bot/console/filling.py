"""A made-up year put into a data folder: told by several processes, written by one, with what is known of it beside."""

from __future__ import annotations

import json
import marshal
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from bot.demo_town.making import make_town, towns_for
from bot.demo_town.year import Year
from bot.domain.guide import Guide
from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.settings import Settings
from bot.townfile import SAMPLE, load_town
from storage.bulk import BulkFile, Row, Sheet, holds_anything
from storage.opening import FolderLock
from storage.store import database_file

KNOWN = "demo-known.json"
"""What is known of the year, beside the database."""

TOWN = "town"
"""The folder of the made-up town's files, in the data folder."""

Packed = list[list[Row]]


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made: how many tickets, in how many seconds, of these so many in the database; and of which town."""

    tickets: int
    seconds: float
    writing: float
    guide: Guide
    known: Path


def fill(
    settings: Settings, tickets: int, seed: int, until: str, sample: bool, clock: Clock, told: Callable[[int], None]
) -> Filled:
    """Fill the data folder of these settings. The town is that of the settings, the sample, or one made for it.

    Raises ConfigurationError.
    """
    path = database_file(settings.storage.url.get_secret_value(), settings.data)
    settings.make_folder()
    source = settings.town or (SAMPLE if sample else settings.data / TOWN)
    if settings.town is None and not sample:
        make_town(source, *towns_for(tickets), seed)
    guide = Guide.of(load_town(source))
    begun = clock.monotonic()
    writing = write_year(path, guide, tickets, seed, _end(until, guide, clock), processors(), told, clock)
    return Filled(tickets, clock.monotonic() - begun, writing, guide, path.parent / KNOWN)


def _end(until: str, guide: Guide, clock: Clock) -> datetime:
    """When the year ends: at midnight after its last day."""
    calendar = guide.calendar
    if not until:
        return calendar.day_bounds(clock.now())[0]
    try:
        day = datetime.strptime(until, "%Y-%m-%d").replace(tzinfo=calendar.zone)
    except ValueError:
        raise ConfigurationError("--until", f"{until!r} is no day; write it as 2026-09-30") from None
    return calendar.day_bounds(day)[1]


def write_year(
    path: Path,
    guide: Guide,
    tickets: int,
    seed: int,
    until: datetime,
    workers: int,
    told: Callable[[int], None],
    clock: Clock,
) -> float:
    """Fill a database with a year; ``told`` hears how many tickets more are written. Returns the seconds of writing.

    ``workers`` processes make what is written (0: this one); it makes no other year. Raises ConfigurationError where
    there is a database that has been used, or a desk that runs.
    """
    writing = 0.0
    lock = FolderLock(path.parent, patience=0.0)
    try:
        if path.exists() and holds_anything(path):
            raise ConfigurationError(str(path), "this database has been used: made-up tickets never go among real ones")
        year = Year(guide, tickets, seed, until)
        making = path.with_name(f"{path.name}.making")
        _remove(making)
        with _pages(year, workers) as pages, closing(BulkFile(making)) as file:
            for count, packed in pages:
                begun = clock.monotonic()
                file.write(packed)
                writing += clock.monotonic() - begun
                told(count)
            begun = clock.monotonic()
            file.commit(year.staff())
            file.numbers(year.used)
            file.finish()
            writing += clock.monotonic() - begun
        (path.parent / KNOWN).write_text(json.dumps(year.known(), ensure_ascii=False), encoding="utf-8")
        _remove(path)
        making.rename(path)
    finally:
        lock.release()
    return writing


def processors() -> int:
    """How many processes may work at once; 0 where a process cannot be split."""
    return (os.cpu_count() or 1) if "fork" in multiprocessing.get_all_start_methods() else 0


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


@contextmanager
def _pages(year: Year, workers: int) -> Iterator[Iterator[tuple[int, Packed]]]:
    """Pages of a year, in order."""
    if workers == 0:
        yield ((year.tell(page, sheet), sheet.packed()) for page in range(year.pages) for sheet in (Sheet(),))
        return
    context = multiprocessing.get_context("fork")
    ends: list[Connection] = []
    processes = []
    for first in range(workers):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(year, range(first, year.pages, workers), there), daemon=True)
        process.start()
        there.close()
        ends.append(here)
        processes.append(process)
    try:
        yield _received(year, ends)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _work(year: Year, pages: range, end: Connection) -> None:
    """In a process of its own: tell these pages, then what was counted."""
    for page in pages:
        sheet = Sheet()
        count = year.tell(page, sheet)
        end.send_bytes(marshal.dumps((count, sheet.packed())))
    end.send_bytes(pickle.dumps(year.counts.counted))
    end.close()


def _received(year: Year, ends: list[Connection]) -> Iterator[tuple[int, Packed]]:
    try:
        for page in range(year.pages):
            yield marshal.loads(ends[page % len(ends)].recv_bytes())  # noqa: S302 - from a process of our own
        for end in ends:
            year.counts.take(pickle.loads(end.recv_bytes()))  # noqa: S301 - from a process of our own
    except EOFError:
        raise ConfigurationError("demo-data", "a process that made tickets has ended before its time") from None
