"""The tables, once for every database.

Times are INTEGER microseconds since 1970-01-01 UTC: eight bytes, compared as numbers, the same on every database, and
no text to parse on the way out. An ``address`` is ``str(bot.domain.people.Address)``, so "channel:id". Ids of platforms
are TEXT: some are beyond 63 bits. JSON is TEXT, written and read by msgspec.

**Fences** are append-only tables whose unique key catches a race: `inbox`, `turn`, `ticket_event`, `fired`, and the
unique key of `push`. `session` and `ticket` are projections of them: the newest state, for reading. There are no
foreign keys between them on purpose: a change-set is written whole or not at all, rows never vanish, and each foreign
key would cost the hot path one more B-tree search a row.

Small rows that are always found by their key are clustered on it (``WITHOUT ROWID`` on SQLite). Rows that carry
words or JSON are not: they are appended, and only a slim index is sorted.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

REVISION = "0001"
"""The newest revision in ``storage/migrations``; a test compares."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _text(name: str, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _texts(*names: str) -> list[Column[str]]:
    return [_text(name) for name in names]


def _int(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _time(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _id() -> Column[int]:
    # SQLite only numbers rows by itself in a column that says INTEGER.
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


inbox = Table(
    "inbox",
    metadata,
    *_texts("channel", "key", "address", "kind"),
    _time("at"),
    _time("received_at"),
    _text("text"),
    _text("pin", nullable=True),
    Column("raw", LargeBinary, nullable=False),
    _text("reply", nullable=True),
    _time("answered_at", nullable=True),
    PrimaryKeyConstraint("channel", "key"),
)
"""Fence: every message that was answered, and its answer. A platform's retry finds it here."""

turn = Table(
    "turn",
    metadata,
    _text("address"),
    _int("seq"),
    _time("at"),
    _text("message", nullable=True),
    PrimaryKeyConstraint("address", "seq"),
    sqlite_with_rowid=False,
)
"""Fence: one turn of a person. ``message`` is the key of its inbox row, so this is also a person's talk in order."""

session = Table(
    "session",
    metadata,
    _text("address"),
    _int("seq"),
    _text("body"),
    PrimaryKeyConstraint("address"),
)
"""Projection of `turn`: what is remembered of a person."""

ticket = Table(
    "ticket",
    metadata,
    _text("number"),
    _int("seq"),
    *_texts("code", "alias", "type", "kind", "status", "source", "channel", "text"),
    _time("filed_at"),
    _text("area"),
    _text("place_name", nullable=True),
    _text("place_area", nullable=True),
    _text("place_address", nullable=True),
    Column("latitude", Float(53), nullable=True),
    Column("longitude", Float(53), nullable=True),
    _text("pin", nullable=True),
    _text("unit"),
    Column("hidden", Boolean, nullable=False),
    _text("danger"),
    _text("clock"),
    Column("provisional", Boolean, nullable=False),
    _time("dispatched_at", nullable=True),
    _time("due_at", nullable=True),
    _time("promised_at", nullable=True),
    _time("closed_at", nullable=True),
    PrimaryKeyConstraint("number"),
    _partial("ix_ticket_open", "status", where="closed_at IS NULL"),
)
"""Projection of `ticket_event`: a ticket as it is now. ``place_name`` is NULL where no place is known."""

ticket_event = Table(
    "ticket_event",
    metadata,
    _text("ticket"),
    _int("seq"),
    _time("at"),
    *_texts("action", "status", "actor", "data"),
    PrimaryKeyConstraint("ticket", "seq"),
    sqlite_with_rowid=False,
)
"""Fence: every step of a ticket's life."""

reporter = Table(
    "reporter",
    metadata,
    *_texts("ticket", "address", "role"),
    _time("since"),
    PrimaryKeyConstraint("ticket", "address"),
    Index("ix_reporter_address", "address", "ticket"),
    sqlite_with_rowid=False,
)
"""Whom a ticket belongs to."""

push = Table(
    "push",
    metadata,
    _id(),
    *_texts("key", "address", "channel"),
    _int("lane"),
    *_texts("ticket", "slot", "reply"),
    Column("reserve", Boolean, nullable=False),
    _text("state"),
    _int("attempts"),
    _time("created_at"),
    _time("not_before", nullable=True),
    _time("expires_at", nullable=True),
    _time("attempt_at", nullable=True),
    _time("settled_at", nullable=True),
    _text("message_id"),
    _text("reason"),
    UniqueConstraint("key"),
    Index("ix_push_address", "address", "slot", "id"),
    _partial("ix_push_message", "address", "message_id", where="message_id <> ''"),
    _partial("ix_push_line", "address", "state", "id", where="state IN ('waiting', 'ready', 'resting', 'sending')"),
    _partial("ix_push_ready", "channel", "lane", "id", where="state = 'ready'"),
    _partial("ix_push_sending", "channel", where="state = 'sending'"),
    _partial("ix_push_later", "channel", "not_before", where="state IN ('scheduled', 'resting')"),
    _partial("ix_push_kept", "address", "id", where="state = 'kept'"),
    _partial(
        "ix_push_expiry",
        "channel",
        "expires_at",
        where="state IN ('waiting', 'ready', 'resting', 'scheduled', 'kept') AND expires_at IS NOT NULL",
    ),
)
"""The outbox. The states are explained in `storage.pushes`."""

timer = Table(
    "timer",
    metadata,
    _text("kind"),
    _text("subject"),
    _int("level"),
    _time("due_at"),
    _text("address", nullable=True),
    PrimaryKeyConstraint("kind", "subject", "level", "due_at"),
    Index("ix_timer_due", "due_at"),
    sqlite_with_rowid=False,
)
"""Timers that are pending; fired and cancelled ones are deleted."""

fired = Table(
    "fired",
    metadata,
    _text("kind"),
    _text("subject"),
    _int("level"),
    _time("due_at"),
    _time("at"),
    PrimaryKeyConstraint("kind", "subject", "level", "due_at"),
    sqlite_with_rowid=False,
)
"""Fence: timers that were answered."""

attachment = Table(
    "attachment",
    metadata,
    *_texts("id", "address", "type", "ref", "state"),
    _time("created_at"),
    *_texts("draft", "ticket", "message", "name", "mime", "sha256"),
    Column("bytes", BigInteger, nullable=True),
    _int("seconds", nullable=True),
    _text("fingerprint"),
    _text("problem"),
    _int("attempts"),
    _time("next_try_at", nullable=True),
    _time("deadline", nullable=True),
    PrimaryKeyConstraint("id"),
    _partial("ix_attachment_draft", "draft", where="draft <> ''"),
    _partial("ix_attachment_ticket", "ticket", where="ticket <> ''"),
    Index("ix_attachment_message", "address", "message"),
    _partial("ix_attachment_pending", "deadline", "next_try_at", where="state = 'pending'"),
)
"""Files people sent."""

task = Table(
    "task",
    metadata,
    *_texts("key", "kind", "subject"),
    _time("opened_at"),
    _time("due_at", nullable=True),
    _text("address", nullable=True),
    _text("data", nullable=True),
    _time("closed_at", nullable=True),
    PrimaryKeyConstraint("key"),
    _partial("ix_task_open", "kind", "opened_at", where="closed_at IS NULL"),
)
"""What waits for staff."""

code_failure = Table(
    "code_failure",
    metadata,
    _id(),
    _text("ticket"),
    _text("address"),
    _time("at"),
    Index("ix_code_failure_ticket", "ticket", "at"),
)
"""Wrong codes that were tried."""

quarantine = Table(
    "quarantine",
    metadata,
    _text("incident"),
    _time("at"),
    *_texts("why", "address", "key"),
    Column("message", LargeBinary, nullable=True),
    _text("timer", nullable=True),
    PrimaryKeyConstraint("incident"),
    Index("ix_quarantine_address", "address"),
)
"""What the desk could not handle, whole. ``message`` is JSON as bytes: it may hold what no text column takes."""

number_block = Table(
    "number_block",
    metadata,
    _text("day"),
    _int("next"),
    PrimaryKeyConstraint("day"),
)
"""The first counter of a day that no process has taken yet."""
