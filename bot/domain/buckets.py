"""Token buckets: how much somebody may do. Pure: whoever asks says what time it is, in seconds that never go back.

A bucket holds ``burst`` tokens and gets ``per_second`` more until it is full again. Everything in the desk that limits
how often something is done is one of these.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple


class Rate(NamedTuple):
    """So much at once, and so much a second after that."""

    burst: float
    per_second: float


class Level(NamedTuple):
    """What was in a bucket at a moment."""

    left: float
    at: float


def full(rate: Rate, now: float) -> Level:
    """The bucket of somebody who has done nothing yet."""
    return Level(rate.burst, now)


def risen(rate: Rate, level: Level, now: float) -> Level:
    """The bucket as it is now. A time before the last one changes nothing."""
    passed = max(0.0, now - level.at)
    return Level(min(rate.burst, level.left + passed * rate.per_second), max(now, level.at))


def taken(rate: Rate, level: Level, now: float, amount: float = 1.0) -> tuple[Level, float]:
    """The bucket after so much was taken, and 0.0; where it is not there, nothing is taken, and the seconds until it
    will be."""
    level = risen(rate, level, now)
    missing = amount - level.left
    if missing > 0:
        return level, missing / rate.per_second
    return Level(level.left - amount, level.at), 0.0


def until(rate: Rate, level: Level, now: float, amount: float) -> float:
    """Seconds until there is so much in it; 0.0 for now."""
    return max(0.0, amount - risen(rate, level, now).left) / rate.per_second


@dataclass(slots=True)
class Shelf:
    """A bucket for everybody who asks, all of one rate; of more than ``most`` the longest silent are forgotten."""

    rate: Rate
    most: int = 50_000
    _levels: OrderedDict[str, Level] = field(default_factory=OrderedDict)

    def take(self, who: str, now: float, amount: float = 1.0) -> float:
        """Take so much. 0.0 when it is there, else the seconds until it will be, and nothing is taken."""
        level, wait = taken(self.rate, self._levels.get(who) or full(self.rate, now), now, amount)
        self._levels[who] = level
        self._levels.move_to_end(who)
        if len(self._levels) > self.most:
            self._levels.popitem(last=False)
        return wait

    def left(self, who: str, now: float) -> float:
        """How much somebody may take now."""
        level = self._levels.get(who)
        return self.rate.burst if level is None else risen(self.rate, level, now).left
