"""The tables of people who had the desk forget them."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from storage.columns import metadata, number, partial, texts, time, words

erasure = Table(
    "erasure",
    metadata,
    *texts("id", "state", "address"),
    number("seq"),
    words("body"),
    time("at"),
    time("done_at", nullable=True),
    PrimaryKeyConstraint("id"),
    partial("ix_erasure_open", "at", where="done_at IS NULL"),
)
"""Who asked to be forgotten, and how far that is; `storage.forgetting` has the states. ``seq`` is that of the person's
last turn before it. ``body`` is what to look for, as JSON. Both it and ``address`` are "" when all is done."""

forgotten = Table(
    "forgotten",
    metadata,
    words("digest"),
    number("seq"),
    time("at"),
    PrimaryKeyConstraint("digest"),
    sqlite_with_rowid=False,
)
"""What stays of somebody who was forgotten, should they come again: their turns count on, and links that were made
before count no more. ``digest`` is an HMAC of the address: with the desk's key it can be recognised, never read."""
