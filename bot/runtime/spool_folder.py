"""What was taken while the database was away, as files: durable before anybody is told that it was taken.

``data/spool/1`` belongs to one process, which holds its lock; a second process on the same folder takes ``2``. In it::

    00000000000000000017.said   a batch: one line a message, each with the checksum of the rest of its line
    *.part                      half written: nobody was told, so it is thrown away
    damaged/                    what cannot be read, for a person to look into
    reserve                     room that is given up when the disk is full

A batch is written to a ``.part`` file, fsynced, renamed, and the folder is fsynced: two fsyncs for all who wait.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.failpoints import reach
from bot.runtime.spool_lines import Line, Spooled, line_of, lines_in, spooled_in

MOST_BYTES = 256 * 1024 * 1024
MOST_MESSAGES = 100_000
RESERVE_BYTES = 8 * 1024 * 1024
PROCESSES = 256
"""So many processes may share a folder."""

_BATCH, _PART, _DAMAGED, _LOCK, _RESERVE = ".said", ".part", "damaged", ".lock", "reserve"
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700


@dataclass(slots=True, eq=False)
class Batch:
    """A file of messages; ``left`` of them are still to be answered."""

    path: Path
    bytes: int
    left: int


@dataclass(slots=True, eq=False)
class Place:
    """Where a message lies."""

    batch: Batch
    offset: int
    length: int


@dataclass(slots=True)
class Found:
    """What another process left: messages and where they lie, in the order they came; how many files were damaged."""

    messages: list[tuple[Spooled, Place]] = field(default_factory=list)
    damaged: int = 0


class SpoolFull(OSError):
    """The spool takes no more."""


class SpoolFolder:
    """The files of one process. Nothing of it is for the event loop: every call waits for the disk."""

    def __init__(self, root: Path, most_bytes: int = MOST_BYTES, reserve: int = RESERVE_BYTES) -> None:
        """Take the first place nobody has. Raises OSError."""
        root.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        self._root = root
        self._most_bytes = most_bytes
        self._reserve_bytes = reserve
        self.bytes = 0
        self._counting = threading.Lock()
        for place in range(1, PROCESSES + 1):
            lock = _locked(root / str(place))
            if lock is not None:
                self._lock, self.path = lock, root / str(place)
                break
        else:
            raise SpoolFull(f"{root}: every place is taken")
        self.restock()

    def close(self) -> None:
        """Let another process have the place."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def load(self) -> Found:
        """What lies here: half-written files go, damaged lines are set aside and the rest of their file is kept."""
        found = Found()
        for path in sorted(self.path.iterdir()):
            if path.suffix == _PART:
                path.unlink()
            elif path.suffix == _BATCH:
                self._load(path, found)
        found.messages.sort(key=lambda each: each[0].seq)
        return found

    def _load(self, path: Path, found: Found) -> None:
        try:
            good, damaged = lines_in(path.read_bytes())
        except OSError:
            good, damaged = [], True
        if damaged:
            found.damaged += 1
            self._set_aside(path)
            if good:
                with contextlib.suppress(OSError):
                    batch = self.write(good[0][0].seq, [line_of(spooled) for spooled, _, _ in good])
                    found.messages += _placed(batch, good)
        elif good:
            batch = Batch(path, path.stat().st_size, len(good))
            self._grown(batch.bytes)
            found.messages += _placed(batch, good)
        else:
            path.unlink()

    def _set_aside(self, path: Path) -> None:
        folder = self.path / _DAMAGED
        folder.mkdir(exist_ok=True, mode=_FOLDER_MODE)
        path.rename(folder / path.name)

    def adopt(self) -> Found:
        """Take over the batches of processes that are gone. Raises OSError."""
        found = Found()
        for folder in self._root.iterdir():
            if folder == self.path or not folder.is_dir() or not any(folder.glob(f"*{_BATCH}")):
                continue
            lock = _locked(folder)
            if lock is None:
                continue
            try:
                for path in sorted(folder.glob(f"*{_BATCH}")):
                    ours = self.path / f"{path.stem}.{folder.name}{_BATCH}"
                    path.rename(ours)
                    self._load(ours, found)
            finally:
                os.close(lock)
        found.messages.sort(key=lambda each: each[0].seq)
        return found

    def write(self, seq: int, lines: Sequence[bytes]) -> Batch:
        """Write lines as one batch; when this returns they are on disk. Raises OSError."""
        content = b"".join(lines)
        if self.bytes + len(content) > self._most_bytes:
            raise SpoolFull(f"{self.path}: {self.bytes} bytes")
        part, path = self.path / f"{seq:020d}{_PART}", self.path / f"{seq:020d}{_BATCH}"
        try:
            try:
                _write(part, content)
            except OSError:
                part.unlink(missing_ok=True)
                if not self._spend_reserve():
                    raise
                _write(part, content)
            reach("spool.written")
            part.rename(path)
            _fsync(self.path)
            reach("spool.kept")
        except OSError:
            part.unlink(missing_ok=True)
            path.unlink(missing_ok=True)  # nobody is told that it was taken
            raise
        self._grown(len(content))
        return Batch(path, len(content), len(lines))

    def read(self, place: Place) -> Spooled:
        """A message that was written. Raises OSError or ValueError."""
        file = os.open(place.batch.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return spooled_in(os.pread(file, place.length, place.offset))
        finally:
            os.close(file)

    def remove(self, batch: Batch) -> None:
        """Everything in a batch has been answered. Raises OSError."""
        batch.path.unlink(missing_ok=True)
        self._grown(-batch.bytes)

    def blank(self, place: Place) -> None:
        """Overwrite a message where it lies: nothing of it is left on disk, and the others stay. Raises OSError."""
        file = os.open(place.batch.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(file, b" " * (place.length - 1), place.offset)
            os.fsync(file)
        finally:
            os.close(file)

    def set_aside(self, place: Place) -> None:
        """A line that nobody can answer goes to the damaged ones, alone. Raises OSError."""
        file = os.open(place.batch.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            line = os.pread(file, place.length, place.offset)
        finally:
            os.close(file)
        folder = self.path / _DAMAGED
        folder.mkdir(exist_ok=True, mode=_FOLDER_MODE)
        _write(folder / f"{place.batch.path.stem}.{place.offset}{_BATCH}", line)
        self.blank(place)

    def damaged(self) -> int:
        """How many files were set aside."""
        with contextlib.suppress(OSError):
            return sum(1 for _ in (self.path / _DAMAGED).iterdir())
        return 0

    def forget_damaged(self, before: float) -> None:
        """Remove what was set aside before a moment, in seconds of the epoch."""
        with contextlib.suppress(OSError):
            for path in (self.path / _DAMAGED).iterdir():
                if path.stat().st_mtime < before:
                    path.unlink()

    def restock(self) -> bool:
        """Lay in the reserve if it is not there; whether it is."""
        path = self.path / _RESERVE
        if not self._reserve_bytes or (path.exists() and path.stat().st_size == self._reserve_bytes):
            return True
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
            try:
                os.posix_fallocate(file, 0, self._reserve_bytes)
            finally:
                os.close(file)
            return True
        path.unlink(missing_ok=True)
        return False

    def _grown(self, by: int) -> None:
        with self._counting:
            self.bytes += by

    def _spend_reserve(self) -> bool:
        path = self.path / _RESERVE
        if not path.exists():
            return False
        path.unlink()
        return True


def _locked(folder: Path) -> int | None:
    """The lock of a process's folder; None while another process has it."""
    folder.mkdir(exist_ok=True, mode=_FOLDER_MODE)
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    finally:
        os.close(file)


def _fsync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _placed(batch: Batch, good: Sequence[Line]) -> Iterator[tuple[Spooled, Place]]:
    for spooled, offset, length in good:
        yield spooled, Place(batch, offset, length)
