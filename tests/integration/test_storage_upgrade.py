"""A database that an older program wrote is brought up to date, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from msgspec.structs import replace
from sqlalchemy import text

from bot.changes import Changes
from bot.clock import FixedClock
from bot.domain.ticket import Action, Event, Status
from bot.ports import Wanted
from storage.migrations.run import engine_for, scripts
from storage.opening import read_revision
from storage.rows import rows_of
from storage.schema import REVISION
from storage.store import FILE, SqliteStore
from tests.fakes.changesets import NOW, filing, kept, person, push, ticket, timer

WHO = person()


def old_database(folder: Path, changes: Sequence[Changes]) -> Path:
    """A database as the first revision left it, with what such change-sets wrote then."""
    path = folder / FILE
    engine = engine_for(path)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            scripts().get_revision("0001").module.upgrade()
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    engine.dispose()
    with closing(sqlite3.connect(path)) as database, database:
        for rows in (rows_of(each, NOW) for each in changes):
            insert(database, "inbox", [rows.inbox] if rows.inbox else [])
            insert(database, "turn", [rows.turn] if rows.turn else [])
            insert(database, "session", [rows.session] if rows.session else [])
            insert(database, "ticket", rows.tickets)
            insert(database, "ticket_event", rows.events)
            insert(database, "reporter", rows.reporters)
            insert(database, "timer", rows.timers)
            insert(database, "push", rows.pushes)
        database.execute("UPDATE push SET state = 'ready'")  # the first in line
    return path


def insert(database: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write as much of each row as the table had columns for."""
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")') if row[1] != "id"]
    marks = ", ".join("?" * len(columns))
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  # names of the schema itself
    database.executemany(sql, [row[: len(columns)] for row in rows])


async def test_everything_of_the_first_revision_is_kept_and_can_be_found(tmp_path: Path) -> None:
    filed = filing(WHO, 1, "260304-00017", key="m1")
    filed.pushes.append(push("p1", WHO, ticket="260304-00017"))
    later = kept(replace(ticket("260304-00024"), closed_at=NOW, status=Status.CLOSED))
    more = Event("260304-00017", 3, NOW, Action.SUPPLEMENT, Status.DISPATCHED, "desk", {"text": "补充大坑"})
    later.events.append(more)
    path = old_database(tmp_path, [filed, later])
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    assert read_revision(path) == REVISION
    read = store.reader
    assert await read.ticket("260304-00017") == ticket("260304-00017", 2, Status.DISPATCHED)
    assert [t.number for t in await read.tickets_of(WHO)] == ["260304-00017"]
    assert [t.number for t in await read.tickets(Wanted())] == ["260304-00017"]
    assert [t.number for t in await read.ending("017", Wanted())] == ["260304-00017"]
    assert await store.due_timers(timer().due_at, 10) == [timer("due", "260304-00017")]
    (claimed,) = await store.claim_pushes("wechat", NOW, 10)
    assert claimed.push == push("p1", WHO, ticket="260304-00017")
    while await store.index_words():
        pass
    everything = Wanted(statuses=tuple(Status))
    assert [t.number for t in await read.found("路灯", everything)] == ["260304-00024", "260304-00017"]
    assert [t.number for t in await read.found("大坑", everything)] == ["260304-00017"]
    await store.close()


async def test_an_upgrade_is_made_once(tmp_path: Path) -> None:
    old_database(tmp_path, [filing(WHO, 1, "260304-00017")])
    for _ in range(2):
        store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
        assert await store.reader.owns(WHO, "260304-00017")
        await store.close()
