"""What the errors of a database mean to whoever writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Faults:
    """The errors of one database.

    ``any``: all of them. ``poison``: about the values it was given, whatever else is in the batch. ``taken``: a unique
    key was hit. ``broken``: nothing may be written any more until the store is opened again. ``passing``: the same
    work, done again at once, may succeed; it may even have been done. ``mend`` makes a lost connection one that can be
    used; it may raise one of these errors itself. ``name``: what kind of error it is; never its own words, for they may
    hold what somebody wrote.
    """

    any: type[Exception]
    poison: tuple[type[Exception], ...]
    taken: type[Exception]
    broken: Callable[[Exception], bool]
    passing: Callable[[Exception], bool]
    mend: Callable[[Any], None]
    name: Callable[[Exception], str]


def _name(error: Exception) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__


_NO_ROOM = frozenset({"SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_NOMEM"})
"""How a disk or a quota that is full looks where it is not ``SQLITE_FULL``. The transaction is rolled back, what was
written of it has a wrong checksum in the log, and nobody was told anything: the next one may succeed."""


def _broken(error: Exception) -> bool:
    name = _name(error)
    return name.startswith(("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")) and name not in _NO_ROOM


SQLITE = Faults(
    any=sqlite3.Error,
    poison=(sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError),
    taken=sqlite3.IntegrityError,
    broken=_broken,
    passing=lambda _error: False,
    mend=lambda _connection: None,
    name=_name,
)
"""SQLite's. A second fsync after a failed one proves nothing, so errors of the disk end the writing; a full one does
not."""
