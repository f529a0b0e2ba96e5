"""The outbox: which push may be sent now, and what became of it. Jobs for the writer.

A person's pushes leave in the order in which they were decided on. In the line of a person stand those that are
``ready`` or ``sending``; only the oldest may be claimed, and none while one is being sent. A push that was put back to
be tried later keeps its place and holds up those behind it. One that was *meant* for later (``scheduled``) joins the
line when its time has come, so a notice for the morning does not hold up the answer to a question of the night.
"""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bot.conversation.session import Credit
from bot.ports import ClaimedPush, PushOutcome
from storage.codec import micros, micros_or_none, read_session
from storage.values import PUSH, push_of

_AT_ONCE = 1000
"""How many scheduled or expired pushes are moved in one transaction."""

_EXPIRE = (
    "UPDATE push SET state = 'expired', settled_at = ?2 WHERE id IN (SELECT id FROM push WHERE channel = ?1"
    " AND state IN ('ready', 'scheduled', 'kept') AND expires_at IS NOT NULL AND expires_at <= ?2"
    f" ORDER BY expires_at LIMIT {_AT_ONCE})"
)
_JOIN = (
    "UPDATE push SET state = 'ready' WHERE id IN (SELECT id FROM push WHERE channel = ?1"
    f" AND state = 'scheduled' AND not_before <= ?2 ORDER BY not_before LIMIT {_AT_ONCE})"
)
_CLAIM = (
    f"SELECT {PUSH}, p.slot FROM push AS p INDEXED BY ix_push_line"
    " WHERE p.channel = ?1 AND p.state = 'ready' AND (p.not_before IS NULL OR p.not_before <= ?2)"
    " AND NOT EXISTS (SELECT 1 FROM push AS o INDEXED BY ix_push_unsent WHERE o.address = p.address"
    " AND o.state IN ('ready', 'sending') AND o.id <> p.id AND (o.id < p.id OR o.state = 'sending'))"
    " ORDER BY p.lane, p.id LIMIT ?3"
)
_BEGUN = "UPDATE push SET state = 'sending', attempts = attempts + 1, attempt_at = ? WHERE id = ?"
_REPLACES = (
    "SELECT message_id FROM push WHERE address = ? AND slot = ? AND state = 'sent' AND message_id <> ''"
    " ORDER BY id DESC LIMIT 1"
)
_SPENT = "SELECT count(*) FROM push WHERE address = ? AND state IN ('sent', 'unclear') AND attempt_at >= ?"
_SESSION = "SELECT body FROM session WHERE address = ?"
_SETTLE = (
    "UPDATE push SET state = ?2, settled_at = ?3, message_id = ?4, reason = ?5,"
    " not_before = CASE WHEN ?2 = 'ready' THEN ?6 ELSE not_before END"
    " WHERE id = ?1 AND state IN ('ready', 'scheduled', 'sending', 'kept') RETURNING address"
)
_RECOVER = (
    "UPDATE push SET state = 'unclear', settled_at = ?, reason = 'stopped' WHERE channel = ? AND state = 'sending'"
)


def claim(connection: sqlite3.Connection, channel: str, now: datetime, limit: int) -> list[ClaimedPush]:
    """Take the pushes that may be sent now, at most ``limit``, and note that their attempt has begun."""
    at = micros(now)
    connection.execute(_EXPIRE, (channel, at))
    connection.execute(_JOIN, (channel, at))
    rows = connection.execute(_CLAIM, (channel, at, limit)).fetchall()
    if not rows:
        return []
    connection.executemany(_BEGUN, [(at, row[0]) for row in rows])
    claimed = []
    for *row, slot in rows:
        address: str = row[2]
        replaces = connection.execute(_REPLACES, (address, slot)).fetchone() if slot else None
        claimed.append(push_of(tuple(row), replaces[0] if replaces else "", _credits(connection, address, now)))
    return claimed


def _credits(connection: sqlite3.Connection, address: str, now: datetime) -> int | None:
    """How many more pushes the platform allows to a person now; None where none were ever counted."""
    found = connection.execute(_SESSION, (address,)).fetchone()
    credit: Credit | None = read_session(found[0]).credit if found else None
    if credit is None:
        return None
    if credit.until <= now:
        return 0
    spent: int = connection.execute(_SPENT, (address, micros(credit.at))).fetchone()[0]
    return max(0, credit.granted - spent)


def settle(connection: sqlite3.Connection, outcomes: Sequence[PushOutcome]) -> list[tuple[str, str]]:
    """Write down what became of pushes. Returns (address, state) of those that were not settled before."""
    settled = []
    for o in outcomes:
        values = (o.id, o.state, micros(o.at), o.message_id, o.reason, micros_or_none(o.not_before))
        settled += [(address, o.state) for (address,) in connection.execute(_SETTLE, values).fetchall()]
    return settled


def recover(connection: sqlite3.Connection, channel: str, now: datetime) -> int:
    """What was being sent when the process died may have arrived: unclear. Returns how many."""
    return connection.execute(_RECOVER, (micros(now), channel)).rowcount
