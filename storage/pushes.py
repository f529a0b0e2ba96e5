"""The outbox: which push may be sent now, and what became of it. Jobs for the writer.

A person's pushes leave in the order in which they were decided on. So each person has a line, and the state of a push
is its place in it:

====================  ==================================================================================
``ready``             first in the line, may be claimed now
``resting``           first in the line, to be tried again at ``not_before``; holds up those behind it
``sending``           claimed: its attempt has begun
``waiting``           behind one of those
``scheduled``         meant for later, joins the line at ``not_before``: a notice for the morning does not
                      hold up the answer to a question of the night
``kept``              out of the line until the person writes again
====================  ==================================================================================

and when it is over: ``sent``, ``told``, ``refused``, ``unclear``, ``expired``, ``recalled`` (taken back before it
left). At most one push of a person is ready, resting or sending. A claim therefore reads no more rows than it takes,
however long the lines are.
"""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import MsgspecError

from bot.conversation.session import Credit
from bot.ports import ClaimedPush, PushOutcome
from storage.codec import micros, micros_or_none, moment, read_session
from storage.driver import Driver
from storage.many_rows import ManyRows, taken
from storage.staff_rows import Row
from storage.statements import delivered, next_in_line
from storage.values import PUSH, push_of

_AT_ONCE = 1000
"""How many pushes change their place in the lines in one transaction because of the time."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of settling: the addresses for which something is kept now, and when the earliest timer is due."""

    kept: tuple[str, ...]
    timer_at: datetime | None


_EXPIRE = (
    "UPDATE push SET state = 'expired', settled_at = ?2 WHERE id IN (SELECT id FROM push WHERE channel = ?1"
    " AND state IN ('waiting', 'ready', 'resting', 'scheduled', 'kept') AND expires_at IS NOT NULL"
    f" AND expires_at <= ?2 ORDER BY expires_at LIMIT {_AT_ONCE}) RETURNING address"
)
_DUE = (
    "UPDATE push SET state = CASE state WHEN 'resting' THEN 'ready' ELSE 'waiting' END"
    " WHERE id IN (SELECT id FROM push WHERE channel = ?1 AND state IN ('scheduled', 'resting') AND not_before <= ?2"
    f" ORDER BY not_before LIMIT {_AT_ONCE}) RETURNING address"
)
_CLAIM = (
    f"SELECT {PUSH}, p.slot FROM push AS p WHERE p.channel = ?1 AND p.state = 'ready' ORDER BY p.lane, p.id LIMIT ?2"
)
_BEGUN = ManyRows(
    1, "UPDATE push SET state = 'sending', attempts = attempts + 1, attempt_at = ? WHERE id IN (VALUES {rows})"
)
_REPLACES = (
    "SELECT n.column1, (SELECT p.message_id FROM push AS p WHERE p.address = n.column2 AND p.slot = n.column3"
    " AND p.state = 'sent' AND p.message_id <> '' ORDER BY p.id DESC LIMIT 1) FROM (VALUES {rows}) AS n"
)
_SPENT = (
    "SELECT n.column1, (SELECT count(*) FROM push AS p WHERE p.address = n.column1"
    " AND p.state IN ('sent', 'unclear') AND p.attempt_at >= n.column2) FROM (VALUES {rows}) AS n"
)
_SESSIONS = "SELECT s.address, s.body FROM (VALUES {rows}) AS n CROSS JOIN session AS s ON s.address = n.column1"
_FORGOTTEN = "UPDATE push SET state = 'ready' WHERE channel = ? AND state = 'sending' AND id NOT IN ({marks})"
_SETTLE = (
    "UPDATE push SET state = n.column2, settled_at = n.column3, message_id = n.column4, reason = n.column5,"
    " not_before = coalesce(CAST(n.column6 AS bigint), push.not_before) FROM (VALUES {rows}) AS n"
    " WHERE push.id = n.column1 AND push.state IN ('waiting', 'ready', 'resting', 'scheduled', 'sending', 'kept')"
    ' RETURNING push."then", push.ticket, push.id, push.settled_at, push.address, push.state'
)
_STATE = "SELECT state FROM push WHERE id = ?"
_RECOVER = (
    "UPDATE push SET state = 'unclear', settled_at = ?, reason = 'stopped'"
    " WHERE channel = ? AND state = 'sending' RETURNING address"
)
_REPEAT = "UPDATE push SET state = 'ready' WHERE channel = ? AND state = 'sending'"


def claim(
    connection: Driver, channel: str, now: datetime, limit: int, in_hand: Collection[int] | None = None
) -> list[ClaimedPush]:
    """Take the pushes that may be sent now, at most ``limit``, and note that their attempt has begun.

    ``in_hand``: what the only sender has taken and not settled. What else is marked so was taken in a transaction
    whose end nobody heard of, so nobody ever began with it: it may be taken now. None: leave it.
    """
    at = micros(now)
    if in_hand is not None:
        marks = ", ".join("?" * len(in_hand)) or "0"
        connection.execute(_FORGOTTEN.format(marks=marks), (channel, *in_hand))
    moved = connection.execute(_EXPIRE, (channel, at)).fetchall() + connection.execute(_DUE, (channel, at)).fetchall()
    _next(connection, (address for (address,) in moved))
    rows = connection.execute(_CLAIM, (channel, limit)).fetchall()
    replaced: dict[int, str | None] = dict(
        taken(connection, _REPLACES, [(row[0], row[2], row[-1]) for row in rows if row[-1]])
    )
    credits_ = _credits(connection, [row[2] for row in rows], now)
    claimed: list[ClaimedPush] = []
    unreadable: list[Row] = []
    for *row, _slot in rows:
        id_, address = row[0], row[2]
        try:
            claimed.append(push_of(tuple(row), replaced.get(id_) or "", credits_.get(address)))
        except (MsgspecError, ValueError):
            unreadable.append((id_, "refused", at, "", "unreadable", None))
    if unreadable:
        # Written by another program, or damaged: they must not stand in the way of all others for ever.
        _next(connection, [row[4] for row in taken(connection, _SETTLE, unreadable)])
    if claimed:
        _BEGUN.run(connection, [(push.id,) for push in claimed], at)
    return claimed


def _next(connection: Driver, addresses: Iterable[str]) -> None:
    """Let the next ones in these people's lines come forward."""
    next_in_line(connection, sorted(set(addresses)))


def _credits(connection: Driver, addresses: Sequence[str], now: datetime) -> dict[str, int]:
    """How many more pushes the platform allows to people now; who is missing has none that are counted."""
    left: dict[str, int] = {}
    running: dict[str, Credit] = {}
    for address, body in taken(connection, _SESSIONS, [(address,) for address in dict.fromkeys(addresses)]):
        try:
            credit = read_session(body).credit
        except MsgspecError:
            continue
        if credit is None:
            continue
        if credit.until <= now:
            left[address] = 0
        else:
            running[address] = credit
    asked = [(address, micros(credit.at)) for address, credit in running.items()]
    for address, spent in taken(connection, _SPENT, asked):
        left[address] = max(0, running[address].granted - spent)
    return left


def settle(connection: Driver, outcomes: Sequence[PushOutcome]) -> Settled:
    """Write down what became of pushes; what was settled before stays as it was.

    Where a push that was sent has a timer to set, it is set here (see `bot.message.Push`).
    """
    many: dict[int, Row] = {}
    for o in outcomes:
        state = _again(connection, o) if o.state == "ready" else o.state
        many.setdefault(o.id, (o.id, state, micros(o.at), o.message_id, o.reason, micros_or_none(o.not_before)))
    rows = taken(connection, _SETTLE, many.values())
    due = delivered(connection, [row[:5] for row in rows if row[5] == "sent"])
    _next(connection, (row[4] for row in rows))
    return Settled(tuple(row[4] for row in rows if row[5] == "kept"), None if due is None else moment(due))


def _again(connection: Driver, outcome: PushOutcome) -> str:
    """Where a push stands that is put back: one that was being sent stays first, any other gets in line."""
    found = connection.execute(_STATE, (outcome.id,)).fetchone()
    later = outcome.not_before is not None and outcome.not_before > outcome.at
    if found == ("sending",):
        return "resting" if later else "ready"
    return "scheduled" if later else "waiting"


def recover(connection: Driver, channel: str, now: datetime, repeat: bool = False) -> int:
    """What was being sent when the process died may have arrived: unclear, or ready again where it may be repeated.

    Returns how many.
    """
    if repeat:
        return connection.execute(_REPEAT, (channel,)).rowcount
    moved = connection.execute(_RECOVER, (micros(now), channel)).fetchall()
    _next(connection, (address for (address,) in moved))
    return len(moved)
