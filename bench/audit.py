"""What the chained record costs, how fast it is verified, and whether any tampering stays unseen.

Written: batches of filings, and their entries once more by themselves; processor time, so that others on the machine
count little. Verified: a database of so many entries, each about tickets as they are
filed, taken, answered and looked at. Found: random tamperings of all kinds with a small desk, each taken back.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bench.figures import median
from bench.load import LoadError
from bot.changes import Changes, Looked
from bot.domain.ticket import Action, Status
from storage.audit import append
from storage.audit_entries import entries_of
from storage.audit_verify import verify
from storage.batch import batch_of
from storage.opening import prepare
from storage.rows import Rows, rows_of
from storage.statements import write
from tests.fakes.audited_desk import CHEN, Tamperer, checked, desk, forget, head_of
from tests.fakes.changesets import NOW, event, filing, person, ticket

BATCH = 256
WANTED_PER_SECOND = 100_000
_BATCHES = 30
_PER_TICKET = 8
"""Entries of a ticket: filed, three steps, four looks."""


def run(entries: int, tamperings: int, step: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Measure; the JSON object. Raises LoadError when a figure would not count."""
    with tempfile.TemporaryDirectory() as folder:
        step("write with and without entries")
        cost = _cost(Path(folder))
        step(f"write {entries:,} entries")
        path = Path(folder) / "many.db"
        _fill(path, entries)
        step("verify them")
        verified = _verified(path, entries)
        path.unlink()
        step(f"{tamperings:,} tamperings")
        found = _tampered(Path(folder), tamperings)
    return {**cost, **verified, **found, "wanted_per_second": WANTED_PER_SECOND, "verified": True}


STEPS = 4
"""How often `run` calls ``step``."""


def _cost(folder: Path) -> dict[str, Any]:
    """Microseconds of processor time that a filing costs in the writer, and those of them that the record costs."""
    rows = [rows_of(filing(person(n), 1, f"260304-{n:05d}", key=f"m{n}"), NOW) for n in range(_BATCHES * BATCH)]
    whole, own = list[float](), list[float]()
    with closing(_database(folder / "cost.db")) as database:
        for begin in range(0, len(rows), BATCH):
            batch = rows[begin : begin + BATCH]
            began = time.process_time()
            _write(database, batch)
            whole.append((time.process_time() - began) / BATCH * 1e6)
            again = batch_of(batch)
            database.execute("BEGIN IMMEDIATE")
            began = time.process_time()
            append(database, entries_of(again, [], []))
            own.append((time.process_time() - began) / BATCH * 1e6)
            database.execute("ROLLBACK")
    return {"filing_us": round(median(whole), 1), "of_which_record_us": round(median(own), 1)}


def _database(path: Path) -> sqlite3.Connection:
    prepare(path)
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-200000", "wal_autocheckpoint=100000"):
        database.execute(f"PRAGMA {pragma}").fetchone()
    return database


def _write(database: sqlite3.Connection, rows: Sequence[Rows]) -> None:
    database.execute("BEGIN IMMEDIATE")
    write(database, batch_of(rows))
    database.execute("COMMIT")


def _lives(tickets: int) -> Iterator[list[Rows]]:
    """Batches as a desk writes them: many are filed, later many are worked on and looked at."""
    for begin in range(0, tickets, BATCH):
        numbers = [f"260304-{n:07d}" for n in range(begin, min(begin + BATCH, tickets))]
        yield [_kept(number, 2, Action.DISPATCH, Status.DISPATCHED, first=1) for number in numbers]
        for seq, action, status in (
            (3, Action.TAKE, Status.IN_PROGRESS),
            (4, Action.ANSWER, Status.ANSWERED),
            (5, Action.CLOSE, Status.CLOSED),
        ):
            yield [_kept(number, seq, action, status, first=seq) for number in numbers]
        looks = [
            Looked(by="s1", what=what, at=NOW, ticket=n) for n in numbers for what in ("card", "push", "page", "card")
        ]
        yield [rows_of(Changes(at=NOW, looked=looks), NOW)]


def _kept(number: str, seq: int, action: Action, status: Status, first: int) -> Rows:
    changes = Changes(at=NOW)
    events = [event(number, n, Action.FILE if n == 1 else action, status, "s1") for n in range(first, seq + 1)]
    changes.ticket(replace(ticket(number, seq, status)), *events)
    return rows_of(changes, NOW)


def _fill(path: Path, entries: int) -> None:
    with closing(_database(path)) as database:
        for rows in _lives(-(-entries // _PER_TICKET)):
            _write(database, rows)


def _verified(path: Path, entries: int) -> dict[str, Any]:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN")
        began, spent = time.perf_counter(), time.process_time()
        report = verify(database, [head_of(database)], lambda _done, _of: None)
        seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    if report.entries < entries or not report.whole or report.heads != 1:
        raise LoadError(f"a record that nobody touched is not whole: {report.problems[:3]}")
    return {
        "entries": report.entries,
        "bound_rows": report.rows,
        "verify_seconds": round(seconds, 2),
        "verify_cpu_seconds": round(cpu, 2),
        "entries_per_second": round(report.entries / seconds),
        "rows_per_second": round((report.entries + report.rows) / seconds),
    }


def _tampered(folder: Path, tamperings: int) -> dict[str, Any]:
    ways: Counter[str] = Counter()
    with closing(desk(folder)) as database:
        forget(database, CHEN)
        heads = [head_of(database)]
        tamperer = Tamperer(database, random.Random(20260304))
        for _ in range(tamperings):
            database.execute("BEGIN")
            said = tamperer.tamper()
            if checked(database, heads).whole:
                raise LoadError(f"this was not found: {said}")
            database.execute("ROLLBACK")
            ways[said.partition(" ")[0]] += 1
    return {"tamperings": tamperings, "found": tamperings, "ways": dict(ways)}
