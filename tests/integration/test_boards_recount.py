"""Each figure of the boards against a plain recount over the event log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.changes import Changes
from bot.domain.boards import periods
from bot.domain.boards.facts import Rules
from bot.domain.boards.figures import counted, figures_of
from bot.domain.boards.periods import Period, Span
from bot.domain.boards.worked import Worked
from bot.domain.guide import Guide
from storage import boards
from storage.opening import prepare
from storage.rows import rows_of
from tests.fakes.plain_recount import recount
from tests.fakes.random_lives import START, Life, lives
from tests.fakes.town_hall import sample_town

NOW = START + timedelta(days=75)
EVIDENCE = frozenset({"roads", "environment"})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("boards") / "desk.db"
    prepare(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@cache
def guide() -> Guide:
    return Guide.of(sample_town())


@cache
def worked(unit: str) -> Worked:
    return Worked(guide().calendar_of(unit))


def write(database: sqlite3.Connection, all_: list[Life]) -> None:
    for life in all_:
        changes = Changes(at=life.ticket.filed_at)
        changes.ticket(life.ticket, *life.events)
        rows = rows_of(changes, life.ticket.filed_at)
        for table, many in (("ticket", rows.tickets), ("ticket_event", rows.events)):
            marks = ", ".join("?" * len(many[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", many)  # noqa: S608 - two constants
        number = life.ticket.number
        for round_, party, verdict, rating in life.reviews:
            said = (number, round_, party, "web:r", verdict, "", rating, "", "[]", "", None, 0)
            database.execute("INSERT INTO review VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", said)
        for finding_round, kind, excluded in life.findings:
            columns = "(ticket, round, kind, actor, text, excluded, at)"
            found = (number, finding_round, kind, "", "", excluded, 0)
            database.execute(f"INSERT INTO finding {columns} VALUES (?, ?, ?, ?, ?, ?, ?)", found)  # noqa: S608
        for kind, other in life.links:
            database.execute("INSERT INTO link VALUES (?, ?, ?, ?, ?)", (number, kind, other, "", 0))


def any_period() -> st.SearchStrategy[Period]:
    days = st.dates(date(2026, 2, 10), date(2026, 4, 30))
    return st.builds(lambda span, day: periods.of(span, day, guide().calendar.zone), st.sampled_from(Span), days)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), period=any_period(), now=st.sampled_from((NOW, START + timedelta(days=30))))
def test_every_figure_is_that_of_a_plain_recount(
    database: sqlite3.Connection, seed: int, period: Period, now: datetime
) -> None:
    all_ = lives(seed, 40)
    database.execute("BEGIN")
    try:
        write(database, all_)
        rules = Rules(evidence_kinds=EVIDENCE)
        sums = counted(boards.facts(database, period), period, rules, worked, now)
    finally:
        database.execute("ROLLBACK")
    wanted = recount(all_, period.begin, period.end, now, guide().calendar_of, EVIDENCE)
    assert set(sums) == set(wanted)
    for unit, of_unit in sums.items():
        found = {"tickets": of_unit.tickets, "excluded": of_unit.excluded, **figures_of(of_unit)}
        assert found == {name: pytest.approx(value) for name, value in wanted[unit].items()}, unit


def test_the_lives_hold_what_the_figures_are_about() -> None:
    """A recount of nothing would prove nothing: every figure has something to count."""
    all_ = lives(7, 1500)
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    units = recount(all_, begin, end, end, guide().calendar_of, EVIDENCE)
    for figures in units.values():
        assert all(figures.values()), figures
