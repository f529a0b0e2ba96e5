"""What boards ask of the store: found by indexes, nothing behind the wall, objections and days as they were."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Reporter
from bot.domain.boards import periods
from bot.domain.boards.periods import Span
from bot.domain.people import Address
from bot.domain.ticket import Action, Status, Ticket, Type
from storage import boards
from storage.batch import batch_of
from storage.opening import prepare
from storage.rows import rows_of
from storage.statements import write

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = periods.of(Span.WEEK, date(2026, 3, 4), ZONE)
WEDNESDAY = datetime(2026, 3, 4, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    prepare(tmp_path / "db")
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as connection:
        yield connection


def filed(database: sqlite3.Connection, number: str, *who: str, at: datetime = WEDNESDAY, **fields: object) -> Ticket:
    ticket = replace(
        Ticket(
            number=number,
            code="",
            alias="",
            type=Type.COMPLAINT,
            kind="roads",
            status=Status.FILED,
            source="web",
            channel="web",
            text="",
            filed_at=at,
            area="xingfu",
        ),
        **fields,
    )
    changes = Changes(at=at, reporters=[Reporter(number, Address("web", name), "filer", at) for name in who])
    changes.ticket(ticket, ticket.event(Action.FILE, at))
    keep(database, changes)
    return ticket


def keep(database: sqlite3.Connection, changes: Changes) -> None:
    database.execute("BEGIN")
    write(database, batch_of([rows_of(changes, WEDNESDAY)]))
    database.execute("COMMIT")


def moved(
    database: sqlite3.Connection, ticket: Ticket, action: Action, hours: float, *, unit: str = "", **data: Any
) -> Ticket:
    at = WEDNESDAY + hours * HOUR
    after = ticket.after(action, at, **({"unit": unit} if unit else {}))
    changes = Changes(at=at)
    changes.ticket(after, after.event(action, at, **{**data, **({"unit": unit} if unit else {})}))
    keep(database, changes)
    return after


def test_people_of_a_street_count_once(database: sqlite3.Connection) -> None:
    filed(database, "260304-00017", "li")
    filed(database, "260304-00025", "li", area="zhaohui")
    filed(database, "260304-00033", "wang", "zhao", area="zhaohui")
    filed(database, "260304-00041", "wang", area="", kind="water")
    filed(database, "260304-00058", "sun", walled=True)
    filed(database, "260304-00066", "sun", status=Status.MERGED)
    filed(database, "260301-00019", "sun", at=WEDNESDAY - timedelta(days=3))
    above = {"xingfu": "dongtang", "zhaohui": "dongtang", "dongtang": "dongtang"}
    assert sorted(boards.spoken_of(database, WEEK, above)) == [("", "water", 1, 1), ("dongtang", "roads", 3, 3)]
    assert len(boards.spoken_of(database, WEEK, {})) == 3


def test_what_was_filed_around_midnight_is_of_the_day_it_was_filed(database: sqlite3.Connection) -> None:
    """A number may carry the day after, when it was taken a moment before midnight and given a moment after."""
    sunday = WEEK.end - timedelta(seconds=1)
    filed(database, "260309-00012", "li", at=sunday)
    filed(database, "260308-00013", "wang", at=sunday + timedelta(seconds=2))
    assert boards.spoken_of(database, WEEK, {}) == [("xingfu", "roads", 1, 1)]
    following = periods.of(Span.WEEK, date(2026, 3, 9), ZONE)
    assert boards.spoken_of(database, following, {}) == [("xingfu", "roads", 1, 1)]


def test_objections_upheld_refused_taken_back_and_open(database: sqlite3.Connection) -> None:
    decided = {"matter": "objection"}
    lives: dict[str, list[tuple[Action, dict[str, object]]]] = {
        "260304-00017": [(Action.DECIDE, {**decided, "accepted": True}), (Action.DISPATCH, {"unit": "water"})],
        "260304-00025": [(Action.DECIDE, {**decided, "accepted": False}), (Action.RESUME, {})],
        "260304-00033": [(Action.DISPATCH, {"unit": "water"})],
        "260304-00041": [(Action.RESUME, {"undone": 3})],
        "260304-00058": [(Action.DECIDE, {"matter": "extension", "accepted": True})],
        "260304-00066": [(Action.CONFER, {"unit": "water"})],
    }
    for number, steps in lives.items():
        ticket = moved(database, filed(database, number), Action.DISPATCH, 1, unit="transport")
        ticket = moved(database, ticket, Action.OBJECT, 2)
        for n, (action, data) in enumerate(steps):
            unit = str(data.get("unit", ""))
            rest = {name: value for name, value in data.items() if name != "unit"}
            ticket = moved(database, ticket, action, 3 + n, unit=unit, **rest)
    assert boards.objections(database, WEEK) == [True, False, True, None]
    assert boards.objections(database, WEEK.before()) == []


def test_who_had_a_unit_when(database: sqlite3.Connection) -> None:
    at_once = filed(database, "260304-00017")
    moved(database, at_once, Action.DISPATCH, 0, unit="transport")
    moved(database, filed(database, "260304-00025"), Action.DISPATCH, 5, unit="transport")
    moved(database, filed(database, "260304-00033"), Action.REJECT, 2)
    filed(database, "260304-00041")
    found = list(boards.desk_facts(database, WEEK, lambda clock, at: at + HOUR))
    assert [(f.unit_at, f.ended_at) for f in found] == [
        (WEDNESDAY + 5 * HOUR, None),
        (None, WEDNESDAY + 2 * HOUR),
        (None, None),
    ]
    assert boards.sent_at_once(database, WEEK) == 1
    assert {f.due_at for f in found} == {WEDNESDAY + HOUR}


def test_how_often_things_happened(database: sqlite3.Connection) -> None:
    ticket = moved(database, filed(database, "260304-00017"), Action.DISPATCH, 1, unit="transport")
    ticket = moved(database, ticket, Action.TAKE, 2)
    moved(database, ticket, Action.ANSWER, 3)
    assert boards.happened(database, Action.ANSWER, WEEK) == 1
    assert boards.happened(database, Action.ANSWER, WEEK.before()) == 0
    assert boards.happened(database, Action.REOPEN, WEEK) == 0


WHOLE = re.compile(r"SCAN (ticket|ticket_event|reporter|review|finding|link|t|e|r|f|l)( |$)")
OPEN = "SCAN ticket USING INDEX ix_ticket_open"
"""All open tickets are looked through: they are few, and their dates stand in the index."""


def test_a_week_is_read_without_reading_all_that_ever_was(database: sqlite3.Connection) -> None:
    for n in range(50):
        ticket = filed(database, f"260304-{n:04d}1", due_at=WEDNESDAY + HOUR)
        ticket = moved(database, ticket, Action.DISPATCH, 1, unit="transport")
    moved(database, ticket, Action.OBJECT, 2)
    statements: list[str] = []
    database.set_trace_callback(statements.append)
    list(boards.facts(database, WEEK))
    list(boards.desk_facts(database, WEEK, lambda clock, at: at))
    boards.sent_at_once(database, WEEK)
    boards.objections(database, WEEK)
    boards.spoken_of(database, WEEK, {"xingfu": "dongtang"})
    boards.points(database, WEEK)
    boards.happened(database, Action.ANSWER, WEEK)
    database.set_trace_callback(None)
    own = [text for text in statements if text.startswith(("SELECT", "WITH"))]
    plans = [row[-1] for text in own for row in database.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()]
    assert len(own) >= 9
    assert [step for step in plans if WHOLE.match(step) and not step.startswith(OPEN)] == []
    assert any("ix_ticket_event_turning" in step for step in plans)
    assert any("ix_ticket_closed_due" in step for step in plans)
