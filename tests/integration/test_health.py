"""The doctor looks at the database, its clock, what is before it, and whether backups could be put back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import FixedClock
from bot.console import health
from bot.doctor import Finding, Level
from bot.errors import ConfigurationError
from bot.settings import load
from storage.postgres.driver import connected
from storage.postgres.inspecting import Server, inspect
from storage.postgres.preparing import prepare, refuse_to_strand, suits
from storage.schema import REVISION
from tests.fakes import postgres
from tests.fakes.pgbouncer import Pooler, program

NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
SOUND = Server(
    version="18.4",
    number=180004,
    now=NOW,
    pooled=False,
    revision=REVISION,
    suits=True,
    bytes=10 << 20,
    encoding="UTF8",
    durable=True,
    standby=False,
    connections=3,
    most_connections=100,
)


def said(server: Server, listens: bool = False, took: float = 0.0) -> list[Finding]:
    found = health.server(server, NOW, timedelta(seconds=took), listens)
    return [finding for finding in found if finding.level is not Level.OK]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    found = postgres.desk_database()
    yield found
    postgres.drop(found)


def test_a_sound_server_needs_nothing() -> None:
    assert said(SOUND) == []
    assert said(replace(SOUND, pooled=True), listens=True) == []
    assert said(replace(SOUND, now=NOW + timedelta(seconds=4)), took=3.0) == []  # it was asked for so long


@pytest.mark.parametrize(
    ("server", "what", "level"),
    [
        (replace(SOUND, number=130000, version="13.1"), "postgresql", Level.WARNING),
        (replace(SOUND, suits=False, revision="9999"), "schema", Level.WARNING),
        (replace(SOUND, encoding="SQL_ASCII"), "encoding", Level.PROBLEM),
        (replace(SOUND, standby=True), "postgresql", Level.PROBLEM),
        (replace(SOUND, durable=False), "durability", Level.PROBLEM),
        (replace(SOUND, connections=90), "connections", Level.WARNING),
        (replace(SOUND, now=NOW - timedelta(seconds=3)), "clock", Level.PROBLEM),
        (replace(SOUND, pooled=True), "pooler", Level.WARNING),
    ],
)
def test_what_is_wrong_with_it_is_said_and_what_to_do(server: Server, what: str, level: Level) -> None:
    (found,) = said(server)
    assert (found.what, found.level) == (what, level)
    assert found.do


def test_a_real_server_is_asked(url: str) -> None:
    found = inspect(url)
    assert found.number >= 160000
    assert (found.revision, found.suits, found.pooled, found.encoding) == (REVISION, True, False, "UTF8")
    assert not found.durable  # the tests' server does not wait for the disk
    assert abs((datetime.now(UTC) - found.now).total_seconds()) < 60
    with pytest.raises(ConfigurationError) as refused:
        inspect("postgresql://desk:a-secret@127.0.0.1:9/desk")
    assert "a-secret" not in str(refused.value)


async def test_either_database_is_examined(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG_DATA", str(tmp_path))
    nothing = await health.findings(load(), FixedClock(NOW))
    assert {finding.what for finding in nothing} == {"limits", "backup", "drill"}
    assert not await health.is_there(load())
    monkeypatch.setenv("MINSHENG_STORAGE__URL", url)
    found = {finding.what: finding for finding in await health.findings(load(), FixedClock(NOW))}
    assert found["clock"].level is Level.PROBLEM  # the clock of this test stands still
    assert found["durability"].level is Level.PROBLEM
    assert await health.is_there(load())


@pytest.mark.skipif(program() is None, reason="PgBouncer is not on this machine: apt-get install pgbouncer")
def test_a_pooler_is_recognised(url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="minsheng-pgbouncer-") as folder:
        Path(folder).chmod(0o755)
        with Pooler(url, Path(folder) / "run") as pooler:
            assert inspect(pooler.url).pooled


@pytest.mark.parametrize(("files", "level"), [(1024, Level.WARNING), (4096, Level.OK), (-1, Level.OK)])
def test_few_files_are_warned_of(files: int, level: Level) -> None:
    assert [finding.level for finding in health.limits(files)] == [level]


def test_backups_that_are_old_or_never_were_are_warned_of() -> None:
    day = timedelta(days=1)
    fresh = {"backup": NOW - day / 2, "drill": NOW - 6 * day}
    old = {"backup": NOW - 2 * day, "drill": NOW - 8 * day}
    for at, level in (({}, Level.WARNING), (fresh, Level.OK), (old, Level.WARNING)):
        assert [finding.level for finding in health.saved(at, NOW)] == [level, level]


def test_whose_data_it_is_is_told() -> None:
    known = {"wechat": "wx1", "outbox": "live"}
    assert list(health.belonging(known, {"wechat": "wx1", "outbox": "live"})) == []
    (foreign,) = health.belonging(known, {"wechat": "wx2", "outbox": "live"})
    assert (foreign.level, foreign.what) == (Level.PROBLEM, "belonging")
    mode, trial = health.belonging(known, {"outbox": "dry wechat"})
    assert (mode.level, trial.level) == (Level.PROBLEM, Level.WARNING)


def test_no_upgrade_strands_workers_that_could_not_go_on() -> None:
    url = postgres.desk_database()
    driver = connected(url)
    refuse_to_strand(driver, "0004", compatible_from="0004")
    driver.execute("INSERT INTO lease VALUES ('worker:old', 'old', 1, 1)")
    refuse_to_strand(driver, "0004", compatible_from="0009")  # long gone
    driver.execute("UPDATE lease SET expires_at = 9000000000000000")
    refuse_to_strand(driver, "0009", compatible_from="0009")
    with pytest.raises(ConfigurationError, match="1 workers of an older program"):
        refuse_to_strand(driver, "0008", compatible_from="0009")
    driver.execute("DROP TABLE lease")
    refuse_to_strand(driver, "0004", compatible_from="0009")  # of a time before there were workers
    driver.connection.close()
    postgres.drop(url)


def test_a_newer_schema_on_a_server_is_left_or_refused_as_it_promised() -> None:
    url = postgres.desk_database()
    driver = connected(url)
    driver.execute("UPDATE alembic_version SET version_num = '9999'")
    assert suits(driver) == ("9999", True)
    prepare(driver)
    driver.execute("UPDATE schema_promise SET compatible_from = '9998'")
    assert suits(driver) == ("9999", False)
    with pytest.raises(ConfigurationError, match="newer than this program"):
        prepare(driver)
    driver.execute("DROP TABLE schema_promise")
    assert suits(driver) == ("9999", False)
    assert driver.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    driver.connection.close()
    postgres.drop(url)
