"""Which older programs may work on this schema, and whose data this is.

Never changed again once it is released: later changes are later revisions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables."""
    op.create_table(
        "schema_promise",
        sa.Column("compatible_from", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("compatible_from", name=op.f("pk_schema_promise")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "belonging",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_belonging")),
        sqlite_with_rowid=False,
    )
