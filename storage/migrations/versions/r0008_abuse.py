"""Who is stored and not pushed for a while, and why; messages that wait for their turn.

Never changed again once it is released: later changes are later revisions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
    op.create_table(
        "hold_step",
        _text("id"),
        sa.Column("seq", sa.Integer(), nullable=False),
        *map(_text, ("address", "setter", "reason")),
        _time("since"),
        _time("until"),
        *map(_text, ("step", "actor")),
        _time("at"),
        _text("text"),
        _time("appealed_at", nullable=True),
        _time("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", "seq", name=op.f("pk_hold_step")),
    )
    op.create_index("ix_hold_step_address", "hold_step", ["address"])
    op.create_index("ix_hold_step_until", "hold_step", ["until"])
    op.create_table(
        "put_by",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *map(_text, ("channel", "key", "address")),
        _time("at"),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_put_by")),
    )
    op.create_index("ix_put_by_key", "put_by", ["channel", "key"], unique=True)
    op.create_index("ix_put_by_address", "put_by", ["address", "id"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)
