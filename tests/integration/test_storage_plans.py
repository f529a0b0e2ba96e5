"""No question and no change of the running desk reads a whole table: it stays as fast with a million tickets."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from msgspec.structs import replace as replace_fields

from bot.domain.ticket import Status, Type
from bot.ports import Released, Wanted
from storage import (
    public,
    pushes,
    reader,
    reports,
    search,
    sifting,
    sql_store,
    staff_reader,
    staff_statements,
    statements,
    wanted,
)
from storage.batch import batch_of
from storage.many_rows import ManyRows
from storage.opening import prepare
from storage.rows import rows_of
from tests.fakes.changesets import NOW, kept, ticket

MAY_READ_ALL = {
    "_KEPT_BY",  # at the start: all of a small index
    "_NEXT",  # the first entry of an index
    "_PENDING",  # all files still to be fetched
    "_BACKLOG",  # all pushes still to be sent
    "_STATUSES",  # all open tickets, in an index
    "_FILED_COUNT",  # an operator asks
    "_STAFF",  # everybody who works here, after one of them was changed
    "_TALLIES",  # once a week
    "_QUEUE",  # its first rows, by its key
    "_UNDELIVERED",  # the newest of an index of what went wrong
}


def texts(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if isinstance(value, ManyRows):
            yield name, value._texts[2]
        elif isinstance(value, str) and value.startswith(("SELECT", "UPDATE", "DELETE")):
            key = "(" + ", ".join("?" * len(set(re.findall(r"n\.column\d", value)))) + ")"
            yield name, value.replace("{rows}", f"{key}, {key}").replace("{marks}", "?, ?").replace("{others}", "")


MODULES = [pushes, reader, reports, search, sifting, sql_store, staff_reader, staff_statements, statements]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_everything_is_found_by_an_index(tmp_path: Path, module: ModuleType) -> None:
    prepare(tmp_path / "db")
    looked_at = 0
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        for name, text in texts(module):
            numbered = [int(number) for number in re.findall(r"\?(\d)", text)]
            plan = connection.execute(
                f"EXPLAIN QUERY PLAN {text}", (1,) * max([*numbered, 0] if numbered else [text.count("?")])
            )
            whole = [
                step
                for *_, step in plan
                if step.startswith("SCAN ") and not re.match(r"SCAN (n|b|\d* ?CONSTANT ROWS?)$", step)
            ]
            assert not whole or name in MAY_READ_ALL, f"{name}: {whole}"
            looked_at += 1
    assert looked_at >= 3


SOME = Wanted(areas=frozenset({"a1", "a2"}), walled=False, not_kept_from="u9", due_before=NOW)
WANTED = {
    "all": Wanted(),
    "all that somebody may see": SOME,
    "own": replace(SOME, units=("u1",), handler=""),
    "of a lead": replace(SOME, units=("u1", "u2", "u3"), since=NOW, until=NOW),
    "of a handler": replace(SOME, handler="s1", statuses=tuple(Status)),
    "of a helper": replace(SOME, assisted_by="u1"),
    "to decide": replace(SOME, deciding=True, units=("u1",)),
    "danger": replace(SOME, danger=True),
    "no danger, of a kind": replace(SOME, danger=False, kinds=("lamp",), type=Type.HELP),
}
FEW = re.compile(r"SCAN t USING (COVERING )?INDEX ix_ticket_(helped|deciding|danger)")
"""Indexes of few tickets, walked whole in the order in which they are wanted."""


def asked(path: Path, question: Callable[[sqlite3.Connection], object]) -> list[tuple[str, str]]:
    """Every statement that answers a question, with each step of its plan."""
    statements: list[str] = []
    with closing(sqlite3.connect(path)) as connection:
        connection.set_trace_callback(statements.append)
        question(connection)
        connection.set_trace_callback(None)
        own = [text for text in statements if not text.startswith("--")]  # the rest is the search index at work
        plans = [(text, connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()) for text in own]
    return [(text, row[-1]) for text, plan in plans for row in plan]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tickets of some units."""
    path = tmp_path_factory.mktemp("filled") / "db"
    prepare(path)
    tickets = [
        replace_fields(ticket(f"260304-{n:05d}"), unit=f"u{n % 7}", due_at=NOW + timedelta(hours=n)) for n in range(60)
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        statements.write(connection, batch_of([rows_of(kept(*tickets), NOW)]))
    return path


@pytest.mark.parametrize("name", WANTED)
def test_lists_are_read_in_the_order_of_an_index(filled: Path, name: str) -> None:
    steps = asked(filled, lambda c: wanted.found(c, WANTED[name], 5, 0))
    assert [text for text, step in steps if "USE TEMP B-TREE FOR ORDER BY" in step and "AS first" not in text] == []
    assert [step for _, step in steps if step.startswith("SCAN t") and not FEW.match(step)] == []
    assert any("ix_ticket_" in step for _, step in steps)


@pytest.mark.parametrize("name", WANTED)
def test_counting_sorts_nothing(filled: Path, name: str) -> None:
    steps = asked(filled, lambda c: (wanted.count(c, WANTED[name]), wanted.counts(c, WANTED[name])))
    few = name in ("of a helper", "to decide", "danger", "of a handler")
    assert [step for _, step in steps if "TEMP B-TREE" in step and not few] == []
    assert all("ix_ticket_" in step for _, step in steps if re.match("(SCAN|SEARCH) t ", step))


@pytest.mark.parametrize("words", ["路灯", "灯", "0017"])
def test_searching_looks_up_candidates_one_by_one(filled: Path, words: str) -> None:
    everything = replace(SOME, statuses=tuple(Status), due_before=None)
    steps = asked(filled, lambda c: (search.found(c, words, everything, 5, None), search.ending(c, "017", SOME, 5)))
    assert [step for _, step in steps if re.match("SCAN (t|ticket)( |$)", step) and "USING" not in step] == []


def test_the_check_above_sees_a_table_being_read(tmp_path: Path) -> None:
    prepare(tmp_path / "db")
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT 1 FROM push WHERE message_id = 1")
        assert any(step.startswith("SCAN push") for *_, step in plan)


@pytest.mark.parametrize(
    "asked_for",
    [
        Released(kinds=("roads",)),
        Released(kinds=("roads",), since=NOW, until=NOW, ended=True, updated_since=NOW),
        Released(kinds=("roads",), near=(30.0, 120.0, 500.0)),
        Released(kinds=("roads",), numbers=("260304-00001",)),
    ],
)
def test_what_was_released_is_found_among_what_was_released(filled: Path, asked_for: Released) -> None:
    steps = [step for _, step in asked(filled, lambda c: public._found(c, wanted=asked_for))]
    index = "ix_ticket_released" if asked_for.numbers is None else "sqlite_autoindex_ticket_1"
    assert any(index in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN t") and index not in step]
