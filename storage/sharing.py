"""What a store needs that several workers share: leases and their fences, wakes, keys they have in common."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from bot.errors import LeaseLost
from bot.ports import Clock
from bot.ports.leasing import Lease, Standing
from bot.ports.waking import Wake
from storage import leases, waking
from storage.batch import Batch
from storage.codec import micros
from storage.driver import Driver
from storage.writer import Writer

_T = TypeVar("_T")
_KEY = "SELECT value FROM shared_key WHERE name = ?"
_NEW_KEY = "INSERT INTO shared_key (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"


class Sharing:
    """`bot.ports.leasing.Leasing` and `bot.ports.waking.Wakes`. A store that is ``alone`` has nobody to wake."""

    alone = True

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._me = secrets.token_hex(8)
        writer.announce = self._announce_batch

    async def keep_leases(self, owner: str, names: Collection[str], ttl: timedelta) -> Standing:
        """Renew what a worker holds, take what is free; see the port. Raises StoreUnavailable."""
        micros_ = ttl // timedelta(microseconds=1)
        return await self._writer.run(partial(leases.keep, owner=owner, names=names, ttl=micros_, now=self._moment))

    async def give_back(self, owner: str, names: Sequence[str] | None = None) -> None:
        """Let others take these at once; None: all. Raises StoreUnavailable."""

        def give(connection: Driver) -> None:
            if names is None:
                leases.leave(connection, owner)
            else:
                leases.give_back(connection, owner, names)
            self._announce(connection, Wake(leases=True))

        await self._writer.run(give)

    async def shared_key(self, name: str, fresh: bytes) -> bytes:
        """The key of that name; ``fresh`` becomes it when there is none yet. Raises StoreUnavailable."""

        def make(connection: Driver) -> bytes:
            connection.execute(_NEW_KEY, (name, fresh))
            return bytes(connection.execute(_KEY, (name,)).fetchone()[0])

        return await self._writer.run(make)

    def hear(self, heard: Callable[[Wake], None]) -> None:
        """Nobody else can do anything here."""

    async def _under(self, under: Lease | None, job: Callable[[Driver], _T]) -> _T:
        """Do something for the writer, unless the lease was lost. Raises LeaseLost."""

        def fenced(connection: Driver) -> tuple[_T] | None:
            return None if leases.lost(connection, under) else (job(connection),)

        done = await self._writer.run(fenced)
        if done is None:
            raise LeaseLost()
        return done[0]

    def _moment(self, connection: Driver) -> int:
        """What time it is, in microseconds, for leases: by the clock that all who share the database have in common."""
        return micros(self._clock.now())

    def _announce(self, connection: Driver, wake: Wake) -> None:
        """Tell others when this transaction is committed."""
        if not self.alone:
            wake = waking.soon(wake, micros(self._clock.now()))
            self._notify(connection, waking.written(replace(wake, by=self._me)))

    def _announce_batch(self, connection: Driver, batch: Batch) -> None:
        if not self.alone:
            self._announce(connection, waking.wake_of(batch))

    def _notify(self, connection: Driver, text: str) -> None:
        """Say it, unless it is ""."""
