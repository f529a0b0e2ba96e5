"""The intake benchmark: real servers over HTTP, all in one run, rounds interleaved and their order rotated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from bench.contestants import Contestant, Field
from bench.figures import Measured, summary
from bench.load import LoadError

NAMES = ("hello", "parse_only", "product", "commit_each", "werobot", "telegram", "aiogram")

_QUIET_SECONDS = 4.5
"""When nothing was sent for so long, all is sent: longer than the quiet window before a card."""

_DRAIN_SECONDS = 120.0


def run(
    field: Field, names: Sequence[str], seconds: int, rounds: int, step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Measure; the JSON object. ``step`` hears what is done next. Raises LoadError when a figure would not count."""
    measured: dict[str, list[Measured]] = {name: [] for name in names}
    with ExitStack() as running:
        contestants = []
        for name in names:
            step(f"{name}: start and warm up")
            contestants.append(running.enter_context(_started(field, name)))
        for number in range(rounds):
            turn = number % len(contestants)
            for contestant in contestants[turn:] + contestants[:turn]:
                step(f"{contestant.name}: round {number + 1} of {rounds}")
                measured[contestant.name].append(_round(contestant, seconds))
        step("count the tickets")
        tickets = {
            c.name: {"found": c.verify(), "confirmed": c.load.confirms + c.probes, "uncertain": c.load.uncertain}
            for c in contestants
            if c.tickets
        }
        result = summary(measured, {c.name: c.process.rss_mb() for c in contestants})
    # Reaching this line means that every store held its tickets, but for requests cut off when a run ended.
    return {**result, "tickets": tickets, "verified": True, "seconds": seconds, "rounds": rounds}


def steps(names: Sequence[str], rounds: int) -> int:
    """How often `run` calls ``step``."""
    return len(names) * (rounds + 1) + 1


@contextmanager
def _started(field: Field, name: str) -> Iterator[Contestant]:
    with ExitStack() as running:
        if name in ("telegram", "aiogram"):
            fake = running.enter_context(field.fake_telegram(f"{name}-api"))
            contestant = field.telegram(fake) if name == "telegram" else field.aiogram(fake)
        else:
            contestant = _on_wechat(field, name)
        running.enter_context(contestant.process)
        contestant.check()
        contestant.load.prime()
        _drained(contestant)
        contestant.process.freeze()
        yield contestant


def _on_wechat(field: Field, name: str) -> Contestant:
    match name:
        case "hello":
            return field.hello()
        case "parse_only":
            return field.parse_only()
        case "product":
            return field.product()
        case "commit_each":
            return field.product(name, batch_max=1)
        case "werobot":
            return field.werobot()
        case _:
            raise LoadError(f"nobody is called {name!r}; there are: {', '.join(NAMES)}")


def _round(contestant: Contestant, seconds: int) -> Measured:
    with contestant.process.thawed():
        used, sent, began = contestant.process.cpu_seconds(), contestant.sent(), time.monotonic()
        ran = contestant.load.run(seconds)
        ended = _drained(contestant)
        used, sent = contestant.process.cpu_seconds() - used, contestant.sent() - sent
        contestant.check()
    return Measured(ran.rate, ran.p50_ms, ran.p99_ms, used / ran.answered * 1e6, sent / (ended - began))


def _drained(contestant: Contestant) -> float:
    """Wait until all answers are out; the moment (monotonic) of the last one."""
    sent, moved = contestant.sent(), time.monotonic()
    if contestant.fake is None:
        return moved
    until = moved + _DRAIN_SECONDS
    while time.monotonic() - moved < _QUIET_SECONDS:
        time.sleep(0.1)
        now = contestant.sent()
        if now != sent:
            sent, moved = now, time.monotonic()
        if time.monotonic() > until:
            raise LoadError(f"{contestant.name} still has answers to send {_DRAIN_SECONDS:.0f} s after the load")
    return moved
