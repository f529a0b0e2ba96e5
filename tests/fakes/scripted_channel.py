"""A channel that does what a test tells it to: each push gets the next outcome, each reference its file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from bot.domain.people import Address
from bot.message import KNOCKED, Delivered, Delivery, Kept, Lane, Push
from bot.ports import Fetched, NoPace, Pace, Traits, Unfetchable
from tests.fakes.small_desk import CHAT


async def pieces(*parts: bytes | Exception) -> AsyncGenerator[bytes, None]:
    """A download in these pieces; an error among them breaks it off."""
    for part in parts:
        await asyncio.sleep(0)
        if isinstance(part, Exception):
            raise part
        yield part


@dataclass
class ScriptedChannel:
    """``outcomes`` are used up in order, then everything is delivered. ``gate`` holds deliveries back."""

    name: str = "chat"
    traits: Traits = CHAT
    pace: Pace = field(default_factory=NoPace)
    outcomes: list[Delivery | Exception] = field(default_factory=list)
    gate: asyncio.Event | None = None
    delivered: list[Push] = field(default_factory=list)
    under_way: list[Address] = field(default_factory=list)
    most_at_once: int = 0
    files: dict[str, Sequence[Callable[[], Fetched | Unfetchable] | Exception]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        if push.address in self.under_way:
            raise AssertionError("two pushes to one person at once")
        self.under_way.append(push.address)
        self.most_at_once = max(self.most_at_once, len(self.under_way))
        self.delivered.append(push)
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.under_way.remove(push.address)
        outcome = self.outcomes.pop(0) if self.outcomes else Delivered(f"m{len(self.delivered)}")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def fetch(self, ref: str) -> Fetched | Unfetchable:
        self.fetched.append(ref)
        tries = self.files[ref]
        found = tries[min(self.fetched.count(ref), len(tries)) - 1]
        if isinstance(found, Exception):
            raise found
        return found()

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""


@dataclass
class SlowPace:
    """Lets one push through per call of `tick`; remembers what it was told."""

    free: int = 1
    seconds: float = 0.0
    went: list[tuple[Address, Lane]] = field(default_factory=list)
    halts: list[tuple[float, Address | None]] = field(default_factory=list)
    begins: int = 0

    def begun(self, now: float) -> None:
        self.begins += 1

    def wait(self, address: Address, lane: Lane, now: float) -> float:
        return 0.0 if self.free else self.seconds

    def sent(self, address: Address, lane: Lane, now: float) -> None:
        self.free -= 1
        self.went.append((address, lane))

    def halted(self, seconds: float, address: Address | None, now: float) -> None:
        self.halts.append((seconds, address))


@dataclass
class KnockingChannel(ScriptedChannel):
    """One that can say a push in a few words."""

    knocked: list[Push] = field(default_factory=list)

    async def deliver_brief(self, push: Push) -> Delivery:
        self.knocked.append(push)
        return Kept(KNOCKED)
