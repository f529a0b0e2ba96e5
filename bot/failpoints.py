"""Borders at which a test may end, hold up or break the running process: commit, acknowledgement, send.

`reach` stands at each of them and does nothing, for about a tenth of a microsecond, unless the process was started with
the environment variable ``MINSHENG_FAILPOINTS``. No settings file can set it. It holds orders, separated by commas::

    commit.after=exit@3             the third time: gone at once, as by kill -9
    push.before_settle=sleep:0.5    every time: this thread stands still for half a second
    turn.decide~oak=raise@2+        from the second message on that holds the word "oak": an error

The chaos harness (``make chaos``) is the one who uses it. With orders a second variable may name a file that holds how
many seconds the wall clock is wrong by; see `bot.clock.SteeredClock`.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.clock import SteeredClock, SystemClock, stand_still
from bot.errors import ConfigurationError

ORDERS = "MINSHENG_FAILPOINTS"
CLOCK = "MINSHENG_FAILPOINTS_CLOCK"
VARIABLES = (ORDERS, CLOCK)

POINTS = {
    "intake.before": "a message is proven and decoded; nothing is written",
    "turn.decide": "before a use case decides; with the words of the message",
    "commit.begin": "a transaction has begun",
    "commit.before": "everything is written, not committed",
    "commit.after": "committed; nobody knows yet",
    "commit.told": "in the loop again, before whoever waits is told",
    "answer.before": "before the HTTP answer leaves",
    "spool.written": "messages that cannot be committed are on disk, not yet under their final name",
    "spool.kept": "they are kept for good; nobody has been told",
    "spool.answered": "a message of the spool has its answer and still lies there",
    "push.claimed": "pushes are marked as begun; none is sent",
    "push.before_send": "before a push is given to the platform",
    "push.after_send": "the platform has answered; nothing is noted",
    "push.before_settle": "before outcomes are written down",
    "push.after_settle": "outcomes are written down",
    "timer.before_fire": "a timer is due; nothing is decided",
    "timer.after_fire": "a timer has fired",
    "media.received": "a file is complete under a name of its own, not synced",
    "media.synced": "its content is on disk, not yet under its final name",
    "media.named": "under its final name; the row still says pending",
    "media.settled": "the row says stored",
}
"""Every border, and what is true there."""

EXIT_CODE = 137
"""What a shell shows for a process that was killed with -9."""

_ORDER = re.compile(
    r"(?P<point>[a-z_.]+)(?:~(?P<word>[^=]+))?=(?P<act>exit|raise|sleep:(?P<seconds>[0-9.]+))"
    r"(?:@(?P<nth>[0-9]+)(?P<on>\+)?)?"
)


class Broken(RuntimeError):
    """Raised at a border because a test wants it."""


@dataclass(slots=True)
class _Order:
    """``nth`` 0 is every time, ``on`` from then on. ``seconds`` None: not a sleep."""

    word: str
    act: str
    seconds: float
    nth: int
    on: bool
    hits: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, point: str, about: str) -> None:
        if self.word and self.word not in about:
            return
        with self.lock:
            self.hits += 1
            hits = self.hits
        if self.nth and not (hits == self.nth or (self.on and hits > self.nth)):
            return
        if self.act == "exit":
            os._exit(EXIT_CODE)
        if self.act == "raise":
            raise Broken(point)
        stand_still(self.seconds)


_orders: dict[str, list[_Order]] = {}


def reach(point: str, about: str = "") -> None:
    """We are at a border. ``about``: the words at hand, for orders that name one."""
    if _orders:
        for order in _orders.get(point, ()):
            order.hit(point, about)


def arm(text: str) -> None:
    """Take these orders in the place of all earlier ones. Raises ConfigurationError."""
    orders: dict[str, list[_Order]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _ORDER.fullmatch(part)
        if found is None or found["point"] not in POINTS:
            raise ConfigurationError(ORDERS, f"is not an order: {part}")
        order = _Order(
            word=found["word"] or "",
            act=found["act"].partition(":")[0],
            seconds=float(found["seconds"] or 0),
            nth=int(found["nth"] or 0),
            on=bool(found["on"]),
        )
        orders.setdefault(found["point"], []).append(order)
    _orders.clear()
    _orders.update(orders)


def prepared(environment: Mapping[str, str], warn: Callable[[str], object]) -> SystemClock | SteeredClock:
    """Take the orders of the environment, if there are any; the clock to run by. Raises ConfigurationError.

    ``warn`` is told when this is a process that may be broken on purpose.
    """
    text = environment.get(ORDERS, "")
    steered = environment.get(CLOCK, "")
    if not text:
        if steered:
            raise ConfigurationError(CLOCK, f"is for tests, together with {ORDERS}")
        return SystemClock()
    arm("" if text == "none" else text)
    warn("failpoints are armed: this process breaks on purpose")
    return SteeredClock(Path(steered)) if steered else SystemClock()
