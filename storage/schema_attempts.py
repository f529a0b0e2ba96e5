"""The table of what took a process with it."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from storage.columns import metadata, number, time, words

attempt = Table(
    "attempt",
    metadata,
    words("name"),
    number("tries"),
    time("at"),
    PrimaryKeyConstraint("name"),
    sqlite_with_rowid=False,
)
"""A message or timer that was being decided when a process died, by a digest that tells nothing of it; how often, and
when last. It goes when it is decided or given up."""
