"""What follows an answer: reviews, findings, links between tickets, special cases, lessons, pictures, boards.

Never changed again: later changes are later revisions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
    _reviews()
    _links()
    _special_cases()
    _pictures_and_boards()
    op.create_index("ix_ticket_place", "ticket", ["area", "kind", "filed_at", "closed_at"], unique=False)
    _partial("ix_ticket_idea", "ticket", ["number"], "type = 'idea'")
    _partial("ix_ticket_closed_due", "ticket", ["due_at"], "closed_at IS NOT NULL")
    _partial("ix_ticket_event_turning", "ticket_event", ["action", "at"], "action IN ('answer', 'object', 'reopen')")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _reviews() -> None:
    op.create_table(
        "review",
        _text("ticket"),
        sa.Column("round", sa.Integer(), nullable=False),
        *map(_text, ("party", "address", "verdict", "finished")),
        sa.Column("rating", sa.Integer(), nullable=True),
        *map(_text, ("words", "files", "actor")),
        _time("asked_at", nullable=True),
        _time("at"),
        sa.PrimaryKeyConstraint("ticket", "round", "party", name=op.f("pk_review")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "finding",
        _text("ticket"),
        sa.Column("round", sa.Integer(), nullable=False),
        *map(_text, ("kind", "actor", "text")),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("ticket", "round", name=op.f("pk_finding")),
        sqlite_with_rowid=False,
    )


def _links() -> None:
    op.create_table(
        "link",
        *map(_text, ("ticket", "kind", "other", "actor")),
        _time("at"),
        sa.PrimaryKeyConstraint("ticket", "kind", "other", name=op.f("pk_link")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_link_other", "link", ["other", "kind"], unique=False)


def _special_cases() -> None:
    op.create_table(
        "special",
        _text("number"),
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("body"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_special")),
    )
    op.create_table(
        "special_event",
        _text("number"),
        sa.Column("seq", sa.Integer(), nullable=False),
        _time("at"),
        *map(_text, ("action", "actor", "data")),
        sa.PrimaryKeyConstraint("number", "seq", name=op.f("pk_special_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lesson",
        *map(_text, ("source", "area", "kind", "text", "actor")),
        _time("at"),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_lesson")),
    )


def _pictures_and_boards() -> None:
    op.create_table(
        "photo",
        *map(_text, ("attachment", "sha256", "phash")),
        _time("taken_at", nullable=True),
        _time("at"),
        sa.PrimaryKeyConstraint("attachment", name=op.f("pk_photo")),
    )
    op.create_index("ix_photo_sha256", "photo", ["sha256"], unique=False)
    op.create_table(
        "photo_band",
        sa.Column("band", sa.Integer(), nullable=False),
        *map(_text, ("phash", "attachment")),
        sa.PrimaryKeyConstraint("band", "phash", "attachment", name=op.f("pk_photo_band")),
        sqlite_with_rowid=False,
    )
    op.add_column("attachment", sa.Column("seen", sa.Boolean(), server_default=sa.false(), nullable=False))
    unseen = "state = 'stored' AND NOT seen AND type IN ('photo', 'file')"
    _partial("ix_attachment_unseen", "attachment", ["created_at"], unseen)
    op.create_table(
        "board",
        *map(_text, ("period", "actor", "body")),
        _time("at"),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_board")),
    )
