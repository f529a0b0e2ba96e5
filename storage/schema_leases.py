"""The tables by which several workers share one database: who does what, what they must have in common."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Table

from storage.columns import metadata, number, texts, time, words

lease = Table(
    "lease",
    metadata,
    *texts("name", "owner"),
    Column("term", BigInteger, nullable=False),
    time("expires_at"),
    PrimaryKeyConstraint("name"),
)
"""Fence: what only one worker may do, who does it, and until when nobody else may take it over. ``term`` grows by one
with each new owner; whoever writes under an older one is refused. A row called ``worker:OWNER`` says that this worker
is there."""

told_note = Table(
    "told_note",
    metadata,
    Column("note", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
)
"""Fence: news are told once, also where two timers of one box are fired by two workers at the same moment."""

shared_key = Table(
    "shared_key",
    metadata,
    words("name"),
    Column("value", LargeBinary, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""Keys that links and sign-ins are signed with, where no folder is shared by all workers."""

export_job = Table(
    "export_job",
    metadata,
    *texts("id", "staff"),
    time("begun_at"),
    words("body"),
    PrimaryKeyConstraint("id"),
)
"""Tables that members of staff asked for, as JSON, where any worker may be asked for them."""

export_part = Table(
    "export_part",
    metadata,
    words("id"),
    number("part"),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", "part"),
)
"""What is in them, in pieces. They go after an hour, as the files of a lone worker do."""
