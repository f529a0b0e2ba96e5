"""How much one person, and one network, may send. Store always, answer less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.buckets import Buckets
from bot.domain.people import Address

__all__ = ["Buckets", "Limits"]


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
