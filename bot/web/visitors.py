"""Where a request came from, and how often somebody there may try what can be guessed."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from aiohttp import web

LOCAL = frozenset({"127.0.0.1", "::1"})
"""A proxy on the same machine."""


def network(request: web.Request, proxies: Set[str] = LOCAL) -> str:
    """The network address a request came from; what proxies say counts only when the peer is one of ``proxies``."""
    peer = request.remote or ""
    if peer in proxies:
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            if (hop := hop.strip()) and hop not in proxies:
                return hop[:64]
    return peer


@dataclass(slots=True)
class Tries:
    """Counts what failed, by visitor: ``most`` in ``seconds``; of more than ``visitors`` the longest silent is
    forgotten. ``monotonic`` gives seconds that never go back."""

    monotonic: Callable[[], float]
    most: int
    seconds: float
    visitors: int = 50_000
    _failed: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def left(self, visitor: str) -> bool:
        """Whether a visitor may try now."""
        failed, before = self._failed.get(visitor, deque[float]()), self.monotonic() - self.seconds
        return sum(at > before for at in failed) < self.most

    def failed(self, visitor: str) -> None:
        """A visitor tried, and it was wrong."""
        self._failed.setdefault(visitor, deque(maxlen=self.most)).append(self.monotonic())
        self._failed.move_to_end(visitor)
        if len(self._failed) > self.visitors:
            self._failed.popitem(last=False)
