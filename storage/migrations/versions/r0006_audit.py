"""The chained record of what was changed, read, forwarded and exported.

Never changed again once it is released: later changes are later revisions.
"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
