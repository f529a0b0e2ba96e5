"""What a newer program promises to older ones about the schema: that they may go on working on it.

A release only expands: it adds tables, indexes, and columns that may be empty or have a default. What it stops using is
taken away by a later release, when no program that used it can be running any more. So the program of the release
before goes on while the new one comes, and can be put back without a restore. `docs/adr/0032-rolling-upgrade.md`.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert

from storage.driver import Driver
from storage.schema import REVISION
from storage.schema_operations import schema_promise

COMPATIBLE_FROM = "0004"
"""The oldest program, by its revision, that may work on the schema of this one: raised by a release that takes
something away. tests/integration/test_rolling_upgrade.py shows that it is true. (That of 0004 does not ask yet.)"""

_PROMISED = "SELECT compatible_from FROM schema_promise"


def put(connection: Connection) -> None:
    """Write the promise down, in the transaction that made the schema."""
    connection.execute(delete(schema_promise))
    connection.execute(insert(schema_promise), {"compatible_from": COMPATIBLE_FROM})


def holds(connection: Driver, found: str, revision: str = REVISION) -> bool:
    """Whether the program of a revision may work on a database whose schema is ``found``; that of a program which
    promises nothing only where it is the program's own. Raises what the database raises where there is no such table.
    """
    if found <= revision:
        return found == revision
    row = connection.execute(_PROMISED).fetchone()
    return row is not None and str(row[0]) <= revision
