"""How much one person, and one network, may send: token buckets in memory. Store always, answer less."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.people import Address


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


@dataclass(slots=True)
class Limits:
    """The limits of the web chat. A network may be a whole village behind one address, so its share is large.

    ``messages`` are far above what anybody types; they only stop machines. ``uploads`` count requests with files.
    """

    messages: Buckets
    messages_of_network: Buckets
    uploads: Buckets
    uploads_of_network: Buckets

    @classmethod
    def usual(cls, monotonic: Callable[[], float]) -> Limits:
        """The built-in figures: requests at once, and requests a second after that."""
        return cls(
            messages=Buckets(monotonic, burst=240, per_second=4),
            messages_of_network=Buckets(monotonic, burst=6_000, per_second=200),
            uploads=Buckets(monotonic, burst=60, per_second=0.2),
            uploads_of_network=Buckets(monotonic, burst=1_200, per_second=10),
        )

    def message(self, address: Address, network: str) -> float:
        """Seconds until this person may send another message; 0.0 for now."""
        return self.messages.wait(address.id) or self.messages_of_network.wait(network)

    def upload(self, address: Address, network: str) -> float:
        """Seconds until this person may send another file; 0.0 for now."""
        return self.uploads.wait(address.id) or self.uploads_of_network.wait(network)
