"""One transaction with all that waits, in the writer's thread; and what to do when not all of it can be written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import Unstorable
from bot.failpoints import reach
from storage.batch import Batch, batch_of
from storage.driver import Driver
from storage.erasing import erase
from storage.faults import Faults
from storage.rows import Rows
from storage.sifting import sift
from storage.statements import write

Job = Callable[[Driver], Any]
Announce = Callable[[Driver, Batch], None]
"""Tells other workers of a batch, in the transaction that writes it."""


class Writing(Driver, Protocol):
    """The connection that writes."""

    @property
    def in_transaction(self) -> bool: ...


@dataclass(slots=True, eq=False)
class Work:
    """One who waits: a change-set, or a job that needs the writing connection."""

    what: Rows | Job
    future: asyncio.Future[Any]
    error: BaseException | None = None
    result: Any = None
    written: bool = False


def left_of(connection: Writing, part: list[Work], faults: Faults, announce: Announce) -> list[list[Work]]:
    """Write a part; what to write next when it cannot be written as a whole. Raises an error of the database if nothing
    can be."""
    try:
        _transaction(connection, part, announce)
    except Exception as error:
        if isinstance(error, faults.any) and (faults.passing(error) or not isinstance(error, faults.poison)):
            raise
        return _divided(connection, part, error, faults)
    for work in part:
        work.written = True
    return []


def _transaction(connection: Writing, part: list[Work], announce: Announce) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        reach("commit.begin")
        sets = [work.what for work in part if isinstance(work.what, Rows)]
        if sets:
            batch = batch_of(sets)
            for erased in batch.erased:
                erase(connection, erased)
            write(connection, batch)
            announce(connection, batch)
        for work in part:
            if not isinstance(work.what, Rows):
                work.result = work.what(connection)
        reach("commit.before")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    reach("commit.after")


def _divided(connection: Writing, part: list[Work], error: Exception, faults: Faults) -> list[list[Work]]:
    """What to write next of a part that cannot be written as a whole; who lost is told at once."""
    sets = [work for work in part if isinstance(work.what, Rows)]
    if isinstance(error, faults.taken) and sets:
        sifted = sift(connection, [work.what for work in sets if isinstance(work.what, Rows)])
        if sifted.lost or sifted.later:
            for place, lost in sifted.lost.items():
                sets[place].error = lost
            later = [sets[place] for place in sifted.later]
            gone = {id(sets[place]) for place in (*sifted.lost, *sifted.later)}
            return [group for group in ([work for work in part if id(work) not in gone], later) if group]
    if len(part) == 1:
        part[0].error = Unstorable(why=faults.name(error))
        return []
    middle = len(part) // 2
    return [part[:middle], part[middle:]]
