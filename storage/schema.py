"""The tables, once for every database.

Times are INTEGER microseconds since 1970-01-01 UTC: eight bytes, compared as numbers, the same on every database, and
no text to parse on the way out. An ``address`` is ``str(bot.domain.people.Address)``, so "channel:id". Ids of platforms
are TEXT: some are beyond 63 bits. JSON is TEXT, written and read by msgspec.

**Fences** are append-only tables whose unique key catches a race: `inbox`, `turn`, `ticket_event`, `fired`, the unique
keys of `push` and `note`, and in `storage.schema_staff` `staff_event`, `staff_address` and `invitation_use`. `session`
and `ticket` are projections of them: the newest state, for reading. There are no foreign keys between them on purpose:
a change-set is written whole or not at all, rows never vanish, and each foreign key would cost the hot path one more
B-tree search a row.

Small rows that are always found by their key are clustered on it (``WITHOUT ROWID`` on SQLite). Rows that carry
words or JSON are not: they are appended, and only a slim index is sorted.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

import storage.schema_abuse
import storage.schema_attempts
import storage.schema_audit
import storage.schema_leases
import storage.schema_loop
import storage.schema_operations
import storage.schema_pages
import storage.schema_personal
import storage.schema_staff  # noqa: F401  # its tables belong to the metadata too
from storage.columns import flag, number, partial, serial, texts, time, words
from storage.columns import metadata as metadata

REVISION = "0010"
"""The newest revision in ``storage/migrations``; a test compares."""

ANSWER_DUE = """substr(data, instr(data, '"due":"') + 7, 19)"""
"""By when an answer had to be there, as the step says it: in ISO form, to the second. Read with plain functions, for a
database that trusts no schema lets an index use no others. The index has the same words."""

ENDING = "substr(number, length(number) - 2)"
"""The last three digits of a ticket's number, as its index spells it."""

RELEASED = """work LIKE '%"released":"%'"""
"""Whether a masked copy was released, as its index spells it: JSON escapes the quotes in what people write."""

SEEN_BY = ("due_at", "unit", "status", "handler", "area", "walled", "kept_from")
"""What decides whether somebody wants and may see a ticket: in an index it spares reading the ticket itself."""

inbox = Table(
    "inbox",
    metadata,
    *texts("channel", "key", "address", "kind"),
    time("at"),
    time("received_at"),
    words("text"),
    words("pin", nullable=True),
    Column("raw", LargeBinary, nullable=False),
    words("reply", nullable=True),
    time("answered_at", nullable=True),
    PrimaryKeyConstraint("channel", "key"),
)
"""Fence: every message that was answered, and its answer. A platform's retry finds it here."""

turn = Table(
    "turn",
    metadata,
    words("address"),
    number("seq"),
    time("at"),
    words("message", nullable=True),
    PrimaryKeyConstraint("address", "seq"),
    sqlite_with_rowid=False,
)
"""Fence: one turn of a person. ``message`` is the key of its inbox row, so this is also a person's talk in order."""

session = Table(
    "session",
    metadata,
    words("address"),
    number("seq"),
    words("body"),
    PrimaryKeyConstraint("address"),
)
"""Projection of `turn`: what is remembered of a person."""

ticket = Table(
    "ticket",
    metadata,
    words("number"),
    number("seq"),
    *texts("code", "alias", "type", "kind", "status", "source", "channel", "text"),
    time("filed_at"),
    words("area"),
    words("place_name", nullable=True),
    words("place_area", nullable=True),
    words("place_address", nullable=True),
    Column("latitude", Float(53), nullable=True),
    Column("longitude", Float(53), nullable=True),
    words("pin", nullable=True),
    words("unit"),
    flag("hidden"),
    words("danger"),
    words("clock"),
    flag("provisional"),
    time("dispatched_at", nullable=True),
    time("due_at", nullable=True),
    time("promised_at", nullable=True),
    time("closed_at", nullable=True),
    words("handler", default=""),
    flag("walled", added=True),
    *(words(name, nullable=True) for name in ("work", "helpers", "kept_from", "deciding")),
    PrimaryKeyConstraint("number"),
    partial(
        "ix_ticket_open",
        *("unit", "status", "due_at", "filed_at", "handler", "area", "walled", "danger", "kept_from", "kind", "type"),
        where="closed_at IS NULL",
    ),
    partial("ix_ticket_handler", "handler", "status", "due_at", where="handler <> ''"),
    partial("ix_ticket_helped", *SEEN_BY, "helpers", where="helpers IS NOT NULL AND closed_at IS NULL"),
    partial("ix_ticket_deciding", *SEEN_BY, where="deciding IS NOT NULL AND closed_at IS NULL"),
    partial("ix_ticket_danger", *SEEN_BY, where="danger <> '' AND closed_at IS NULL"),
    partial("ix_ticket_ending", text(ENDING), where="closed_at IS NULL"),
    partial("ix_ticket_closed_due", "due_at", where="closed_at IS NOT NULL"),
    partial("ix_ticket_idea", "number", where="type = 'idea'"),
    partial("ix_ticket_released", "filed_at", "number", where=RELEASED),
    Index("ix_ticket_place", "area", "kind", "filed_at", "closed_at"),
)
"""Projection of `ticket_event`: a ticket as it is now. ``place_name`` is NULL where no place is known.

``work`` is NULL for a ticket nobody has worked on. ``helpers`` (units that assist and are not done), ``kept_from``
(units) and ``deciding`` (matters that wait for a decision) are read out of it for finding: ``|one|other|``, or NULL.
Nearly all of them are NULL, so the indexes that begin with them hold few rows.
"""

ticket_event = Table(
    "ticket_event",
    metadata,
    words("ticket"),
    number("seq"),
    time("at"),
    *texts("action", "status", "actor", "data"),
    PrimaryKeyConstraint("ticket", "seq"),
    partial("ix_ticket_event_turning", "action", "at", where="action IN ('answer', 'object', 'reopen')"),
    partial("ix_ticket_event_due", text(ANSWER_DUE.replace(":", r"\:")), where="action = 'answer'"),
    sqlite_with_rowid=False,
)
"""Fence: every step of a ticket's life."""

reporter = Table(
    "reporter",
    metadata,
    *texts("ticket", "address", "role"),
    time("since"),
    PrimaryKeyConstraint("ticket", "address"),
    Index("ix_reporter_address", "address", "ticket"),
    sqlite_with_rowid=False,
)
"""Whom a ticket belongs to. Whoever left has the role "left": they are found when they want to be forgotten."""

push = Table(
    "push",
    metadata,
    serial(),
    *texts("key", "address", "channel"),
    number("lane"),
    *texts("ticket", "slot", "reply"),
    flag("reserve"),
    words("state"),
    number("attempts"),
    time("created_at"),
    time("not_before", nullable=True),
    time("expires_at", nullable=True),
    time("attempt_at", nullable=True),
    time("settled_at", nullable=True),
    words("message_id"),
    words("reason"),
    words("brief", nullable=True),
    words("then", default=""),
    UniqueConstraint("key"),
    Index("ix_push_address", "address", "slot", "id"),
    partial("ix_push_message", "address", "message_id", where="message_id <> ''"),
    partial("ix_push_line", "address", "state", "id", where="state IN ('waiting', 'ready', 'resting', 'sending')"),
    partial("ix_push_ready", "channel", "lane", "id", where="state = 'ready'"),
    partial("ix_push_sending", "channel", where="state = 'sending'"),
    partial("ix_push_later", "channel", "not_before", where="state IN ('scheduled', 'resting')"),
    partial("ix_push_kept", "address", "id", where="state = 'kept'"),
    partial("ix_push_ticket", "ticket", "id", where="ticket <> ''"),
    partial("ix_push_undelivered", "id", where="ticket <> '' AND state IN ('kept', 'refused', 'unclear', 'expired')"),
    partial(
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
    words("kind"),
    words("subject"),
    number("level"),
    time("due_at"),
    words("address", nullable=True),
    PrimaryKeyConstraint("kind", "subject", "level", "due_at"),
    Index("ix_timer_due", "due_at"),
    sqlite_with_rowid=False,
)
"""Timers that are pending; fired and cancelled ones are deleted."""

fired = Table(
    "fired",
    metadata,
    words("kind"),
    words("subject"),
    number("level"),
    time("due_at"),
    time("at"),
    PrimaryKeyConstraint("kind", "subject", "level", "due_at"),
    sqlite_with_rowid=False,
)
"""Fence: timers that were answered."""

attachment = Table(
    "attachment",
    metadata,
    *texts("id", "address", "type", "ref", "state"),
    time("created_at"),
    *texts("draft", "ticket", "message", "name", "mime", "sha256"),
    Column("bytes", BigInteger, nullable=True),
    number("seconds", nullable=True),
    words("fingerprint"),
    words("problem"),
    number("attempts"),
    time("next_try_at", nullable=True),
    time("deadline", nullable=True),
    flag("seen", added=True),
    flag("rendered", added=True),
    PrimaryKeyConstraint("id"),
    partial("ix_attachment_draft", "draft", where="draft <> ''"),
    partial("ix_attachment_ticket", "ticket", where="ticket <> ''"),
    Index("ix_attachment_message", "address", "message"),
    partial("ix_attachment_pending", "deadline", "next_try_at", where="state = 'pending'"),
    partial("ix_attachment_unseen", "created_at", where="state = 'stored' AND NOT seen AND type IN ('photo', 'file')"),
    partial("ix_attachment_unrendered", "created_at", where="state = 'stored' AND NOT rendered"),
)
"""Files people sent. ``seen``: how it looks, if it is a picture, has been written down in `photo`; ``rendered``: the
copies that may be shown have been made, as far as they could be."""

task = Table(
    "task",
    metadata,
    *texts("key", "kind", "subject"),
    time("opened_at"),
    time("due_at", nullable=True),
    words("address", nullable=True),
    words("data", nullable=True),
    time("closed_at", nullable=True),
    PrimaryKeyConstraint("key"),
    partial("ix_task_open", "kind", "opened_at", where="closed_at IS NULL"),
)
"""What waits for staff."""

code_failure = Table(
    "code_failure",
    metadata,
    serial(),
    words("ticket"),
    words("address"),
    time("at"),
    Index("ix_code_failure_ticket", "ticket", "at"),
)
"""Wrong codes that were tried."""

quarantine = Table(
    "quarantine",
    metadata,
    words("incident"),
    time("at"),
    *texts("why", "address", "key"),
    Column("message", LargeBinary, nullable=True),
    words("timer", nullable=True),
    PrimaryKeyConstraint("incident"),
    Index("ix_quarantine_address", "address"),
)
"""What the desk could not handle, whole. ``message`` is JSON as bytes: it may hold what no text column takes."""

number_block = Table(
    "number_block",
    metadata,
    words("day"),
    number("next"),
    PrimaryKeyConstraint("day"),
)
"""The first counter of a day that no process has taken yet."""
