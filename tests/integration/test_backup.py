"""Backups: made beside a running desk, whole or not at all, and put back byte by byte."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clock import FixedClock
from bot.console import postgres_backups
from bot.errors import ConfigurationError
from bot.settings import load
from storage import backup, backup_list, restoring, soundness
from storage.backup_files import files, place
from storage.opening import prepare
from storage.postgres import dumping
from storage.postgres.store import PostgresStore
from storage.store import FILE
from tests.fakes import postgres
from tests.fakes.changesets import filing, person
from tests.fakes.desk_process import DeskProcess, run

NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
FLIPS = 200


def nobody(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a database, three files and a key."""
    folder = tmp_path / "data"
    folder.mkdir()
    prepare(folder / FILE)
    for words in (b"one", b"two" * 1000, b""):
        put(folder, words)
    (folder / "links.key").write_bytes(bytes(32))
    return folder


def put(folder: Path, content: bytes) -> str:
    name = hashlib.sha256(content).hexdigest()
    path = folder / "media" / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return name


def made(data: Path, folder: Path, now: datetime = NOW) -> backup.Made:
    return backup.make(data / FILE, data, folder, now, nobody)


def whole(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, by name."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_what_is_put_back_is_what_was_there(data: Path, tmp_path: Path) -> None:
    found = made(data, tmp_path / "backups")
    assert (found.files, found.new_files, found.missing, found.damaged) == (3, 3, (), ())
    assert restoring.restore(found.path, tmp_path / "again", nobody).files == 3
    again = whole(tmp_path / "again")
    before = whole(data)
    assert again.keys() == before.keys()
    assert {k: v for k, v in again.items() if k != FILE} == {k: v for k, v in before.items() if k != FILE}
    assert (tmp_path / "again" / "links.key").stat().st_mode & 0o777 == 0o600


def test_the_next_backup_copies_only_what_is_new(data: Path, tmp_path: Path) -> None:
    first = made(data, tmp_path / "backups")
    put(data, b"three")
    second = made(data, tmp_path / "backups", NOW.replace(hour=2))
    assert (second.files, second.new_files) == (4, 1)
    assert backup_list.newest(tmp_path / "backups") == second.path
    backup_list.verify(first.path, nobody)
    backup_list.verify(second.path, nobody)
    with pytest.raises(ConfigurationError, match="already"):
        made(data, tmp_path / "backups")


def test_files_that_are_damaged_or_gone_are_named(data: Path, tmp_path: Path) -> None:
    damaged, gone = put(data, b"will be damaged"), "ab" * 32
    (data / "media" / damaged[:2] / damaged[2:4] / damaged).write_bytes(b"was damaged")
    with closing(sqlite3.connect(data / FILE)) as connection, connection:
        connection.execute("INSERT INTO rendition VALUES ('a', 'thumb', ?, 'image/jpeg', 1, 1, 1, '', '', 1)", (gone,))
    found = made(data, tmp_path / "backups")
    assert (found.missing, found.damaged) == ((gone,), (damaged,))
    assert found.files == 3
    backup_list.verify(found.path, nobody)


def test_every_flipped_bit_is_seen_and_nothing_is_put_back(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made(data, folder)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    chance = random.Random(4)
    for flip in range(FLIPS):
        path = chance.choice(paths)
        content = path.read_bytes()
        at = chance.randrange(len(content))
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :])
        with pytest.raises(ConfigurationError):
            restoring.restore(backup_list.newest(folder), tmp_path / f"again{flip}", nobody)
        assert not (tmp_path / f"again{flip}" / FILE).exists()
        path.write_bytes(content)
    backup_list.verify(backup_list.newest(folder), nobody)


def test_what_is_no_backup_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no backup here"):
        backup_list.newest(tmp_path)
    found = made(data, tmp_path / "backups")
    (found.path / backup_list.SUM).unlink()
    with pytest.raises(ConfigurationError, match="never finished"):
        backup_list.verify(found.path, nobody)


def test_a_folder_with_data_is_left_alone(data: Path, tmp_path: Path) -> None:
    found, before = made(data, tmp_path / "backups"), whole(data)
    with pytest.raises(ConfigurationError, match="already"):
        restoring.restore(found.path, data, nobody)
    assert whole(data) == before


def test_a_backup_of_a_newer_program_is_refused(data: Path, tmp_path: Path) -> None:
    found = made(data, tmp_path / "backups")
    manifest = json.loads((found.path / backup_list.MANIFEST).read_text())
    manifest["revision"] = "9999"
    written = json.dumps(manifest).encode()
    (found.path / backup_list.MANIFEST).write_bytes(written)
    (found.path / backup_list.SUM).write_text(hashlib.sha256(written).hexdigest())
    with pytest.raises(ConfigurationError, match="newer"):
        restoring.restore(found.path, tmp_path / "again", nobody)


def test_the_drill(tmp_path: Path) -> None:
    """A desk runs and is backed up; its folder is lost; the desk goes on from the backup."""
    data, folder = tmp_path / "data", tmp_path / "backups"
    filled = run("demo-data", "--tickets", "200", "--sample", settings={"MINSHENG_DATA": str(data)})
    assert filled.returncode == 0, filled.stderr
    settings = {"MINSHENG_DATA": str(data)}
    with DeskProcess(data):
        done = run("backup", str(folder), settings=settings)
        assert done.returncode == 0, done.stderr
        before = run("tickets", "--json", settings=settings).stdout
    shutil.rmtree(data)
    checked = run("backup", "--verify", str(folder), settings=settings)
    assert checked.returncode == 0, checked.stderr
    tried = run("drill", str(folder), settings=settings)
    assert tried.returncode == 0, tried.stderr
    assert "200 tickets" in tried.stdout
    assert run("restore", str(folder), settings=settings).returncode == 0
    with DeskProcess(data) as desk:
        assert run("tickets", "--json", settings=settings).stdout == before
        assert desk.url
    refused = run("restore", str(folder), settings=settings)
    assert refused.returncode == 2
    assert "already" in refused.stderr
    assert len(before.splitlines()) == 200


def spoil(path: Path) -> None:
    """Another byte in the middle, the size the same."""
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def test_a_file_that_was_damaged_in_the_folder_of_backups_is_mended_by_the_next(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    first = made(data, folder)
    name = hashlib.sha256(b"two" * 1000).hexdigest()
    spoil(place(folder / "media", name))
    quick = backup.make(data / FILE, data, folder, NOW.replace(hour=2), nobody, quick=True)
    assert quick.new_files == 0  # its size is right
    mended = made(data, folder, NOW.replace(hour=3))
    assert (mended.files, mended.new_files) == (3, 1)
    backup_list.verify(first.path, nobody)


def test_what_is_whole_is_put_back_when_that_is_said_and_the_rest_is_named(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    spoilt, gone = hashlib.sha256(b"one").hexdigest(), hashlib.sha256(b"").hexdigest()
    with closing(sqlite3.connect(data / FILE)) as connection, connection:
        names = "id, address, type, ref, state, created_at, draft, ticket, message, name, mime, sha256, fingerprint"
        connection.execute(
            f"INSERT INTO attachment ({names}, problem, attempts) VALUES"  # noqa: S608  # constants
            " ('a', 'web:x', 'photo', '', 'stored', 1, '', '260304-00017', '', '', 'image/png', ?, '', '', 0)",
            (spoilt,),
        )
    found = made(data, folder)
    spoil(place(folder / "media", spoilt))
    place(folder / "media", gone).unlink()
    spoil(found.path / "links.key")
    with pytest.raises(ConfigurationError, match="and 2 more"):
        restoring.restore(found.path, tmp_path / "again", nobody)
    assert not (tmp_path / "again").exists()
    restored = restoring.restore(found.path, tmp_path / "again", nobody, partial=True)
    assert restored.files == 1
    lost = {(flaw.what, flaw.name, flaw.why) for flaw in restored.lost}
    assert lost == {
        ("key", "links.key", "is damaged"),
        ("file", spoilt, "is damaged"),
        ("file", gone, "is missing"),
    }
    assert dict(restored.tickets) == {spoilt: ("260304-00017",), gone: ()}
    assert {path.name for path in files(tmp_path / "again" / "media")} == {hashlib.sha256(b"two" * 1000).hexdigest()}
    assert not (tmp_path / "again" / "links.key").exists()


def test_a_damaged_database_is_never_put_back(data: Path, tmp_path: Path) -> None:
    found = made(data, tmp_path / "backups")
    spoil(found.path / FILE)
    with pytest.raises(ConfigurationError, match="is damaged"):
        restoring.restore(found.path, tmp_path / "again", nobody, partial=True)
    assert not (tmp_path / "again").exists()


@pytest.fixture
def server_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the very version that the server of the tests has."""
    folder = postgres.programs()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


async def test_a_postgresql_database_is_backed_up_and_put_back(
    data: Path, tmp_path: Path, server_programs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / FILE).unlink()
    there, again, scratch = postgres.desk_database(), postgres.database(), postgres.database()
    store = await PostgresStore.open(there, clock=FixedClock(NOW), must_answer=True)
    await store.commit(filing(person(), 1, "260304-00017"))
    await store.close()
    settings = {"MINSHENG_DATA": str(data), "MINSHENG_STORAGE__URL": there, "MINSHENG_STORAGE__DRILL_URL": scratch}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "backups"
    done = postgres_backups.make(load(), folder, NOW, nobody, quick=False, elsewhere=None)
    assert (done.files, done.missing) == (3, ())
    assert (done.path / "minsheng.dump").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigurationError, match="backup of PostgreSQL"):
        restoring.restore(done.path, tmp_path / "lite", nobody)
    with pytest.raises(ConfigurationError, match="something in this database"):
        postgres_backups.put_back(there, tmp_path / "again", done.path, nobody)
    found = postgres_backups.put_back(again, tmp_path / "again", done.path, nobody)
    assert found.files == 3
    store = await PostgresStore.open(again, clock=FixedClock(NOW), must_answer=True)
    assert await store.reader.owns(person(), "260304-00017")
    await store.close()
    spoil(done.path / "minsheng.dump")
    with pytest.raises(ConfigurationError, match="is damaged"):
        postgres_backups.put_back(scratch, tmp_path / "never", done.path, nobody)
    spoil(done.path / "minsheng.dump")
    drilled = await asyncio.to_thread(run, "drill", str(folder), settings=settings)
    assert drilled.returncode == 0, drilled.stderr
    assert "1 tickets and 3 files were back" in drilled.stdout
    dumping.check_empty(scratch)
    for url in (there, again, scratch):
        postgres.drop(url)


def test_without_the_servers_programs_it_is_said_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.desk_database()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="pg_dump --format=custom") as refused:
        dumping.dump(url, tmp_path, nobody)
    assert refused.value.where == "pg_dump"
    postgres.drop(url)


def test_a_password_is_in_no_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        dumping.dump("postgresql://desk:a-secret@127.0.0.1:9/desk", tmp_path, nobody)
    assert "a-secret" not in str(refused.value)


def test_a_drill_objects_to_what_does_not_fit_together(data: Path) -> None:
    with closing(sqlite3.connect(data / FILE, isolation_level=None)) as connection:
        assert soundness.objections(connection) == []
        connection.execute("INSERT INTO reporter VALUES ('260304-00017', 'web:x', 'filer', 1)")
        connection.execute("INSERT INTO session VALUES ('web:x', 3, '{}')")
        connection.execute("INSERT INTO ticket_event VALUES ('260304-00017', 2, 1, 'file', 'filed', 'x', '{}')")
        connection.execute("INSERT INTO timer VALUES ('due', 'x', 1, 1, NULL)")
        connection.execute("INSERT INTO fired VALUES ('due', 'x', 1, 1, 2)")
        assert soundness.objections(connection) == [
            "1 steps of tickets that are missing",
            "1 people of tickets that are missing",
            "1 sessions whose turn is missing",
            "1 timers that fired and still wait",
            "audit record: ticket_event: 1 rows of which no entry speaks: 260304-00017/2",
        ]
        name = hashlib.sha256(b"one").hexdigest()
        connection.execute("INSERT INTO rendition VALUES ('a', 'thumb', ?, 'image/jpeg', 1, 1, 1, '', '', 1)", (name,))
        assert soundness.files_missing(connection, {name}) == 0
        assert soundness.files_missing(connection, set()) == 1
