"""A town's archive for the figures that need one: many old tickets, many open ones, people who work on them.

Everything is made by a fixed seed, at a fixed moment (`AT`), so one archive is like the next; rows are those that the
store itself makes of a change-set, only written without syncing, and words are indexed by the store's own job. An
archive is kept under its name and used again, until what it is made by has changed.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.lives import AT, guide, life, staff
from bench.load import LoadError
from bot.changes import Changes, StaffEvent, Timer
from bot.clock import FixedClock
from bot.domain.numbers import make
from bot.domain.people import DESK
from bot.domain.ticket import Ticket
from bot.townfile import SAMPLE
from storage import schema
from storage.opening import prepare
from storage.rows import rows_of
from storage.store import FILE, SqliteStore

OLD_DAYS, OPEN_DAYS = 1_100, 20
"""Over how many days what is over, and what is open, was filed."""

_BATCH = 2_000
_WORDS = 4_096


@dataclass(frozen=True, slots=True)
class Archive:
    """Where an archive is kept, and how much it holds."""

    folder: Path
    tickets: int
    open: int

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / FILE

    def copy(self, folder: Path) -> Archive:
        """The same once more, for what will change it."""
        shutil.copytree(self.folder, folder)
        return Archive(folder, self.tickets, self.open)


async def kept(cache_folder: Path, tickets: int, open_: int, step: Callable[[str], None] = lambda _: None) -> Archive:
    """The archive with so many tickets, so many of them open; it is made when it is not there yet.

    Raises LoadError when the index of words does not end where it must.
    """
    if not 0 < open_ <= tickets:
        raise LoadError(f"{open_} of {tickets} tickets cannot be open")
    folder = cache_folder / f"archive-{tickets}-{open_}-{_recipe()}"
    archive = Archive(folder, tickets, open_)
    if archive.database.exists():
        return archive
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    step(f"write {tickets:,} tickets")
    prepare(making / FILE)
    _write(making / FILE, tickets, open_)
    store = await SqliteStore.open("", making, clock=FixedClock(AT))
    try:
        joined = [(s, StaffEvent(staff=s.id, seq=1, at=AT, action="joined", by=DESK)) for s in staff()]
        await store.commit(Changes(at=AT, staff=joined))
        step("index their words")
        while await store.index_words(_WORDS):
            pass
    finally:
        await store.close()
    making.rename(folder)
    return archive


def _recipe() -> str:
    """What an archive is made by, as a few letters."""
    here = Path(__file__).resolve().parent
    made_by = [here / "archive.py", here / "lives.py", here / "words.py", *sorted(SAMPLE.glob("*.toml"))]
    made_by += [here.parent / "storage" / name for name in ("schema.py", "schema_staff.py", "rows.py")]
    made_by.append(here.parent / "bot" / "domain" / "search.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()[:10]


def _write(path: Path, tickets: int, open_: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        made = _tickets(tickets, open_)
        database.execute("BEGIN")
        while many := list(islice(made, _BATCH)):
            write_rows(database, many)
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode=WAL")


def write_rows(database: sqlite3.Connection, many: Sequence[Changes]) -> None:
    """Write change-sets as the store's own rows, inside the transaction that is open."""
    rows = [rows_of(changes, AT) for changes in many]
    for table, parts in (
        (schema.ticket, [r.tickets for r in rows]),
        (schema.ticket_event, [r.events for r in rows]),
        (schema.reporter, [r.reporters for r in rows]),
        (schema.timer, [r.timers for r in rows]),
        (schema.push, [r.pushes for r in rows]),
        (schema.metadata.tables["search_queue"], [r.words for r in rows]),
    ):
        names = [
            c.name for c in table.columns if not (c.name == "id" and c.autoincrement and c.type.python_type is int)
        ]
        sql = f"INSERT INTO {table.name} ({_listed(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608  # the schema's own names
        database.executemany(sql, (row for part in parts for row in part))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _tickets(tickets: int, open_: int) -> Iterator[Changes]:
    """All of them in the order of their numbers, each with its life so far."""
    chance = random.Random(20_261_118)
    zone = ZoneInfo(guide().town.timezone)
    old, number, made_old, made_open = tickets - open_, 0, 0, 0
    for day in range(OLD_DAYS, 0, -1):
        begins = AT - timedelta(days=day)
        old_until = old * (OLD_DAYS - day + 1) // OLD_DAYS
        open_until = open_ * max(0, OPEN_DAYS - day + 1) // OPEN_DAYS
        lives = [False] * (old_until - made_old) + [True] * (open_until - made_open)
        made_old, made_open = old_until, open_until
        chance.shuffle(lives)
        date = begins.astimezone(zone).date()
        for counter, is_open in enumerate(lives, 1):
            number += 1
            filed = begins + timedelta(hours=12 * counter / len(lives))
            yield life(chance, number, make(date, counter), filed, is_open)


def ladder_timers(tickets: Iterable[Ticket]) -> Iterator[Timer]:
    """The timers that the desk would have set for these tickets."""
    for ticket in tickets:
        for step in guide().ladder(ticket):
            yield Timer("rung", ticket.number, step.at, step.level)


def open_by_unit(archive: Archive) -> Mapping[str, int]:
    """How many tickets each unit has open, the busiest first."""
    with closing(sqlite3.connect(f"file:{archive.database}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT unit, count(*) FROM ticket WHERE closed_at IS NULL AND unit <> '' GROUP BY unit ORDER BY 2 DESC"
        )
        return dict(rows.fetchall())
