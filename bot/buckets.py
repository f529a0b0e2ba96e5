"""Token buckets in memory: how much one person, or one network, may do."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Buckets:
    """One bucket for everybody who asks. ``burst`` at once, then ``per_second``; the longest silent are forgotten.

    ``monotonic`` gives seconds that never go back.
    """

    monotonic: Callable[[], float]
    burst: float
    per_second: float
    most: int = 50_000
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, who: str, amount: float = 1.0) -> float:
        """Take so much. 0.0 when it is there, else the seconds until it will be, and nothing is taken."""
        now = self.monotonic()
        level, since = self._levels.get(who, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.per_second)
        missing = amount - level
        if missing <= 0:
            level -= amount
        self._levels[who] = (level, now)
        self._levels.move_to_end(who)
        if len(self._levels) > self.most:
            self._levels.popitem(last=False)
        return max(missing, 0.0) / self.per_second
