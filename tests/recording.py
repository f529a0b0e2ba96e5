"""What a program says to its database, recorded: ``python -m tests.recording``.

Runs the store's contract and some dialogues on SQLite and writes down each statement once, with the values it had,
in ``tests/recorded/statements_<revision>.json``. Later programs show with it that this one could go on working on
their schema (tests/integration/test_rolling_upgrade.py). To be done for each release, before its revision is raised.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from storage.opening import prepare
from storage.schema import REVISION

FOLDER = Path(__file__).parent / "recorded"
PLAYED = ("tests/contract", "tests/integration/test_storage_boards.py", "tests/integration/test_storage_numbers.py")

_LITERAL = re.compile(r"x'[0-9A-Fa-f]*'|'(?:[^']|'')*'|(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])|\bNULL\b")
_ROWS = re.compile(r"(\((?:\?|, )+\))(?:, ?\1)+")
_MARKS = re.compile(r"\?(?:, ?\?)+")
_OURS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_LONGEST = 20_000


def kind_of(statement: str) -> str:
    """A statement without its values, and with one row where it had many: the same for all of one kind."""
    bare = _LITERAL.sub("?", " ".join(statement.split()))
    return _MARKS.sub("?", _ROWS.sub(r"\1", bare))


def taken_alone(statements: Iterable[str]) -> list[str]:
    """Those that an empty database takes. Some were to be refused: of two rows with one key."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder) / "db")
        with closing(sqlite3.connect(Path(folder) / "db", isolation_level=None)) as connection:
            for statement in statements:
                connection.execute("BEGIN")
                with suppress(sqlite3.IntegrityError):
                    connection.execute(statement)
                    found.append(statement)
                connection.execute("ROLLBACK")
    return found


class Recorder:
    """Hears every SQLite connection of this process, from its opening on."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._lock = threading.Lock()
        self._connect: Callable[..., sqlite3.Connection] = sqlite3.connect
        vars(sqlite3)["connect"] = self._heard  # every connection is opened by this name

    def _heard(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = self._connect(*arguments, **options)
        connection.set_trace_callback(self._note)
        return connection

    def _note(self, statement: str) -> None:
        text = statement.strip()
        if not text.upper().startswith(_OURS) or len(text) > _LONGEST or "sqlite_" in text or "alembic" in text:
            return
        with self._lock:
            self.found.setdefault(kind_of(text), text)


def main() -> int:
    """Record; the exit code of the tests that were played."""
    recorder = Recorder()
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *PLAYED])
    if code == 0:
        path = FOLDER / f"statements_{REVISION}.json"
        taken = taken_alone(list(recorder.found.values()))
        path.write_text(json.dumps(taken, ensure_ascii=False, indent=0) + "\n", "utf-8")
        print(f"{path}: {len(taken)} statements")  # noqa: T201  # a tool for a terminal
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
