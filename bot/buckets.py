"""Token buckets beside a clock: how much one person, or one network, may do. The rule is `bot.domain.buckets`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.buckets import Rate, Shelf

NEWER_PREFIX = 64
"""Of the newer network addresses everybody has as many as they like; the first 64 bits are one customer's."""


@dataclass(slots=True)
class Buckets:
    """One bucket for everybody who asks. ``burst`` at once, then ``per_second``; the longest silent are forgotten.

    ``monotonic`` gives seconds that never go back. The buckets are those of one process: N of them allow N times as
    much.
    """

    monotonic: Callable[[], float]
    burst: float
    per_second: float
    most: int = 50_000
    _shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self._shelf = Shelf(Rate(self.burst, self.per_second), self.most)

    def wait(self, who: str, amount: float = 1.0) -> float:
        """Take so much. 0.0 when it is there, else the seconds until it will be, and nothing is taken."""
        return self._shelf.take(who, self.monotonic(), amount)

    def left(self, who: str, amount: float = 1.0) -> bool:
        """Whether so much is there; nothing is taken."""
        return self._shelf.left(who, self.monotonic()) >= amount


def block(network: str) -> str:
    """A network address as one visitor: an older one as it is, of a newer one the first 64 bits.

    An older one written as a newer one (``::ffff:192.0.2.1``) is the older one. What is no address stays as it is.
    """
    try:
        address = ipaddress.ip_address(network.partition("%")[0])
    except ValueError:
        return network
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, NEWER_PREFIX), strict=False))
        address = address.ipv4_mapped
    return str(address)
