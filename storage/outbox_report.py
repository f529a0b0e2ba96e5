"""What lies in the outbox, for operators."""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import MsgspecError

from bot.message import Push
from storage.codec import moment
from storage.driver import Driver
from storage.values import PUSH, push_of

_LYING = (
    "SELECT channel, state, count(*), min(created_at) FROM push"
    " WHERE state IN ('waiting', 'ready', 'resting', 'sending', 'scheduled', 'kept')"
    " GROUP BY channel, state ORDER BY channel, state"
)
_TRIED = (
    f"SELECT p.settled_at, {PUSH} FROM push AS p WHERE p.state = 'sent' AND p.reason = ? AND p.message_id = ''"
    " ORDER BY p.id DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Lying:
    """Pushes of a channel in a state (`storage.pushes` explains them), and since when the oldest waits."""

    channel: str
    state: str
    count: int
    oldest_at: datetime


def lying(connection: Driver) -> Sequence[Lying]:
    """What is not settled."""
    rows = connection.execute(_LYING).fetchall()
    return [Lying(channel, state, count, moment(oldest)) for channel, state, count, oldest in rows]


def tried(connection: Driver, reason: str, limit: int) -> Sequence[tuple[datetime, Push]]:
    """The newest pushes that were taken for sent for this reason, and when; the newest last."""
    found = []
    for at, *row in connection.execute(_TRIED, (reason, limit)).fetchall():
        try:
            found.append((moment(at), push_of(tuple(row)).push))
        except (MsgspecError, ValueError):  # what was erased meanwhile, or written by another program
            continue
    return found[::-1]
