"""Who is stored and not pushed for a while, and why.

Never changed again once it is released: later changes are later revisions.
"""

from __future__ import annotations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
