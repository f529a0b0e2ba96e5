"""Forgets people who asked for it, after their answer has left: in the tables, in files, in exports, in free space."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog

from bot.domain.people import Address
from bot.ports import Clock

SECONDS = 20.0
"""Seconds between two looks for somebody who is to be forgotten."""

REST_SECONDS = 0.02
"""A rest after every step of a walk through the tables: whoever writes to the desk goes first."""

SMALL = 64 * 2**20
"""Bytes of a database that is written anew at once: some tenths of a second."""

LARGEST = 1024 * 2**20
"""Bytes of a database that is written anew beside the work, in `QUIET` hours; a larger one when the desk is stopped."""

QUIET = range(2, 5)
"""Hours of the town's clock in which few people write."""

_log = structlog.get_logger("minsheng.forgetter")

Rest = Callable[[], Awaitable[None]]
Digest = Callable[[str], str]


class Erasing(Protocol):
    """Somebody who is being forgotten; see `storage.forgetting.Erasure`."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def files(self) -> Sequence[str]: ...
    @property
    def tickets(self) -> Sequence[str]: ...


E = TypeVar("E", bound=Erasing)


class Clearing(Protocol):
    """See `storage.personal.Clearing`."""

    async def clear_search(self, numbers: Sequence[str], rest: Rest) -> None: ...
    def size(self) -> int: ...
    async def compact(self) -> bool: ...


class Personal(Protocol[E]):
    """See `storage.personal.Personal`."""

    @property
    def clearing(self) -> Clearing: ...
    async def erasures(self) -> Sequence[E]: ...
    async def answered(self, erasure: E, now: datetime) -> bool: ...
    async def fence(self, erasure: E, digest: Digest, pseudonym: str, rest: Rest) -> None: ...
    async def sweep(self, erasures: Sequence[E], rest: Rest) -> int: ...
    async def unused(self, files: Sequence[str]) -> Sequence[str]: ...
    async def cleared(self, ids: Sequence[str]) -> None: ...
    async def finish(self, ids: Sequence[str], now: datetime) -> None: ...


class Removing(Protocol):
    """What of the media store this needs; see `bot.ports.MediaStock`."""

    async def remove(self, sha256: str) -> bool: ...


class Listing(Protocol):
    """See `bot.forgotten.ForgottenList`."""

    def digest(self, text: str) -> str: ...
    def add(self, address: str, at: datetime) -> None: ...


class Waiting(Protocol):
    """See `bot.runtime.spool.Spool`."""

    async def erase(self, address: Address, before: datetime | None = None) -> int:
        """Forget what waits of a person and came before a moment."""
        ...


class Shelf(Protocol):
    """See `bot.runtime.exporter.Shelf`."""

    async def clear(self, before: datetime) -> None:
        """Throw away tables that were begun before a moment."""
        ...


@dataclass
class Forgetter(Generic[E]):
    """Brings erasures to their end. Each step may be repeated after a crash.

    ``exports`` is the folder of tables that members of staff asked for, ``shelf`` where other workers find them;
    ``spool`` holds messages that wait; ``hour`` tells the town's hour of a moment. A database of more than ``small``
    bytes is written anew in `QUIET` hours only, one of more than ``largest`` never.
    """

    store: Personal[E]
    media: Removing
    clock: Clock
    list: Listing
    exports: Path
    hour: Callable[[datetime], int]
    rest_seconds: float = REST_SECONDS
    shelf: Shelf | None = None
    spool: Waiting | None = None
    small: int = SMALL
    largest: int = LARGEST

    async def once(self) -> int:
        """Go on with those that wait; how many are done now. Raises StoreUnavailable and OSError."""
        erasures = await self.store.erasures()
        if not erasures:
            return 0
        for erasure in _in(erasures, "asked"):
            await asyncio.to_thread(self.list.add, erasure.address, erasure.at)
            if self.spool is not None:
                await self.spool.erase(Address.parse(erasure.address), erasure.at)
            if await self.store.answered(erasure, self.clock.now()):
                pseudonym = f"erased:{secrets.token_hex(8)}"
                await self.store.fence(erasure, self.list.digest, pseudonym, self._rest)
        fenced = _in(await self.store.erasures(), "fenced")
        if fenced:
            changed = await self.store.sweep(fenced, self._rest)
            _log.info("people were taken out of the tables", people=len(fenced), rows=changed)
        swept = _in(await self.store.erasures(), "swept")
        if swept:
            await self._cleared(swept)
        cleared = _in(await self.store.erasures(), "cleared")
        if not cleared or not self._may_compact():
            return 0
        if not await self.store.clearing.compact():
            return 0  # somebody read an old state: tried again soon
        await self.store.finish([erasure.id for erasure in cleared], self.clock.now())
        _log.info("people are forgotten", people=len(cleared))
        return len(cleared)

    async def _cleared(self, erasures: Sequence[E]) -> None:
        """Take away what nobody reads any more: files, tables that staff asked for, words in the search index."""
        files = sorted({sha256 for erasure in erasures for sha256 in erasure.files})
        for sha256 in await self.store.unused(files) if files else ():
            await self.media.remove(sha256)
        until = max(erasure.at for erasure in erasures)
        await asyncio.to_thread(_drop_exports, self.exports, until)
        if self.shelf is not None:
            await self.shelf.clear(until)
        numbers = sorted({number for erasure in erasures for number in erasure.tickets})
        await self.store.clearing.clear_search(numbers, self._rest)
        await self.store.cleared([erasure.id for erasure in erasures])

    def _may_compact(self) -> bool:
        size = self.store.clearing.size()
        return size <= self.small or (size <= self.largest and self.hour(self.clock.now()) in QUIET)

    async def _rest(self) -> None:
        await asyncio.sleep(self.rest_seconds)


def _in(erasures: Sequence[E], state: str) -> list[E]:
    return [erasure for erasure in erasures if erasure.state == state]


def _drop_exports(folder: Path, until: datetime) -> None:
    """Tables that were written before somebody was erased may hold what they said."""
    for path in folder.glob("*.*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime <= until.timestamp():
                path.unlink()
