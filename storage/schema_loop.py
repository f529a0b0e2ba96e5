"""The tables of what follows an answer: reviews, findings, links between tickets, special cases, boards."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from storage.columns import flag, metadata, number, texts, time, words

review = Table(
    "review",
    metadata,
    words("ticket"),
    number("round"),
    *texts("party", "address", "verdict", "finished"),
    number("rating", nullable=True),
    *texts("words", "files", "actor"),
    time("asked_at", nullable=True),
    time("at"),
    PrimaryKeyConstraint("ticket", "round", "party"),
    sqlite_with_rowid=False,
)
"""What people said of an answer. ``round`` counts the answers of a ticket from 1; ``party`` is "filer" for everybody
who holds the filer's code, else the address of somebody who joined: whoever has two channels counts once."""

finding = Table(
    "finding",
    metadata,
    words("ticket"),
    number("round"),
    *texts("kind", "actor", "text"),
    flag("excluded"),
    time("at"),
    PrimaryKeyConstraint("ticket", "round"),
    sqlite_with_rowid=False,
)
"""What a supervisor found when looking into an answer; ``excluded`` leaves the ticket out of the boards."""

link = Table(
    "link",
    metadata,
    *texts("ticket", "kind", "other", "actor"),
    time("at"),
    PrimaryKeyConstraint("ticket", "kind", "other"),
    Index("ix_link_other", "other", "kind"),
    sqlite_with_rowid=False,
)
"""How tickets belong together. ``kind``: repeats, split_from, follows, special, merged."""

special = Table(
    "special",
    metadata,
    words("number"),
    number("seq"),
    words("body"),
    PrimaryKeyConstraint("number"),
)
"""Projection of `special_event`: a special case as it is now."""

special_event = Table(
    "special_event",
    metadata,
    words("number"),
    number("seq"),
    time("at"),
    *texts("action", "actor", "data"),
    PrimaryKeyConstraint("number", "seq"),
    sqlite_with_rowid=False,
)
"""Fence: every step of a special case."""

lesson = Table(
    "lesson",
    metadata,
    *texts("source", "area", "kind", "text", "actor"),
    time("at"),
    PrimaryKeyConstraint("source"),
)
"""What was learnt, for the idea store; ``source`` is the special case it came from."""

photo = Table(
    "photo",
    metadata,
    *texts("attachment", "sha256", "phash"),
    time("taken_at", nullable=True),
    time("at"),
    PrimaryKeyConstraint("attachment"),
    Index("ix_photo_sha256", "sha256"),
)
"""How pictures look (a perceptual hash of 64 bits as 16 hex digits, "" for one without anything to see) and when they
say they were taken."""

photo_band = Table(
    "photo_band",
    metadata,
    number("band"),
    *texts("phash", "attachment"),
    PrimaryKeyConstraint("band", "phash", "attachment"),
    sqlite_with_rowid=False,
)
"""Each quarter of a picture's hash, so that what nearly looks the same is found (see `bot.domain.pictures`)."""

board = Table(
    "board",
    metadata,
    *texts("period", "actor", "body"),
    time("at"),
    PrimaryKeyConstraint("period"),
)
"""Boards that a supervisor published, as they were then."""
