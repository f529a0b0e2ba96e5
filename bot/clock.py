"""The only place that reads the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


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
