"""How often something took a process with it, counted before it is tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from storage.codec import micros
from storage.driver import Driver, Questions
from storage.writer import Writer

KEPT = timedelta(days=30)
"""What was never seen again is forgotten after so long: no platform repeats a message for longer."""

_ALL = "SELECT name, tries FROM attempt"
_COUNT = (
    "INSERT INTO attempt (name, tries, at) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET tries = attempt.tries + excluded.tries, at = excluded.at"
)
_OLD = "DELETE FROM attempt WHERE at < ?"
_FORGET = "DELETE FROM attempt WHERE name = ?"


def known(connection: Driver) -> dict[str, int]:
    """Tries by name."""
    return dict(connection.execute(_ALL).fetchall())


def count(connection: Driver, more: Mapping[str, int], now: datetime) -> None:
    """Add to them."""
    connection.execute(_OLD, (micros(now - KEPT),))
    connection.executemany(_COUNT, [(name, more[name], micros(now)) for name in sorted(more)])


def forget(connection: Driver, names: Sequence[str]) -> None:
    """They went well, or were given up."""
    connection.executemany(_FORGET, [(name,) for name in sorted(names)])


class AttemptBook:
    """`bot.runtime.hazards.Attempts`. Everything raises StoreUnavailable."""

    def __init__(self, writer: Writer, readers: Questions) -> None:
        self._writer = writer
        self._readers = readers

    async def attempts(self) -> Mapping[str, int]:
        """Tries by name."""
        return await self._readers.ask(known)

    async def count_attempts(self, more: Mapping[str, int], at: datetime) -> None:
        """Add to them."""
        await self._writer.run(partial(count, more=more, now=at))

    async def forget_attempts(self, names: Sequence[str]) -> None:
        """They went well, or were given up."""
        await self._writer.run(partial(forget, names=names))
