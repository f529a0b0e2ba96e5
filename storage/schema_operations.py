"""The tables of what keeps programs and accounts from being mixed up."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from storage.columns import metadata, time, words

schema_promise = Table(
    "schema_promise",
    metadata,
    words("compatible_from"),
    PrimaryKeyConstraint("compatible_from"),
    sqlite_with_rowid=False,
)
"""One row: the oldest program, by its revision, that may work on this schema. See `storage.promise`."""

belonging = Table(
    "belonging",
    metadata,
    words("what"),
    words("id"),
    time("since"),
    PrimaryKeyConstraint("what"),
    sqlite_with_rowid=False,
)
"""Whose data this is: the account of each platform, and whether pushes really leave. See `storage.belonging`."""
