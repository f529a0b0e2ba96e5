"""The rest of an erasure, after `storage.erasing` took the words: nothing may lead to the person any more.

=============  ==========================================================================================
``asked``      the words are gone; what the person was answered may still be on its way to them
``fenced``     their turns, their session and their messages are nobody's; an HMAC stays, see `FORGOTTEN`
``swept``      no row of any table has anything of them
``cleared``    nor has the search index or a file; who it was is not known any more
``done``       nor has any free space of the database, or its log
=============  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.codec import as_json, micros, moment
from storage.driver import Driver
from storage.erasing import Traces, read_traces, taken_out

FENCED, SWEPT = "fenced", "swept"

SOON = timedelta(seconds=60)
"""Turns that were being decided when somebody was erased are over by then."""

PATIENCE = timedelta(hours=24)
"""So long the last answer may be on its way; then it goes too."""

CHUNK = 500
"""Messages of one person that are made nobody's in one transaction."""

KEY = "erased:"
"""What the key of a message begins with that had the person's id in it; an HMAC of the key follows."""

Digest = Callable[[str], str]
"""An HMAC with the desk's key, in hex: recognised by who has the key, never read."""

_OPEN = "SELECT id, state, address, seq, body, at FROM erasure WHERE done_at IS NULL ORDER BY at, id LIMIT ?"
_COUNT = "SELECT count(*), min(at) FROM erasure WHERE done_at IS NULL"
_ON_ITS_WAY = (
    "SELECT 1 FROM push WHERE address = ? AND state IN ('waiting', 'ready', 'resting', 'sending', 'scheduled')"
    " AND created_at <= ? LIMIT 1"
)
_WORKS_HERE = "SELECT 1 FROM staff_address WHERE address = ?"
_CAME_AGAIN = "SELECT 1 FROM turn WHERE address = ? AND seq > ? AND message IS NOT NULL LIMIT 1"
_LAST = "SELECT max(seq) FROM turn WHERE address = ?"
_STATE = "UPDATE erasure SET state = ?, body = ? WHERE id = ?"
_TURNS = "SELECT seq, message FROM turn WHERE address = ? AND seq <= ? ORDER BY seq LIMIT ?"
_NOBODYS = (
    "UPDATE inbox SET address = ?, key = ?, text = '', pin = NULL, raw = ?, reply = NULL WHERE channel = ? AND key = ?"
)
_NO_TURNS = "DELETE FROM turn WHERE address = ? AND seq <= ?"
_NO_SESSION = "DELETE FROM session WHERE address = ?"
_STAYS = (
    "INSERT INTO forgotten (digest, seq, at) VALUES (?, ?, ?)"
    " ON CONFLICT (digest) DO UPDATE SET seq = excluded.seq, at = excluded.at"
)
_CLEARED = "UPDATE erasure SET state = 'cleared', address = '', body = '{}' WHERE id = ?"
_DONE = "UPDATE erasure SET state = 'done', done_at = ? WHERE id = ? AND done_at IS NULL"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody who is being forgotten. ``seq``: their last turn before it."""

    id: str
    state: str
    address: str
    seq: int
    traces: Traces
    at: datetime

    @property
    def files(self) -> Sequence[str]:
        """Content that goes unless somebody else's is the same."""
        return self.traces.files

    @property
    def tickets(self) -> Sequence[str]:
        """The tickets they had a part in."""
        return tuple(self.traces.tickets)


def open_erasures(connection: Driver, limit: int) -> list[Erasure]:
    """Those that are not done, the oldest first."""
    rows = connection.execute(_OPEN, (limit,)).fetchall()
    return [Erasure(id_, state, who, seq, read_traces(body), moment(at)) for id_, state, who, seq, body, at in rows]


def backlog(connection: Driver) -> tuple[int, datetime | None]:
    """How many are not done, and since when the oldest waits."""
    count, at = connection.execute(_COUNT).fetchone()
    return count, None if at is None else moment(at)


def answered(connection: Driver, erasure: Erasure, now: datetime) -> bool:
    """Whether what the person was told last has left, or never will."""
    if now < erasure.at + SOON:
        return False
    if now >= erasure.at + PATIENCE:
        return True
    return connection.execute(_ON_ITS_WAY, (erasure.address, micros(erasure.at))).fetchone() is None


def works_here(connection: Driver, address: str) -> bool:
    """Whether that is the address of somebody of the staff: the desk knows them as long as they work here."""
    return connection.execute(_WORKS_HERE, (address,)).fetchone() is not None


def came_again(connection: Driver, erasure: Erasure) -> bool:
    """Whether they have written since: what they wrote then is not to be forgotten."""
    return connection.execute(_CAME_AGAIN, (erasure.address, erasure.seq)).fetchone() is not None


def fence(connection: Driver, erasure: Erasure, digest: Digest, pseudonym: str) -> bool:
    """Make their messages nobody's, some at a time, inside the transaction that is open; whether that is done.

    With the last of them goes the session. A message whose key has their id in it keeps an HMAC of the key.
    """
    address, channel = erasure.address, erasure.address.partition(":")[0]
    if works_here(connection, address):
        connection.execute(_STATE, (SWEPT, as_json(erasure.traces), erasure.id))
        return True
    turns = connection.execute(_TURNS, (address, erasure.seq, CHUNK)).fetchall()
    keys = [(message, hidden_key(message, address, digest)) for _, message in turns if message is not None]
    connection.executemany(_NOBODYS, [(pseudonym, hidden, b"", channel, key) for key, hidden in keys])
    if len(turns) == CHUNK:
        connection.execute(_NO_TURNS, (address, turns[-1][0]))
        return False
    traces, last = erasure.traces, erasure.seq
    if not came_again(connection, erasure):
        traces = taken_out(connection, address, traces)  # once more: some turn may have been under way
        last = max(last, connection.execute(_LAST, (address,)).fetchone()[0] or 0)
        connection.execute(_NO_SESSION, (address,))
    connection.execute(_NO_TURNS, (address, last))
    connection.execute(_STAYS, (digest(address), last, micros(erasure.at)))
    connection.execute(_STATE, (FENCED, as_json(traces), erasure.id))
    return True


def hidden_key(key: str, address: str, digest: Digest) -> str:
    """The key of a message as it is kept when its person is forgotten."""
    return f"{KEY}{digest(key)}" if address.partition(":")[2] in key else key


def set_state(connection: Driver, erasure: Erasure, state: str) -> None:
    """Write down how far it is, inside the transaction that is open."""
    connection.execute(_STATE, (state, as_json(erasure.traces), erasure.id))


def cleared(connection: Driver, ids: Sequence[str]) -> None:
    """Forget who these were, inside the transaction that is open: what is left to do is done without knowing it."""
    connection.executemany(_CLEARED, [(id_,) for id_ in ids])


def finish(connection: Driver, ids: Sequence[str], now: datetime) -> None:
    """Write down that these are done, inside the transaction that is open."""
    connection.executemany(_DONE, [(micros(now), id_) for id_ in ids])
