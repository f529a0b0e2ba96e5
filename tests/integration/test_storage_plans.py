"""No question and no change of the running desk reads a whole table: it stays as fast with a million tickets."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from storage import pushes, reader, reports, sifting, statements, store
from storage.opening import prepare
from storage.many_rows import ManyRows

MAY_READ_ALL = {
    "_KEPT_BY",  # at the start: all of a small index
    "_NEXT",  # the first entry of an index
    "_PENDING",  # all files still to be fetched
    "_BACKLOG",  # all pushes still to be sent
}


def texts(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if isinstance(value, ManyRows):
            yield name, value._texts[2]
        elif isinstance(value, str) and value.startswith(("SELECT", "UPDATE", "DELETE")):
            key = "(" + ", ".join("?" * value.count("n.column")) + ")"
            yield name, value.replace("{rows}", f"{key}, {key}")


@pytest.mark.parametrize("module", [pushes, reader, reports, sifting, statements, store], ids=lambda m: m.__name__)
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


def test_the_check_above_sees_a_table_being_read(tmp_path: Path) -> None:
    prepare(tmp_path / "db")
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT 1 FROM push WHERE message_id = 1")
        assert any(step.startswith("SCAN push") for *_, step in plan)
