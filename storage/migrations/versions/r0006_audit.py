"""The chained record of what was changed, read, forwarded and exported.

Never changed again once it is released: later changes are later revisions.
"""

# ruff: noqa: S608  # only names of tables are put into the texts
from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COUNTED = {
    **dict.fromkeys(("ticket_event", "ticket", "staff_event", "staff", "special_event", "special", "looked")),
    **dict.fromkeys(("review", "finding", "link", "board", "lesson", "invitation", "invitation_use")),
    "transcript": "state = 'corrected'",
}
"""Tables whose rows the record binds from now on, and which rows of them."""


def upgrade() -> None:
    """Make the new tables; where there are rows already, the first entry says how many."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *map(_text, ("what", "subject")),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        *map(_text, ("actor", "note")),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("digest", "state", "hash")),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    _begin(op.get_bind())


def _begin(connection: sa.Connection) -> None:
    """The first entry, of a database that holds something already: rows without an entry are these and no more."""
    counts = {}
    for table, which in COUNTED.items():
        where = f" WHERE {which}" if which else ""
        counts[table] = connection.execute(sa.text(f'SELECT count(*) FROM "{table}"{where}')).scalar_one()
    if not any(counts.values()):
        return
    timed = ("ticket_event", "staff_event", "special_event", "looked", "review", "finding", "link", "board", "lesson")
    newest = " UNION ALL ".join(f'SELECT max(at) AS at FROM "{table}"' for table in timed)
    at = connection.execute(sa.text(f"SELECT coalesce(max(at), 0) FROM ({newest}) AS t")).scalar_one()
    note = json.dumps(counts, separators=(",", ":"))
    entry = json.dumps([1, at, "genesis", "", 0, 0, "desk", note, "", ""], separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(bytes(32) + entry.encode()).digest()
    connection.execute(
        sa.text(
            "INSERT INTO audit (seq, at, what, subject, part, steps, actor, note, digest, state, hash, salt)"
            " VALUES (1, :at, 'genesis', '', 0, 0, 'desk', :note, :nothing, :nothing, :hash, NULL)"
        ),
        {"at": at, "note": note, "nothing": b"", "hash": digest},
    )
    connection.execute(sa.text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 1, :hash)"), {"hash": digest})


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
