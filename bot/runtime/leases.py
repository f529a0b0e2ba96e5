"""What of the work that only one worker may do is ours: taken, renewed, trusted for a while, and given back.

The trust window is River's rule: a lease is trusted until the moment the attempt to renew it *began*, plus its life,
less a margin. That is counted on the monotonic clock, so neither a clock that is set nor a slow answer of the database
can make us believe longer than others must wait.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf

import structlog

from bot.ports import Clock
from bot.ports.leasing import CHANNEL, Lease, Leasing, Standing
from bot.runtime.metrics import Sample

TTL = 15.0
"""Seconds after which others may take over what a silent worker had."""

RENEWALS, MARGIN = 3, 5
"""A lease is renewed so often in its life, and trusted a ``MARGIN``-th of it less than it lasts."""

LONE_TTL = 86_400.0
"""Where nobody else can be there nothing needs to be renewed every few seconds."""

_log = structlog.get_logger("minsheng.leases")


@dataclass(slots=True)
class Tenure:
    """One lease, as far as this worker has it. ``taken`` is called when it becomes ours."""

    name: str
    monotonic: Callable[[], float]
    term: int = 0
    until: float = -inf
    taken: list[Callable[[], None]] = field(default_factory=list)

    def held(self) -> Lease | None:
        """The lease while we may trust that nobody else has it."""
        return Lease(self.name, self.term) if self.term and self.monotonic() < self.until else None


class Leases:
    """All leases that this worker would like to have. `once` is repeated; `tenure` says what is wanted."""

    def __init__(self, store: Leasing, clock: Clock, ttl: float = TTL, owner: str = "") -> None:
        """``ttl`` in seconds. ``owner`` must be no other worker's, not even that of one before us on this machine."""
        self._store = store
        self._clock = clock
        self._ttl = LONE_TTL if store.alone else ttl
        self.owner = owner or f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
        self._tenures: dict[str, Tenure] = {}
        self._leaving: tuple[str, ...] = ()
        self._workers: tuple[str, ...] = (self.owner,)
        self._renewed_at = -inf

    @property
    def alone(self) -> bool:
        """Whether no other worker can be there."""
        return self._store.alone

    @property
    def place(self) -> tuple[int, int]:
        """Our place among the workers that are there, from 0, and how many they are."""
        if self.owner not in self._workers:
            return 0, 1
        return self._workers.index(self.owner), len(self._workers)

    def tenure(self, name: str) -> Tenure:
        """A lease that is wanted from now on."""
        return self._tenures.setdefault(name, Tenure(name, self._clock.monotonic))

    def idle(self) -> float:
        """Seconds until the leases should be renewed."""
        return self._ttl / RENEWALS

    async def once(self) -> int:
        """Renew what is ours, take what is free; 0, so that it sleeps in between. Raises StoreUnavailable."""
        if self._leaving:
            await self._store.give_back(self.owner, self._leaving)
            self._leaving = ()
        began = self._clock.monotonic()
        if self.alone and began < self._renewed_at + self.idle() and all(t.held() for t in self._tenures.values()):
            return 0
        standing = await self._store.keep_leases(self.owner, tuple(self._tenures), timedelta(seconds=self._ttl))
        self._renewed_at, self._workers = began, tuple(standing.workers)
        self._leaving = self._too_many(standing)
        until = began + self._ttl - self._ttl / MARGIN
        for name, tenure in self._tenures.items():
            term = 0 if name in self._leaving else standing.terms.get(name, 0)
            new = term and term != tenure.term
            if tenure.term and not term:
                _log.info("a lease is gone", lease=name)
            tenure.term, tenure.until = term, until if term else -inf
            if new:
                (_log.debug if self.alone else _log.info)("a lease was taken", lease=name, term=term)
                for taken in tenure.taken:
                    taken()
        return 0

    async def release(self) -> None:
        """Give everything back, so that others go on at once. Raises StoreUnavailable."""
        for tenure in self._tenures.values():
            tenure.term, tenure.until = 0, -inf
        await self._store.give_back(self.owner)

    def samples(self) -> Iterator[Sample]:
        """Gauges: which leases are ours, and how many workers are there."""
        yield Sample("minsheng_workers", "Workers that are there.", len(self._workers))
        for name, tenure in self._tenures.items():
            held = tenure.held() is not None
            yield Sample("minsheng_lease_held", "Whether this worker has the lease.", held, {"lease": name})

    def _too_many(self, standing: Standing) -> tuple[str, ...]:
        """Jobs beyond our share, since others came: they stop now, and others may take them when we look next. What is
        still under way then does no harm, jobs can be done twice; channels stay where they are."""
        jobs = sorted(name for name in standing.terms if not name.startswith(CHANNEL))
        return tuple(jobs[standing.share :])
