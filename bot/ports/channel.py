"""What the core needs from a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable

from bot.domain.people import Address
from bot.message import Delivery, Lane, MessageKind, Push


@dataclass(frozen=True, slots=True)
class Traits:
    """What a channel can do; use cases look here, never at a channel's name.

    ``answers_at_once``: the reply travels in the HTTP answer. ``late_card``: pushing a refreshed card after a quiet
    window is possible. ``quiet_window``: even the first card waits for the window. ``edits``: a shown card can be
    replaced. ``buttons``: choices can be tapped (else they are numbered). ``text_limit`` is in ``text_unit``s.
    ``pictures``: a push may show one.
    ``credits``: how many pushes each action of a person allows, and for how long (empty: no such limit);
    ``credits_reserved`` of them are kept for answers and reviews. ``tells_kept``: pushes that could not be sent are
    told inside the answer to the person's next message. ``repeatable``: whoever gets a push knows a copy of it by its
    key, so one whose fate is unclear is sent again.
    """

    answers_at_once: bool
    quiet_window: bool
    late_card: bool
    edits: bool
    buttons: bool
    text_limit: int
    text_unit: str = "characters"  # or "bytes" of UTF-8
    pictures: bool = False
    credits: Mapping[MessageKind, tuple[int, timedelta]] = field(default_factory=dict)
    credits_reserved: int = 0
    tells_kept: bool = False
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """The platform gives the file: its bytes in pieces, and the size and type it claims.

    ``chunks`` raises ConnectionError when the platform breaks off in the middle: fetch again later.
    """

    chunks: AsyncIterator[bytes]
    bytes: int | None = None
    mime: str = ""


@dataclass(frozen=True, slots=True)
class Unfetchable:
    """The platform will not give the file. ``problem``: ``expired``, ``too_large``, ``refused``.

    ``retry``: perhaps later, after so many seconds.
    """

    problem: str
    retry: bool = False
    after: float = 0.0


class Pace(Protocol):
    """How fast a platform wants to be sent to. State of one process, no clock: ``now`` is monotonic seconds.

    The sender asks `wait` before each push, tells `sent` when it goes out and `halted` after every `TryLater`.
    """

    def begun(self, now: float) -> None:
        """Somebody else has been sending until now, nobody knows how much: nothing is in reserve."""
        ...

    def wait(self, address: Address, lane: Lane, now: float) -> float:
        """Seconds this push must still wait; 0.0 when it may go now."""
        ...

    def sent(self, address: Address, lane: Lane, now: float) -> None:
        """A push of this lane went out to this address."""
        ...

    def halted(self, seconds: float, address: Address | None, now: float) -> None:
        """The platform wants nothing for so many seconds: for one address, or for everybody (None)."""
        ...


class NoPace:
    """No pacing at all: for channels whose platform sets no speed."""

    def begun(self, now: float) -> None:
        """Nothing was counted."""

    def wait(self, address: Address, lane: Lane, now: float) -> float:
        """Never waits."""
        return 0.0

    def sent(self, address: Address, lane: Lane, now: float) -> None:
        """Nothing to count."""

    def halted(self, seconds: float, address: Address | None, now: float) -> None:
        """Nothing to halt."""


class Channel(Protocol):
    """One way to talk with people. The obligatory part is small; `Traits` says what more there is."""

    name: str
    traits: Traits
    pace: Pace

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """Send a push. ``replaces`` is the platform's id of the message whose slot it takes ("" for none)."""
        ...

    async def fetch(self, ref: str) -> Fetched | Unfetchable:
        """Open a file by the reference the channel gave it. Never follows an address out of a payload."""
        ...

    async def start(self) -> None:
        """Open what it needs."""
        ...

    async def stop(self) -> None:
        """Close it again."""
        ...


@runtime_checkable
class BriefChannel(Protocol):
    """A channel that can send a push in the few words of its `bot.message.Brief` when nothing longer may be sent."""

    async def deliver_brief(self, push: Push) -> Delivery:
        """Send the brief. ``Kept`` because of ``template``: the person knows, and the whole is still to be told."""
        ...
