"""What errors of PostgreSQL mean."""

from __future__ import annotations

import psycopg
from psycopg import errors

from storage.faults import Faults

_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)


def _name(error: Exception) -> str:
    return getattr(error, "sqlstate", None) or type(error).__name__


def _passing(error: Exception) -> bool:
    """A deadlock, or a connection that was lost: after COMMIT was sent nobody knows what became of it."""
    return isinstance(error, _AGAIN) or (isinstance(error, psycopg.OperationalError) and _lost(error))


def _lost(error: psycopg.OperationalError) -> bool:
    state = error.sqlstate
    # Without a code the words never came from the server; 08 is a broken connection, 57P a server that stops.
    return not isinstance(error, errors.ConnectionTimeout) and (state is None or state.startswith(("08", "57P")))


POSTGRES = Faults(
    any=psycopg.Error,
    poison=(psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, psycopg.InterfaceError),
    taken=errors.UniqueViolation,
    broken=lambda _error: False,  # the server looks after its own disk
    passing=_passing,
    mend=lambda driver: driver.mend(),
    name=_name,
)
"""PostgreSQL's (appendix A of its manual has the codes)."""
