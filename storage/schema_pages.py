"""The tables of what pages show: copies of files made to be shown, transcripts, pictures that are drawn for chat."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table

from storage.columns import metadata, number, partial, texts, time, words

rendition = Table(
    "rendition",
    metadata,
    *texts("attachment", "kind", "sha256", "mime"),
    Column("bytes", BigInteger, nullable=False),
    number("width"),
    number("height"),
    *texts("data", "actor"),
    time("at"),
    PrimaryKeyConstraint("attachment", "kind"),
    partial("ix_rendition_wanted", "at", where="sha256 = ''"),
    sqlite_with_rowid=False,
)
"""Copies of a file that may be shown in a browser. ``kind`` is a `bot.domain.evidence.Copy`. ``data`` is what it was
made with, as JSON (the boxes), ``actor`` who had it made ("" for the desk); ``sha256`` is "" while it is to be made."""

transcript = Table(
    "transcript",
    metadata,
    *texts("attachment", "state", "words", "actor"),
    time("at"),
    number("attempts"),
    time("next_try_at", nullable=True),
    PrimaryKeyConstraint("attachment"),
    partial("ix_transcript_wanted", "next_try_at", where="state = 'wanted'"),
    sqlite_with_rowid=False,
)
"""What is said in a voice message, as a service heard it or a person corrected it. ``state``: wanted, heard, corrected,
failed."""

drawing = Table(
    "drawing",
    metadata,
    *texts("key", "address", "what", "body"),
    time("at"),
    time("drawn_at", nullable=True),
    words("problem"),
    PrimaryKeyConstraint("key"),
    partial("ix_drawing_undrawn", "at", where="drawn_at IS NULL"),
)
"""Pictures that somebody is owed in chat; ``body`` is what they show, as JSON."""
