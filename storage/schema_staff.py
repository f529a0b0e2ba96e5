"""The tables of those who work here, of the news they are told, and of the words of tickets."""

from __future__ import annotations

from sqlalchemy import DDL, Index, PrimaryKeyConstraint, Table, UniqueConstraint, event

from storage.columns import flag, metadata, number, partial, serial, texts, time, words

staff = Table(
    "staff",
    metadata,
    words("id"),
    number("seq"),
    words("body"),
    PrimaryKeyConstraint("id"),
)
"""Projection of `staff_event`: a member of staff as they are now."""

staff_event = Table(
    "staff_event",
    metadata,
    words("staff"),
    number("seq"),
    time("at"),
    *texts("action", "actor", "data"),
    PrimaryKeyConstraint("staff", "seq"),
    sqlite_with_rowid=False,
)
"""Fence: every change of a member of staff."""

staff_address = Table(
    "staff_address",
    metadata,
    *texts("address", "staff"),
    PrimaryKeyConstraint("address"),
    Index("ix_staff_address_staff", "staff"),
    sqlite_with_rowid=False,
)
"""Fence, and projection of `staff`: an address belongs to one active member of staff at most."""

invitation = Table(
    "invitation",
    metadata,
    *texts("digest", "body"),
    PrimaryKeyConstraint("digest"),
)
"""Codes that were given out, by their digest."""

invitation_use = Table(
    "invitation_use",
    metadata,
    *texts("digest", "staff"),
    time("at"),
    PrimaryKeyConstraint("digest"),
    sqlite_with_rowid=False,
)
"""Fence: codes that were used, and by whom."""

note = Table(
    "note",
    metadata,
    serial(),
    *texts("key", "box", "topic", "ticket"),
    time("at"),
    flag("urgent"),
    words("body"),
    time("told_at", nullable=True),
    UniqueConstraint("key"),
    partial("ix_note_untold", "box", "topic", "urgent", where="told_at IS NULL"),
    partial("ix_note_told", "box", "topic", "told_at", where="told_at IS NOT NULL AND NOT urgent"),
)
"""News for somebody. Rows stay when they have been told: their keys keep the same news from being told twice."""

looked = Table(
    "looked",
    metadata,
    serial(),
    *texts("actor", "what", "ticket", "detail"),
    time("at"),
    partial("ix_looked_ticket", "ticket", where="ticket <> ''"),
)
"""Who of the staff read, forwarded or exported what. Only added to."""

search_queue = Table(
    "search_queue",
    metadata,
    serial(),
    words("ticket"),
    number("seq"),
)
"""Events after the first that brought words which `search_words` does not know yet."""

search_mark = Table(
    "search_mark",
    metadata,
    number("id"),
    time("tickets"),
    PrimaryKeyConstraint("id"),
)
"""One row: up to which row of `ticket` the words of tickets are known. Filing writes nothing for the search."""

SEARCH_WORDS = (
    "CREATE VIRTUAL TABLE search_words USING fts5(terms, content='', columnsize=0, detail=none, tokenize='ascii')"
)
"""Which tickets hold which terms (SQLite only). The rowid is `bot.domain.search.place` of the ticket's number; the
terms are made by that module and only split at blanks here, as ``ascii`` takes all other characters for letters."""

event.listen(metadata, "after_create", DDL(SEARCH_WORDS).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]  # SQLAlchemy gives DDL no types
