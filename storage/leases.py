"""Leases: who does what only one worker may do. Jobs for the writer.

A lease is taken, or renewed, for a while. Its ``term`` grows by one with each new owner, and what is done under a lease
says its term: so somebody who stood still while another took over can change nothing any more (`lost`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import ceil

from bot.ports.leasing import CHANNEL, Lease, Standing
from storage.driver import Driver

WORKER = "worker:"
_LONG_GONE = 24 * 3600 * 1_000_000
"""Microseconds after which a worker that is gone is forgotten."""

_TAKE = (
    "INSERT INTO lease (name, owner, term, expires_at) VALUES (?1, ?2, 1, ?4)"
    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at,"
    " term = CASE WHEN lease.owner = excluded.owner THEN lease.term ELSE lease.term + 1 END"
    " WHERE lease.owner = excluded.owner OR lease.expires_at <= ?3 RETURNING term"
)
_MINE = "SELECT name FROM lease WHERE owner = ? ORDER BY name"
_NAMES = "SELECT name FROM lease"
_ALIVE = "SELECT owner FROM lease WHERE name LIKE 'worker:%' AND expires_at > ? ORDER BY owner"
_FORGET = "DELETE FROM lease WHERE name LIKE 'worker:%' AND expires_at <= ?"
_GIVE_BACK = "UPDATE lease SET owner = '', expires_at = 0 WHERE name = ? AND owner = ?"
_EXPIRE = "UPDATE lease SET expires_at = 0 WHERE expires_at > 0"
# It changes nothing, and yet whoever wants to take the lease over waits until this transaction is at its end.
_FENCE = "UPDATE lease SET term = term WHERE name = ? AND term = ?"


def keep(connection: Driver, owner: str, names: Collection[str], ttl: int, now: Callable[[Driver], int]) -> Standing:
    """Renew what a worker holds of these leases, take what is free, and say that it is there; ``ttl`` in microseconds.

    Leases of channels are taken by who comes first. Of the others each worker takes no more than its share, so that
    several workers share the work.
    """
    at = now(connection)
    until = at + ttl

    def take(name: str) -> int | None:
        row = connection.execute(_TAKE, (name, owner, at, until)).fetchone()
        return None if row is None else int(row[0])

    connection.execute(_FORGET, (at - _LONG_GONE,))
    take(WORKER + owner)
    workers = tuple(row[0] for row in connection.execute(_ALIVE, (at,)).fetchall())
    mine = {row[0] for row in connection.execute(_MINE, (owner,)).fetchall()}
    terms: dict[str, int] = {}
    for name in sorted(mine.intersection(names)):
        if (term := take(name)) is not None:
            terms[name] = term
    share = _share(connection, names, len(workers))
    jobs = sum(not name.startswith(CHANNEL) for name in terms)
    # Everybody begins elsewhere in the list: workers that start together share the work from the beginning.
    place = workers.index(owner) if owner in workers else 0
    for name in _from(place, len(workers), sorted(set(names).difference(terms))):
        channel = name.startswith(CHANNEL)
        if (channel or jobs < share) and (term := take(name)) is not None:
            terms[name] = term
            jobs += not channel
    return Standing(terms, workers, share)


def _share(connection: Driver, names: Collection[str], workers: int) -> int:
    """How many of the leases that are no channels' one worker takes at most. Those count too that only others want: in
    an upgrade workers of two versions are there."""
    jobs = {row[0] for row in connection.execute(_NAMES, ()).fetchall()}.union(names)
    return ceil(sum(not name.startswith((CHANNEL, WORKER)) for name in jobs) / max(1, workers))


def give_back(connection: Driver, owner: str, names: Sequence[str]) -> None:
    """Let others take these leases at once."""
    for name in sorted(names):
        connection.execute(_GIVE_BACK, (name, owner))


def leave(connection: Driver, owner: str) -> None:
    """Let others take all that a worker has; it is not there any more."""
    names = [row[0] for row in connection.execute(_MINE, (owner,)).fetchall()]
    give_back(connection, owner, names)


def expire(connection: Driver) -> None:
    """Nobody else can be there: what others had may be taken at once."""
    connection.execute(_EXPIRE, ())


def lost(connection: Driver, under: Lease | None) -> bool:
    """Whether somebody else has taken a lease over since that term; until the transaction ends nobody can.

    None: there is no such lease, as where one process is alone.
    """
    return under is not None and connection.execute(_FENCE, (under.name, under.term)).rowcount == 0


def _from(place: int, of: int, names: Sequence[str]) -> list[str]:
    begin = place * len(names) // max(1, of)
    return [*names[begin:], *names[:begin]]
