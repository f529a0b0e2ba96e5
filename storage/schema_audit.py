"""The tables of the chained record: what was changed, read, forwarded and exported, each entry bound to the last.

What an entry says stays where it is (`storage.audit_kinds`); here is only its salted digest. Nothing here names anybody
but members of staff, by their ids, and nothing that anybody wrote is here.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from storage.columns import metadata, number, texts, time

audit = Table(
    "audit",
    metadata,
    # Counted by `storage.audit`, without a gap: the key is the fence that keeps the chain from forking.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), autoincrement=False, nullable=False),
    time("at"),
    *texts("what", "subject"),
    Column("part", BigInteger, nullable=False),
    number("steps"),
    *texts("actor", "note"),
    Column("digest", LargeBinary, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=True),
    PrimaryKeyConstraint("seq"),
    Index("ix_audit_subject", "subject"),
)
"""One entry each. ``digest`` binds the rows that were added and never change (``steps`` of them, up to ``part``),
``state`` the row that says how things stood afterwards; either is empty where there is none. ``hash`` binds all of the
entry but ``salt``, and the hash of the entry before it. Without its salt an entry tells nothing of its rows any more:
so it is forgotten (`storage.audit_forgetting`)."""

audit_head = Table(
    "audit_head",
    metadata,
    number("id"),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id"),
)
"""One row: the newest entry. Whoever appends changes it first, so several workers append one after the other."""
