"""The made-up year: what is known of it beforehand is what the desk finds in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.changes import Changes, Reporter
from bot.clock import FixedClock
from bot.console.filling import KNOWN, fill, write_year
from bot.demo_town.making import DEPARTMENTS, TOWNS, VILLAGES, make_town, towns_for
from bot.domain.boards import periods
from bot.domain.boards.facts import Rules
from bot.domain.boards.figures import counted, figures_of
from bot.domain.boards.worked import Worked
from bot.domain.guide import Guide
from bot.domain.numbers import parse
from bot.domain.people import Address
from bot.domain.ticket import LIFECYCLE, STEPS, Action, Status
from bot.domain.work import NO_WORK
from bot.errors import ConfigurationError
from bot.settings import Settings
from bot.townfile import load_town
from storage import boards
from storage.bulk import TABLES
from storage.codec import read_work
from storage.opening import FolderLock, prepare
from storage.rows import rows_of
from storage.store import FILE, SqliteStore
from storage.values import event_of, ticket_of
from tests.fakes.town_hall import sample_town

UNTIL = datetime(2026, 9, 30, 16, tzinfo=UTC)
TICKETS = 1500
CLOCK = FixedClock(UNTIL)


@cache
def guide() -> Guide:
    return Guide.of(sample_town())


def settings_in(folder: Path) -> Settings:
    return Settings(data=folder)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("year") / FILE
    write_year(path, guide(), TICKETS, 7, UNTIL, 0, lambda count: None, CLOCK)
    return path


@pytest.fixture
def database(year: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{year.as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def known(year: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((year.parent / KNOWN).read_text("utf-8"))
    return found


def test_the_boards_are_those_that_were_known(year: Path, database: sqlite3.Connection) -> None:
    visible = frozenset(k.code for k in guide().town.kinds.values() if k.joinable)
    worked = cache(lambda unit: Worked(guide().calendar))  # the year is told by one calendar for all
    months = known(year)["boards"]
    assert len(months) >= 12
    for key, wanted in months.items():
        period = periods.read(key, guide().calendar.zone)
        assert period is not None
        facts = boards.facts(database, period)
        sums = counted(facts, period, Rules(evidence_kinds=visible), worked, UNTIL)
        assert set(sums) == set(wanted), key
        for unit, of_unit in sums.items():
            figures = {"tickets": of_unit.tickets, "excluded": of_unit.excluded, **figures_of(of_unit)}
            del figures["specials"]
            assert figures == {name: pytest.approx(value) for name, value in wanted[unit].items()}, (key, unit)


def test_rows_are_those_the_store_makes(database: sqlite3.Connection) -> None:
    for row in database.execute("SELECT * FROM ticket").fetchall():
        ticket = ticket_of(row[:30])
        changes = Changes(tickets={ticket.number: ticket})
        (again,) = rows_of(changes, UNTIL).tickets
        assert _but_for_json(again) == _but_for_json(row)
    since = UNTIL - timedelta(days=1)
    for number, address, role, at in database.execute("SELECT * FROM reporter LIMIT 50"):
        reporter = Reporter(number, Address.parse(address), role, since)
        assert rows_of(Changes(reporters=[reporter]), UNTIL).reporters[0][:3] == (number, address, role)
        assert at <= UNTIL.timestamp() * 1e6


def _but_for_json(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Ticket rows with their work as it is understood, whatever the order of its parts."""
    return (*row[:29], read_work(row[29]) if row[29] else NO_WORK, *row[30:])


def test_every_step_is_one_the_lifecycle_allows_and_in_order(database: sqlite3.Connection) -> None:
    lives: dict[str, list[Any]] = {}
    for row in database.execute("SELECT * FROM ticket_event ORDER BY ticket, seq"):
        lives.setdefault(row[0], []).append(event_of(row))
    statuses = dict(database.execute("SELECT number, status FROM ticket"))
    for number, events in lives.items():
        assert parse(number) == number
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert events == sorted(events, key=lambda event: (event.at, event.seq)), number
        status = Status.FILED
        for event in events[1:]:
            stays = status in STEPS.get(event.action, ()) or event.action in (Action.URGE, Action.EXEMPT, Action.REVIEW)
            wanted = status if stays else LIFECYCLE[status, event.action]
            assert event.status is wanted, (number, event)
            status = event.status
        assert statuses[number] == status


def test_there_is_of_everything(year: Path, database: sqlite3.Connection) -> None:
    actions = dict(database.execute("SELECT action, count(*) FROM ticket_event GROUP BY action"))
    for action in ("object", "confer", "pause", "urge", "reopen", "promise", "exempt", "withdraw", "reject", "review"):
        assert actions[action], action
    found = dict(database.execute("SELECT kind, count(*) FROM finding GROUP BY kind"))
    assert found["perfunctory"]
    assert dict(database.execute("SELECT verdict, count(*) FROM review GROUP BY verdict")).keys() >= {
        *("yes", "partly", "no", "not_rated", "not_reached"),
    }
    same = known(year)["same"]
    assert any(group["people"] >= 5 for group in same)
    repeats = database.execute("SELECT count(*) FROM link WHERE kind = 'repeats'").fetchone()[0]
    assert repeats == sum(len(group["tickets"]) - group["people"] for group in same)


def test_the_same_seed_makes_the_same_year_however_many_make_it(tmp_path: Path) -> None:
    dumps = []
    for name, workers in (("one", 0), ("two", 2)):
        (tmp_path / name).mkdir()
        path = tmp_path / name / FILE
        write_year(path, guide(), 1100, 3, UNTIL, workers, lambda count: None, CLOCK)
        with closing(sqlite3.connect(path)) as connection:
            rows = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in (*TABLES, "staff")]  # noqa: S608
            dumps.append((rows, (path.parent / KNOWN).read_text("utf-8")))
    assert dumps[0] == dumps[1]


@pytest.fixture
def copied(year: Path, tmp_path: Path) -> Path:
    (tmp_path / FILE).write_bytes(year.read_bytes())
    return tmp_path


async def test_a_desk_opens_it_and_knows_its_people(copied: Path, database: sqlite3.Connection) -> None:
    ((filed,),) = database.execute("SELECT count(*) FROM ticket WHERE number LIKE '260930-%'")
    store = await SqliteStore.open("", copied, clock=FixedClock(UNTIL))
    try:
        directory = await store.reader.directory()
        assert directory.leads("transport")
        assert len(directory.handlers("transport")) == 2
        assert filed
        assert (await store.take_numbers("2026-09-30", 1))[0] == filed + 1, "no number is given twice"
        assert await store.index_words(64)
        assert (await store.audit.verify()).problems == []
    finally:
        await store.close()


def test_a_used_folder_is_left_alone(year: Path) -> None:
    before = year.read_bytes()
    with pytest.raises(ConfigurationError, match="has been used"):
        write_year(year, guide(), 10, 1, UNTIL, 0, lambda count: None, CLOCK)
    assert year.read_bytes() == before


def test_a_running_desks_folder_is_left_alone(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match="another process"):
            write_year(tmp_path / FILE, guide(), 10, 1, UNTIL, 0, lambda count: None, CLOCK)
    finally:
        lock.release()
    assert not (tmp_path / FILE).exists()


def test_an_empty_database_gives_way(tmp_path: Path) -> None:
    prepare(tmp_path / FILE)
    write_year(tmp_path / FILE, guide(), 10, 1, UNTIL, 0, lambda count: None, CLOCK)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM ticket").fetchone() == (10,)


def test_a_town_is_made_for_as_many_as_there_are(tmp_path: Path) -> None:
    heard: list[int] = []
    made = fill(settings_in(tmp_path), 700, 5, "2026-09-30", False, FixedClock(UNTIL), heard.append)
    assert sum(heard) == 700
    town = load_town(tmp_path / "town")
    assert made.guide.town == town
    assert town.code not in sample_town().code
    assert {unit.level for unit in town.units.values()} == {1, 2, 3}
    with pytest.raises(ConfigurationError, match="no day"):
        fill(settings_in(tmp_path / "other"), 7, 5, "September", False, FixedClock(UNTIL), heard.append)


def test_the_county_of_the_rule_book(tmp_path: Path) -> None:
    assert towns_for(14_000) == (TOWNS, DEPARTMENTS) == (31, 45)
    make_town(tmp_path, *towns_for(14_000), seed=1)
    town = load_town(tmp_path)
    assert sum(area.level == 2 for area in town.areas.values()) == 31
    assert sum(unit.level == 3 for unit in town.units.values()) == 45
    assert len({area.name for area in town.areas.values()}) == len(town.areas) == 31 * (1 + VILLAGES)
