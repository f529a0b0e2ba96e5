"""How often a message was tried before it was answered.

Never changed again once it is released: later changes are later revisions.
"""

from __future__ import annotations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
