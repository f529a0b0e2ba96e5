"""Files from one place to another, and whether what is there is what the database speaks of.

Nothing is believed: what was copied is read again where it went, and only then may it be taken away where it was.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.errors import NotFound, StoreUnavailable
from bot.ports import KeptMedia, MediaStock

AT_ONCE = 4
_LARGEST = 2**40

Told = Callable[[int, int], None]
"""(done, of how many) in bytes."""


class _DamagedError(Exception):
    """The content is not what its name says."""


@dataclass
class Moved:
    """What became of the files of a place. ``damaged``: content that is not what its name says; it stays where it is,
    and so does what could not be read again where it went (``unsure``)."""

    copied: int = 0
    bytes: int = 0
    there: int = 0
    removed: int = 0
    damaged: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a database speaks of: files by name with their size (None where it is not known), and pictures it showed."""

    files: Mapping[str, int | None]
    pictures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """How a place is. ``orphans``: nothing speaks of them; what was left by a draft that was thrown away, say."""

    files: int
    bytes: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    orphans: tuple[KeptMedia, ...]


async def move(
    source: MediaStock, target: MediaStock, told: Told, *, remove: bool = False, surely: bool = False
) -> Moved:
    """Copy all that is not there yet; each is read again where it went.

    ``surely``: so is what was there before, else its size is believed. ``remove``: what is surely there is taken away
    where it was. Ended early it can be begun again. Raises StoreUnavailable.
    """
    surely = surely or remove
    there = {kept.sha256: kept.bytes async for kept in target.kept()}
    todo = [kept async for kept in source.kept()]
    moved, total, done = Moved(), sum(kept.bytes for kept in todo), 0

    async def one(kept: KeptMedia) -> None:
        nonlocal done
        if await _put(source, target, kept, there.get(kept.sha256) == kept.bytes, moved, surely) and remove:
            gone = await source.remove(kept.sha256)
            moved.removed += gone
        done += kept.bytes
        told(done, total)

    told(0, total)
    await _each(todo, one)
    return moved


async def _put(
    source: MediaStock, target: MediaStock, kept: KeptMedia, there: bool, moved: Moved, surely: bool
) -> bool:
    """Whether the content is in the target."""
    name = kept.sha256
    if there and (not surely or await _sound(target, name)):
        moved.there += 1
        return True
    if there:  # but damaged: the same size would be taken for the same content
        await target.remove(name)
    try:
        await target.save(_checked(source, name), _LARGEST)
    except (_DamagedError, NotFound):
        moved.damaged.append(name)
        return False
    if not await _sound(target, name):
        moved.unsure.append(name)
        return False
    moved.copied += 1
    moved.bytes += kept.bytes
    return True


async def check(
    place: MediaStock, spoken: Callable[[], Awaitable[Spoken]], told: Told, *, quick: bool = False
) -> Checked:
    """Compare a place with what a database speaks of, beside a running desk. ``quick``: sizes only, else every byte is
    read. Raises StoreUnavailable."""
    before = await spoken()
    there = {kept.sha256: kept.bytes async for kept in place.kept()}
    after = await spoken()  # what came meanwhile is no orphan
    known = before.files.keys() | before.pictures | after.files.keys() | after.pictures
    wrong = [name for name, size in before.files.items() if name in there and size not in (None, there[name])]
    total, done = sum(there.values()), 0

    async def one(kept: KeptMedia) -> None:
        nonlocal done
        if not quick and kept.sha256 not in wrong and not await _sound(place, kept.sha256):
            wrong.append(kept.sha256)
        done += kept.bytes
        told(done, total)

    told(0, total)
    await _each([KeptMedia(name, size) for name, size in there.items()], one)
    return Checked(
        files=len(there),
        bytes=total,
        missing=tuple(sorted(name for name in before.files if name not in there and name in after.files)),
        damaged=tuple(sorted(wrong)),
        orphans=tuple(KeptMedia(name, size) for name, size in there.items() if name not in known),
    )


async def _sound(place: MediaStock, sha256: str) -> bool:
    try:
        async for _ in _checked(place, sha256):
            pass
    except (_DamagedError, NotFound):
        return False
    return True


async def _checked(place: MediaStock, sha256: str) -> AsyncIterator[bytes]:
    """The content; raises _DamagedError at its end when it is not what its name says."""
    digest = hashlib.sha256()
    async for piece in place.open(sha256):
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise _DamagedError


async def _each(todo: list[KeptMedia], one: Callable[[KeptMedia], Awaitable[None]]) -> None:
    """Do it for each, a few at a time. Raises StoreUnavailable, and then begins no further one."""
    waiting = iter(todo)

    async def work() -> None:
        for kept in waiting:
            await one(kept)

    workers = [asyncio.ensure_future(work()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    except StoreUnavailable:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        raise
