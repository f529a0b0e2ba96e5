"""The tables of what is answered less: people who are stored and not pushed, and messages that were put by."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table

from storage.columns import metadata, number, serial, texts, time, words

hold_step = Table(
    "hold_step",
    metadata,
    words("id"),
    number("seq"),
    *texts("address", "setter", "reason"),
    time("since"),
    time("until"),
    *texts("step", "actor"),
    time("at"),
    words("text"),
    time("appealed_at", nullable=True),
    time("ended_at", nullable=True),
    PrimaryKeyConstraint("id", "seq"),
    Index("ix_hold_step_address", "address"),
    Index("ix_hold_step_until", "until"),
)
"""Fence: every step of a hold, each with all there is to know after it. ``address`` is "" when the person has gone."""

put_by = Table(
    "put_by",
    metadata,
    serial(),
    *texts("channel", "key", "address"),
    time("at"),
    Column("message", LargeBinary, nullable=False),
    Index("ix_put_by_key", "channel", "key", unique=True),
    Index("ix_put_by_address", "address", "id"),
)
"""Messages that were stored without a turn because very many of the same person waited. They go when they had it."""
