"""Whether the desk is as fast with a million tickets as with none.

The old tickets are copies of one real dialogue: the product takes a complaint and a confirmation, and every row it
wrote, in every table, is written again for other people and other numbers. So they look as the product's own rows look,
and this file need not know the tables. Old people's keys are spread over the whole key space, and so are the load's.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contestants import Contestant, Field
from bench.figures import median, ratio
from bench.load import LoadError

_PERSON = re.compile(r"oProbe\d{22}")
_TOKEN = re.compile(r"\b[0-9a-f]{16}\b")
_MESSAGE = re.compile(r"\b99\d{8}[01]\b")
_LEFT_OUT = frozenset({"alembic_version", "number_block", "search_mark"})
_INDEX = "search_words"
"""The search index and its own tables begin so; old tickets are left out of it, for their numbers are none."""


def run(
    field: Field, tickets: int, seconds: int, rounds: int, step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Messages a second with nothing stored and with so many tickets, and their ratio. Raises LoadError."""
    rates: dict[str, list[float]] = {"empty": [], "full": []}
    step("make the old tickets")
    full = field.product("full")
    with full.process:
        full.check()
    _multiply(full.database(), tickets)
    megabytes = full.database().stat().st_size / 2**20
    full = field.product("full")
    full.probes, before = 1, tickets
    with ExitStack() as running:
        desks = {"empty": field.product("empty"), "full": full}
        for desk in desks.values():
            running.enter_context(desk.process)
            desk.load.prime()
            desk.process.freeze()
        for number in range(rounds):
            for name in ("empty", "full") if number % 2 == 0 else ("full", "empty"):
                step(f"{name}: round {number + 1} of {rounds}")
                with desks[name].process.thawed():
                    rates[name].append(desks[name].load.run(seconds).rate)
        desks["empty"].verify()
        _verify_full(full, before)
    return {
        "empty": median(rates["empty"]),
        "full": median(rates["full"]),
        "full/empty": ratio(rates["full"], rates["empty"]),
        "tickets": tickets,
        "database_mb": round(megabytes),
        "verified": True,
        "units": "messages/s",
    }


def steps(rounds: int) -> int:
    """How often `run` calls ``step``."""
    return 2 * rounds + 1


def _verify_full(full: Contestant, before: int) -> None:
    found, most = full.count() - before, full.load.confirms + full.probes
    if not most - full.load.uncertain <= found <= most:
        raise LoadError(f"full: {full.load.confirms} confirmations were sent, yet there are {found} new tickets")


@dataclass(frozen=True, slots=True)
class _Change:
    """A piece of text that must be another one in every copy, and the SQL that makes it from ``i``."""

    old: str
    new: str


def _multiply(path: Path, copies: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode=DELETE", "synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        rows = list(_rows(database))
        changes = list(_changes(database, rows, copies))
        database.execute("BEGIN")
        for table, row in rows:
            names, values, params = [], [], []
            for name, value in row.items():
                expression = "?"
                params.append(value)
                if isinstance(value, str):
                    for change in changes:
                        if change.old in value:
                            expression = f"replace({expression}, ?, {change.new})"
                            params.append(change.old)
                names.append(f'"{name}"')
                values.append(expression)
            database.execute(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {copies}) "  # noqa: S608  # a number
                f'INSERT INTO "{table}" ({", ".join(names)}) SELECT {", ".join(values)} FROM n',
                params,
            )
        database.execute("UPDATE search_mark SET tickets = (SELECT max(rowid) FROM ticket)")
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode=WAL")


def _rows(database: sqlite3.Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row the dialogue wrote, without numbers that the database gives by itself."""
    tables = [str(name) for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table in _LEFT_OUT or table.startswith(("sqlite_", _INDEX)):
            continue
        columns = database.execute(f'PRAGMA table_info("{table}")').fetchall()
        kept = [c[1] for c in columns if not (c[1] == "id" and c[2].upper() == "INTEGER")]
        listed = ", ".join(f'"{name}"' for name in kept)
        for row in database.execute(f'SELECT {listed} FROM "{table}"'):  # noqa: S608  # names of the schema itself
            yield table, dict(zip(kept, row, strict=True))


def _changes(database: sqlite3.Connection, rows: list[tuple[str, dict[str, Any]]], copies: int) -> Iterator[_Change]:
    """What must differ: person, ticket number, ids of messages, drafts and files. Ascending, so that B-trees grow at
    their end."""
    said = "\n".join(value for _, row in rows for value in row.values() if isinstance(value, str))
    spread = 9_999_999_967 // (copies + 1)
    for person in sorted(set(_PERSON.findall(said))):
        yield _Change(person, f"printf('o%010dOlder%012d', i * {spread}, i)")
    for (number,) in database.execute("SELECT number FROM ticket"):
        yield _Change(number, f"printf('0%0{len(number) - 1}d', i)")
    for place, token in enumerate(sorted(set(_TOKEN.findall(said)))):
        yield _Change(token, f"printf('%x%015x', {place % 16}, i + {place // 16 * copies})")
    for place, key in enumerate(sorted(set(_MESSAGE.findall(said)))):
        yield _Change(key, f"printf('88%d%010d', {place}, i)")
