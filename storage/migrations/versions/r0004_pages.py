"""What pages show: copies of files made to be shown, transcripts, pictures drawn for chat.

Never changed again: later changes are later revisions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
    op.create_table(
        "rendition",
        *map(_text, ("attachment", "kind", "sha256", "mime")),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        *map(_text, ("data", "actor")),
        _time("at"),
        sa.PrimaryKeyConstraint("attachment", "kind", name=op.f("pk_rendition")),
        sqlite_with_rowid=False,
    )
    _partial("ix_rendition_wanted", "rendition", ["at"], "sha256 = ''")
    op.create_table(
        "transcript",
        *map(_text, ("attachment", "state", "words", "actor")),
        _time("at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("next_try_at", nullable=True),
        sa.PrimaryKeyConstraint("attachment", name=op.f("pk_transcript")),
        sqlite_with_rowid=False,
    )
    _partial("ix_transcript_wanted", "transcript", ["next_try_at"], "state = 'wanted'")
    op.create_table(
        "drawing",
        *map(_text, ("key", "address", "what", "body")),
        _time("at"),
        _time("drawn_at", nullable=True),
        _text("problem"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_drawing")),
    )
    _partial("ix_looked_ticket", "looked", ["ticket"], "ticket <> ''")
    due = sa.text("""substr(data, instr(data, '"due":"') + 7, 19)""".replace(":", r"\:"))
    _partial("ix_ticket_event_due", "ticket_event", [due], "action = 'answer'")
    _partial("ix_drawing_undrawn", "drawing", ["at"], "drawn_at IS NULL")
    op.add_column("attachment", sa.Column("rendered", sa.Boolean(), server_default=sa.false(), nullable=False))
    _partial("ix_attachment_unrendered", "attachment", ["created_at"], "state = 'stored' AND NOT rendered")
    op.drop_index("ix_ticket_open", "ticket")  # now with the moment of filing, the order of the pool, and kind and type
    seen_by = ("handler", "area", "walled", "danger", "kept_from", "kind", "type")
    _partial("ix_ticket_open", "ticket", ["unit", "status", "due_at", "filed_at", *seen_by], "closed_at IS NULL")
    _partial("ix_ticket_released", "ticket", ["filed_at", "number"], """work LIKE '%"released":"%'""")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _partial(name: str, table: str, columns: list[str | sa.TextClause], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
