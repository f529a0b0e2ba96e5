"""Those who work here, the news they are told, what they do with tickets, and the words of tickets.

Never changed again: later changes are later revisions. What an older program wrote stays as it is, and is made findable
when the desk is started.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables, columns and indexes."""
    _tickets()
    _pushes()
    _staff()
    _news()
    _search()


def _partial(name: str, table: str, columns: list[str | sa.TextClause], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _tickets() -> None:
    op.add_column("ticket", sa.Column("handler", sa.Text(), server_default="", nullable=False))
    op.add_column("ticket", sa.Column("walled", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name in ("work", "helpers", "kept_from", "deciding"):
        op.add_column("ticket", sa.Column(name, sa.Text(), nullable=True))
    op.drop_index("ix_ticket_open", "ticket")
    _partial(
        "ix_ticket_open",
        "ticket",
        ["unit", "status", "due_at", "handler", "area", "walled", "danger", "kept_from"],
        "closed_at IS NULL",
    )
    _partial("ix_ticket_handler", "ticket", ["handler", "status", "due_at"], "handler <> ''")
    seen_by = ("due_at", "unit", "status", "handler", "area", "walled", "kept_from")
    _partial("ix_ticket_helped", "ticket", [*seen_by, "helpers"], "helpers IS NOT NULL AND closed_at IS NULL")
    _partial("ix_ticket_deciding", "ticket", [*seen_by], "deciding IS NOT NULL AND closed_at IS NULL")
    _partial("ix_ticket_danger", "ticket", [*seen_by], "danger <> '' AND closed_at IS NULL")
    ending = sa.text("substr(number, length(number) - 2)")
    _partial("ix_ticket_ending", "ticket", [ending], "closed_at IS NULL")


def _pushes() -> None:
    op.add_column("push", sa.Column("brief", sa.Text(), nullable=True))
    op.add_column("push", sa.Column("then", sa.Text(), server_default="", nullable=False))
    _partial("ix_push_ticket", "push", ["ticket", "id"], "ticket <> ''")
    undelivered = "ticket <> '' AND state IN ('kept', 'refused', 'unclear', 'expired')"
    _partial("ix_push_undelivered", "push", ["id"], undelivered)


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_table(
        "staff_event",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("staff", "seq", name=op.f("pk_staff_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff_address",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_staff_address")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_staff_address_staff", "staff_address", ["staff"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitation")),
    )
    op.create_table(
        "invitation_use",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitation_use")),
        sqlite_with_rowid=False,
    )


def _news() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("key", name=op.f("uq_note_key")),
    )
    _partial("ix_note_untold", "note", ["box", "topic", "urgent"], "told_at IS NULL")
    _partial("ix_note_told", "note", ["box", "topic", "told_at"], "told_at IS NOT NULL AND NOT urgent")
    op.create_table(
        "looked",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looked")),
    )


def _search() -> None:
    op.create_table(
        "search_queue",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_queue")),
    )
    op.create_table(
        "search_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_mark")),
    )
    op.execute("INSERT INTO search_mark (id, tickets) VALUES (1, 0)")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_words"
            " USING fts5(terms, content='', columnsize=0, detail=none, tokenize='ascii')"
        )
    op.execute(
        "INSERT INTO search_queue (ticket, seq) SELECT ticket, seq FROM ticket_event"
        " WHERE action IN ('supplement', 'correct', 'transcribe') ORDER BY ticket, seq"
    )
