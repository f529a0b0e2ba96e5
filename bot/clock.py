"""The only place that reads the clock."""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path


class SystemClock:
    """Wall clock in UTC, and a monotonic one for waiting."""

    def now(self) -> datetime:
        """The present moment, time-zone-aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        return time.monotonic()


@dataclass(slots=True)
class FixedClock:
    """A clock that moves only when told to: for tests."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 4, 2, 0, tzinfo=UTC))

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at

    def monotonic(self) -> float:
        """Seconds of the epoch."""
        return self.at.timestamp()

    def advance(self, step: timedelta) -> None:
        """Move on by a step."""
        self.at += step


@dataclass(slots=True)
class ShiftedClock:
    """A clock that runs on from the present, and can be pushed forward: for the demonstration page."""

    shift: timedelta = timedelta()

    def now(self) -> datetime:
        """The present moment and what it was pushed by."""
        return datetime.now(UTC) + self.shift

    def monotonic(self) -> float:
        """Seconds that are pushed forward too."""
        return time.monotonic() + self.shift.total_seconds()

    def push_to(self, moment: datetime) -> None:
        """Go to a later moment; an earlier one changes nothing."""
        self.shift += max(timedelta(), moment - self.now())


class SteeredClock:
    """A wall clock that is wrong by what stands in a file, which may change while it runs: for tests of the whole desk.

    The file holds seconds as one little-endian double. Monotonic time is the true one, as in life: whoever sets a
    machine's clock moves only the wall clock.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError, and ValueError where the file is too short."""
        with path.open("rb") as file:
            self._seconds = mmap.mmap(file.fileno(), struct.calcsize("<d"), prot=mmap.PROT_READ)

    def now(self) -> datetime:
        """The present moment, as wrong as the file says."""
        return datetime.now(UTC) + timedelta(seconds=struct.unpack("<d", self._seconds[:8])[0])

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        return time.monotonic()


def stand_still(seconds: float) -> None:
    """Hold up this thread: only for tests that want to see what then happens."""
    time.sleep(seconds)
