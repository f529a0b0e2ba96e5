"""The program of the release before may go on working on the schema of this one.

What is shown: every step since only adds, and adds so that who does not know of it need not care; what that program
said to its database, recorded when it was released (tests/recording.py), is still understood and still stored; and a
program goes on beside, or after, a newer one that promised so. Not shown: what old code makes of new *values*, which is
a rule for people (docs/adr/0032-rolling-upgrade.md).
"""

from __future__ import annotations

import inspect
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from bot.changes import Timer
from bot.clock import FixedClock
from bot.errors import ConfigurationError
from bot.message import Reply
from bot.runtime.dispatcher import Dispatcher
from bot.turn import Turn
from handlers.router import OWN_TIMERS, Router
from handlers.timers.table import TIMERS
from storage.migrations.run import engine_for, scripts
from storage.opening import known, prepare, read_revision
from storage.promise import COMPATIBLE_FROM, holds
from storage.reports import Reports
from storage.schema import REVISION
from storage.store import FILE, SqliteStore
from tests.fakes.changesets import NOW, filing, person
from tests.fakes.small_desk import SmallDesk

RECORDED = sorted((Path(__file__).parents[1] / "recorded").glob("statements_*.json"))


def revision_of(path: Path) -> str:
    return path.stem.removeprefix("statements_")


def steps() -> list[str]:
    """All revisions, the first one first."""
    return [script.revision for script in scripts().walk_revisions()][::-1]


@dataclass(frozen=True)
class Shape:
    """What a program could notice of a schema: (type, may be empty, has a default) of each column by table and name;
    what must be unique; what else stands in the way of writing."""

    columns: dict[tuple[str, str], tuple[str, bool, bool]]
    unique: frozenset[tuple[str, tuple[str, ...], str]]
    guards: frozenset[str]


def shape_of(engine: Engine) -> Shape:
    columns: dict[tuple[str, str], tuple[str, bool, bool]] = {}
    unique: set[tuple[str, tuple[str, ...], str]] = set()
    with engine.connect() as connection:
        made = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        for table in (name for kind, name, _, _ in made if kind == "table" and not name.startswith("search_words")):
            for _, name, type_, filled, default, key in connection.exec_driver_sql(f"PRAGMA table_info('{table}')"):
                counted = key == 1 and type_ == "INTEGER"  # numbered by the database itself
                columns[table, name] = (type_, not filled, default is not None or counted)
            for _, index, is_unique, origin, partial in connection.exec_driver_sql(f"PRAGMA index_list('{table}')"):
                if is_unique:
                    parts = connection.exec_driver_sql(f"PRAGMA index_info('{index}')").fetchall()
                    unique.add((table, tuple(str(part[2]) for part in parts), "some" if partial else origin))
    guards = {f"{kind} {name} on {table}" for kind, name, table, _ in made if kind == "trigger"}
    guards |= {f"check on {table}" for kind, _, table, sql in made if kind == "table" and "CHECK (" in str(sql)}
    return Shape(columns, frozenset(unique), frozenset(guards))


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shape]:
    """The schema after each revision."""
    engine = engine_for(tmp_path_factory.mktemp("steps") / "db")
    found = {}
    for revision in steps():
        with engine.begin() as connection:
            context = MigrationContext.configure(connection)
            with Operations.context(context):
                scripts().get_revision(revision).module.upgrade()
        found[revision] = shape_of(engine)
    engine.dispose()
    return found


def broken(old: Shape, new: Shape) -> list[str]:
    """Why a program that knows ``old`` could not go on with ``new``."""
    tables = {table for table, _ in old.columns}
    why = [f"{table}.{name} is gone" for table, name in old.columns.keys() - new.columns.keys()]
    for at, (type_, nullable, default) in old.columns.items():
        after = new.columns.get(at, (type_, nullable, default))
        if after[0] != type_:
            why.append(f"{at} is {after[0]}, was {type_}")
        if nullable and not after[1]:
            why.append(f"{at} must not be empty any more")
        if default and not after[2]:
            why.append(f"{at} has no default any more")
    for table, name in new.columns.keys() - old.columns.keys():
        _, nullable, default = new.columns[table, name]
        if table in tables and not nullable and not default:
            why.append(f"{table}.{name} was added, must not be empty and has no default")
    why += [f"{each} must be unique now" for each in new.unique - old.unique if each[0] in tables]
    why += [each for each in new.guards - old.guards if each.rpartition(" ")[2] in tables]
    return why


def test_every_step_since_the_promised_one_only_adds(shapes: dict[str, Shape]) -> None:
    assert COMPATIBLE_FROM in shapes
    since = [revision for revision in steps() if revision >= COMPATIBLE_FROM]
    for place, revision in enumerate(since):
        for later in since[place + 1 :]:
            assert broken(shapes[revision], shapes[later]) == [], f"{revision} -> {later}"


def test_a_step_that_takes_something_away_is_found(shapes: dict[str, Shape]) -> None:
    new = shapes[REVISION]
    ticket = ("ticket", "number")
    without = {at: column for at, column in new.columns.items() if at != ticket}
    assert broken(new, Shape(without, new.unique, new.guards)) == ["ticket.number is gone"]
    harder = {**new.columns, ("ticket", "more"): ("TEXT", False, False), ("ticket", "due_at"): ("BIGINT", False, False)}
    assert len(broken(new, Shape(harder, new.unique, new.guards))) == 2
    fewer = frozenset({*new.unique, ("ticket", ("alias",), "c")})
    assert len(broken(new, Shape(new.columns, fewer, new.guards))) == 1
    guarded = frozenset({*new.guards, "trigger t on ticket"})
    assert broken(new, Shape(new.columns, new.unique, guarded)) == ["trigger t on ticket"]
    assert broken(shapes["0001"], shapes["0002"]) == []


def test_what_the_last_release_said_is_still_understood(tmp_path: Path) -> None:
    """Each statement by itself, on an empty database: every table and column is there, and every row it writes is
    taken though it knows nothing of what came since."""
    prepare(tmp_path / FILE)
    played = [path for path in RECORDED if revision_of(path) >= COMPATIBLE_FROM]
    assert played, "no release that may still be running was recorded"
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        for path in played:
            statements = json.loads(path.read_text("utf-8"))
            assert len(statements) > 500
            for sql in statements:
                connection.execute("BEGIN")
                before = connection.total_changes
                connection.execute(sql).fetchall()
                changed = connection.total_changes - before
                if sql.startswith("INSERT INTO") and " VALUES " in sql and "search_words" not in sql:
                    assert changed >= 1, sql
                connection.execute("ROLLBACK")


def as_of(path: Path, revision: str, compatible_from: str) -> None:
    """Let a database look as a newer program left it: a new table, a column with a default, and what it promised."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE brand_new (id TEXT PRIMARY KEY)")
        connection.execute("ALTER TABLE ticket ADD COLUMN brand_new TEXT NOT NULL DEFAULT ''")
        connection.execute("ALTER TABLE push ADD COLUMN brand_new BIGINT")
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.execute("UPDATE schema_promise SET compatible_from = ?", (compatible_from,))


async def test_a_program_goes_on_with_a_newer_schema_that_promised_so(tmp_path: Path) -> None:
    path = tmp_path / FILE
    prepare(path)
    as_of(path, "9999", REVISION)
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    await store.commit(filing(person(), 1, "260304-00017"))
    assert await store.reader.owns(person(), "260304-00017")
    await store.close()
    reports = Reports.opened(path)
    assert [report.ticket.number async for report in reports.tickets()] == ["260304-00017"]
    await reports.aclose()
    assert read_revision(path) == "9999"  # left as it was


def test_a_newer_schema_that_promised_nothing_to_this_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE
    prepare(path)
    as_of(path, "9999", "9998")
    with pytest.raises(ConfigurationError, match="newer than this program"):
        prepare(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM schema_promise")
    assert not known(path, "9999")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE schema_promise")
    assert not known(path, "9999")


def test_an_upgrade_renews_the_promise(tmp_path: Path) -> None:
    path = tmp_path / FILE
    prepare(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute("SELECT compatible_from FROM schema_promise").fetchall() == [(COMPATIBLE_FROM,)]
        assert holds(connection, REVISION)
        assert not holds(connection, "0001")
        assert holds(connection, "9999", COMPATIBLE_FROM)
        assert not holds(connection, "9999", "0003")


async def test_a_timer_that_only_a_newer_program_knows_is_left_to_it_for_a_while() -> None:
    fired: list[str] = []

    async def fire(turn: Turn) -> Reply | None:
        assert turn.timer is not None
        fired.append(turn.timer.kind)
        if turn.timer.kind == "brand_new":
            raise ValueError("no use case")
        return None

    small = SmallDesk(fire=fire)
    dispatcher = Dispatcher(replace(small.desk, knows=lambda kind: kind != "brand_new"))
    now = small.clock.now()
    ours, newer = Timer("due", "T1", now), Timer("brand_new", "T1", now)
    assert await dispatcher.fire(ours)
    assert not await dispatcher.fire(newer)
    assert fired == ["due"]
    small.clock.advance(timedelta(hours=2))  # nobody came who knows it: somebody must look
    assert not await dispatcher.fire(newer)
    assert fired == ["due", "brand_new"]


def test_the_router_knows_every_timer_that_it_fires() -> None:
    own = set(re.findall(r'case "(\w+)":', inspect.getsource(Router.fire)))
    assert own == OWN_TIMERS
    router = Router({}, {})
    assert all(map(router.knows, own | TIMERS.keys()))
    assert not router.knows("brand_new")
