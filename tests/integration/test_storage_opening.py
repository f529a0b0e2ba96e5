"""Opening, closing and refusing a data folder."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from bot.clock import FixedClock
from bot.errors import ConfigurationError, StoreUnavailable
from storage.migrations.run import engine_for, scripts
from storage.opening import prepare, wal_reset_risk
from storage.reports import Reports
from storage.schema import REVISION, metadata
from storage.store import SqliteStore, database_file
from tests.fakes.changesets import NOW, filing, person, turn

EXPRESSIONS = ("ix_ticket_ending", "ix_ticket_event_due")
"""Indexes of what is computed: the tools cannot compare them."""


async def opened(folder: Path, **options: float) -> SqliteStore:
    return await SqliteStore.open(
        "", folder, clock=FixedClock(NOW), patience=0, busy_ms=int(options.get("busy_ms", 50))
    )


def compared(name: str | None, type_: str, _parents: object) -> bool:
    """What Alembic can compare: neither the search index, a virtual table with tables of its own, nor expressions."""
    return not (type_ == "table" and str(name).startswith("search_words")) and name not in EXPRESSIONS


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index ix_ticket_")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_lead_to_the_tables(tmp_path: Path) -> None:
    prepare(tmp_path / "db")
    engine = engine_for(tmp_path / "db")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": compared,
                "include_object": lambda _object, name, type_, _reflected, _to: compared(name, type_, None),
            },
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh'}")
    metadata.create_all(fresh)
    fresh.dispose()
    assert shapes(tmp_path / "db") == shapes(tmp_path / "fresh")


def shapes(path: Path) -> dict[str, str]:
    """Every table and index as SQL, less the order of its parts and the white space."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}


def test_the_newest_revision_is_the_one_the_code_expects() -> None:
    assert scripts().get_heads() == [REVISION]


async def test_a_second_process_is_refused_and_told_where(tmp_path: Path) -> None:
    store = await opened(tmp_path / "data")
    with pytest.raises(ConfigurationError) as refused:
        await opened(tmp_path / "data")
    assert str(tmp_path / "data") in str(refused.value)
    await store.close()
    await (await opened(tmp_path / "data")).close()


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    await (await opened(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "minsheng.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE schema_promise SET compatible_from = '9998'")
    with pytest.raises(ConfigurationError, match="9999 is newer than this program"):
        await opened(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"), [(b"SQLite format 3\0 or so" * 50, "cannot be read"), (None, "belongs to something else")]
)
async def test_what_is_not_ours_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "minsheng.db"
    if content is None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE recipes (name TEXT)")
    else:
        file.write_bytes(content)
    for _ in range(2):  # the lock is given back each time
        with pytest.raises(ConfigurationError, match=words):
            await opened(tmp_path)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        await opened(tmp_path / "file" / "data")


async def test_a_creation_that_was_cut_off_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "minsheng.db").write_bytes(b"")
    store = await opened(tmp_path)
    await store.commit(turn(person(), 1))
    await store.close()


async def test_closing_moves_the_log_into_the_database(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.commit(turn(person(), 1))
    await store.close()
    assert not (tmp_path / "minsheng.db-wal").exists()
    with pytest.raises(StoreUnavailable):
        await store.commit(turn(person(), 2))
    with pytest.raises(StoreUnavailable):
        await store.reader.session(person())
    with pytest.raises(StoreUnavailable):
        await store.reader.talk(person())


async def test_the_database_is_set_up_to_keep_what_it_says(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    names = ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema"]
    values = await store._writer.run(lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in names])
    assert dict(zip(names, values, strict=True)) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    with pytest.raises(StoreUnavailable):
        await store.reports._readers.rows("DELETE FROM session")
    await store.close()


def test_where_the_database_is() -> None:
    data = Path("/data")
    assert database_file("", data) == data / "minsheng.db"
    assert database_file("/elsewhere/x.db", data) == Path("/elsewhere/x.db")
    assert database_file("sqlite:////elsewhere/x.db", data) == Path("/elsewhere/x.db")
    for url in ("postgresql://user:secret@host/db", "sqlite://", "nonsense://x y"):
        with pytest.raises(ConfigurationError) as refused:
            database_file(url, data)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("version", "risk"),
    [
        ("3.6.23", False),
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.52.0", False),
        ("4.0", False),
    ],
)
def test_which_sqlite_is_at_risk(version: str, risk: bool) -> None:
    assert wal_reset_risk(version) is risk


async def test_reports_work_beside_a_running_desk_and_without_one(tmp_path: Path) -> None:
    path = tmp_path / "minsheng.db"
    with pytest.raises(ConfigurationError, match="no database here yet"):
        Reports.opened(path)
    store = await opened(tmp_path)
    for n in range(1, 8):
        changes = filing(person(n), 1, f"260304-{n:05d}")
        await store.commit(changes)
    for closed in (False, True):
        if closed:
            await store.close()
        reports = Reports.opened(path)
        assert [(r.ticket.number, r.reporters) async for r in reports.tickets(at_once=3)] == [
            (f"260304-{n:05d}", 1) for n in range(1, 8)
        ]
        assert (await reports.health()).problem == ""
        figures = await reports.figures()
        assert (figures.pending_timers, dict(figures.open_tickets)) == (7, {"dispatched": 7})
        await reports.aclose()
