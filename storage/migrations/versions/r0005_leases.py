"""Who does what only one worker may do: the sender of a channel, its token, a housekeeping job.

Never changed again once it is released: later changes are later revisions.
"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and indexes."""
