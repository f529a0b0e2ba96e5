"""What has been forgotten, and how long each class of data is kept.

Never changed again once it is released: later changes are later revisions.
"""

from __future__ import annotations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
