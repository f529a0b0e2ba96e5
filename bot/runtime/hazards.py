"""What was being decided when the process died, counted before it is decided again.

An error is caught and told; a use case that takes the whole process with it (a crash in a library, no memory left) can
tell nobody. So the digest of whatever is being decided stands in a slot of a small file that is mapped into memory:
writing it costs a copy of 16 bytes, and it outlives the process, though not a power cut. What stands there at the next
start has one more try behind it. The tries are told to the store, where other processes read them.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from bot.changes import Timer
from bot.message import InboundMessage

TRIES = 3
"""What took the process with it so often is not decided again."""

SLOTS, WIDTH = 256, 16
_FREE = bytes(WIDTH)
_NOWHERE = -1
_log = structlog.get_logger("minsheng.hazards")


class Attempts(Protocol):
    """Where tries are kept for all processes. Raises StoreUnavailable."""

    async def attempts(self) -> Mapping[str, int]:
        """Tries by name."""
        ...

    async def count_attempts(self, more: Mapping[str, int], at: datetime) -> None:
        """Add to them."""
        ...

    async def forget_attempts(self, names: Sequence[str]) -> None:
        """It went well, or was given up."""
        ...


class Hazards:
    """Notes what is being decided. Without a file it forgets with the process. ``changed`` is called when there is
    something to `share`."""

    def __init__(self, path: Path | None = None) -> None:
        """``path`` is the file of this process alone; where it cannot be used, a line in the log says so."""
        self._slots: mmap.mmap | bytearray = bytearray(SLOTS * WIDTH)
        if path is not None:
            try:
                self._slots = _mapped(path)
            except OSError as error:
                _log.error("tries cannot be noted", why=error.strerror)
        self._left: list[int] = []
        self._free: list[int] = []
        for slot in range(SLOTS - 1, -1, -1):
            (self._free if self._at(slot) == _FREE else self._left).append(slot)
        found = Counter(self._at(slot) for slot in self._left)
        self._tries: dict[bytes, int] = dict(found)
        self._well: list[bytes] = []
        self.changed: Callable[[], None] = _nobody_listens
        if found:
            _log.warning("the last process died while it decided", count=len(found))

    def begin(self, name: bytes) -> int:
        """What has this name is being decided from now on; to be given to `end`."""
        if not self._free:
            return _NOWHERE
        slot = self._free.pop()
        self._slots[slot * WIDTH : (slot + 1) * WIDTH] = name
        return slot

    def end(self, slot: int) -> None:
        """It is decided, or has failed as it should."""
        if slot != _NOWHERE:
            self._slots[slot * WIDTH : (slot + 1) * WIDTH] = _FREE
            self._free.append(slot)

    @property
    def suspects(self) -> bool:
        """Whether anything ever took a process with it."""
        return bool(self._tries)

    def tries(self, name: bytes) -> int:
        """How often this took a process with it."""
        return self._tries.get(name, 0) if self._tries else 0

    def over(self, name: bytes) -> None:
        """It went well, or was given up: nobody needs to count any more."""
        if self._tries.pop(name, 0):
            self._well.append(name)
            self.changed()

    async def share(self, kept: Attempts, now: datetime) -> int:
        """Tell the store what was found at the start and what is over, and learn what others found.

        How much was told. Raises StoreUnavailable.
        """
        told = len(self._left) + len(self._well)
        if self._left:
            slots, self._left = self._left, []
            more = Counter(self._at(slot).hex() for slot in slots)
            try:
                await kept.count_attempts(more, now)
            except BaseException:
                self._left[:0] = slots  # they stay in the file, too
                raise
            for slot in slots:
                self.end(slot)
        if self._well:
            well, self._well = self._well, []
            try:
                await kept.forget_attempts([name.hex() for name in well])
            except BaseException:
                self._well[:0] = well
                raise
        known = await kept.attempts()
        over = set(self._well)
        with contextlib.suppress(ValueError):  # a name that is none of ours
            self._tries = {name: n for key, n in known.items() if (name := bytes.fromhex(key)) not in over}
        return told

    def _at(self, slot: int) -> bytes:
        return bytes(self._slots[slot * WIDTH : (slot + 1) * WIDTH])


def _nobody_listens() -> None:
    """What `Hazards.changed` is until somebody wants to hear."""


def name_of(message: InboundMessage) -> bytes:
    """A message, and who sent it, by a digest that tells neither."""
    return _digest(f"{message.address.channel}\n{message.key}")


def name_of_timer(timer: Timer) -> bytes:
    """The same for a timer."""
    return _digest(f"timer\n{timer.kind}\n{timer.subject}\n{timer.level}\n{timer.due_at.isoformat()}")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=WIDTH).digest()


def _mapped(path: Path) -> mmap.mmap:
    """The file in memory. All of it is on disk before, for a write to a hole on a full disk would be the end of us."""
    size = SLOTS * WIDTH
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(file, 0, size)
        return mmap.mmap(file, size)
    finally:
        os.close(file)
