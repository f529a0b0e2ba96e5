"""What a statement is given to: a connection with the shape of `sqlite3.Connection`, whatever the database.

Statements are written once, in SQLite's words, as far as PostgreSQL has a word for each: ``?`` and ``?1``, ON CONFLICT,
RETURNING, CASE, LIKE, ``substr``, ``instr``, ``coalesce``. `storage.postgres.dialect` says what is put in other words
there, and why. Not to be used in them: functions of JSON or of dates, ``rowid``, ``randomblob``, PRAGMA, and 0 or 1
where a flag is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar


class Cursor(Protocol):
    """What a statement found, or how many rows it changed."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Driver(Protocol):
    """A connection inside a transaction. Raises what its database raises."""

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ..., /) -> Cursor: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Cursor: ...


_T = TypeVar("_T")
Row = tuple[Any, ...]


class Questions(Protocol):
    """Connections that only read. Raises StoreUnavailable."""

    async def row(self, sql: str, variables: Sequence[object]) -> Row | None:
        """The first row. Only for look-ups by key."""
        ...

    async def rows(self, sql: str, variables: Sequence[object] = ()) -> list[Row]:
        """All rows."""
        ...

    async def ask(self, question: Callable[[Driver], _T], *, long: bool = False) -> _T:
        """The answer to a longer question, which sees one state of the database; ``long``: it may take seconds."""
        ...

    async def close(self) -> None:
        """Close all of them."""
        ...
