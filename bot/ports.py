"""The seams: what the core needs from a channel, a store, a clock and a media folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.changes import AttachmentRecord, Changes, Timer
from bot.conversation.session import Session
from bot.domain.people import Address
from bot.domain.place import Pin
from bot.domain.ticket import Event, Ticket
from bot.message import Answer, Delivery, InboundMessage, Lane, MessageKind, Push


class Clock(Protocol):
    """Time. Only `bot.clock` reads the real one."""

    def now(self) -> datetime:
        """Time-zone-aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds, never going back."""
        ...


@dataclass(frozen=True, slots=True)
class Traits:
    """What a channel can do; use cases look here, never at a channel's name.

    ``answers_at_once``: the reply travels in the HTTP answer. ``late_card``: pushing a refreshed card after a quiet
    window is possible. ``quiet_window``: even the first card waits for the window. ``edits``: a shown card can be
    replaced. ``buttons``: choices can be tapped (else they are numbered). ``text_limit`` is in ``text_unit``s.
    ``credits``: how many pushes each action of a person allows, and for how long (empty: no such limit);
    ``credits_reserved`` of them are kept for answers and reviews. ``tells_kept``: pushes that could not be sent are
    told inside the answer to the person's next message.
    """

    answers_at_once: bool
    quiet_window: bool
    late_card: bool
    edits: bool
    buttons: bool
    text_limit: int
    text_unit: str = "characters"  # or "bytes" of UTF-8
    credits: Mapping[MessageKind, tuple[int, timedelta]] = field(default_factory=dict)
    credits_reserved: int = 0
    tells_kept: bool = False


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


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """Content on disk: its SHA-256 in hex, its size, and its type read from the content itself."""

    sha256: str
    bytes: int
    mime: str


class MediaStore(Protocol):
    """A folder (or bucket) of files named by their content."""

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        """Stream content in; when this returns it is durably there.

        Raises Malformed with ``key="media.too_large"`` past ``cap`` bytes; nothing is left behind.
        """
        ...

    def open(self, sha256: str) -> AsyncIterator[bytes]:
        """The content in pieces. Raises NotFound."""
        ...

    async def exists(self, sha256: str) -> bool: ...


class Numbers(Protocol):
    """Where ticket numbers come from."""

    async def next(self, day: datetime) -> str:
        """A ticket number nobody else has, for the town's date of that moment."""
        ...


@dataclass(frozen=True, slots=True)
class ClaimedPush:
    """A push the sender holds: how often it was tried, and the platform's id of the message in its slot.

    ``credits`` is how many more pushes the platform lets us send to this person now; None where it does not count.
    """

    id: int
    push: Push
    attempts: int = 0
    replaces: str = ""
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of a push. ``state``: ready (again), kept, sent, refused, unclear, expired."""

    id: int
    state: str
    at: datetime
    message_id: str = ""
    reason: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a person's talk with the desk, for showing it again. ``who``: resident or desk.

    ``id`` is the message's key for what a resident sent, that key with ``/answer`` after it for what it was answered,
    and the push's key for a push. ``reply`` is the desk's `Reply`, ``pin`` a resident's place.
    """

    id: str
    who: str
    at: datetime
    text: str
    reply: object = None
    attachments: tuple[AttachmentRecord, ...] = ()
    pin: Pin | None = None


class Reader(Protocol):
    """Questions to the store. Every answer is a committed state."""

    async def session(self, address: Address) -> Session | None: ...

    async def answered(self, channel: str, key: str) -> Answer | None: ...

    async def ticket(self, number: str) -> Ticket | None: ...

    async def events(self, number: str) -> Sequence[Event]: ...

    async def tickets_of(self, address: Address, limit: int = 20) -> Sequence[Ticket]:
        """Tickets this address filed, claimed or joined, newest first."""
        ...

    async def owns(self, address: Address, number: str) -> bool:
        """Whether this address filed, claimed or joined the ticket."""
        ...

    async def attachments(self, ids: Sequence[str]) -> Sequence[AttachmentRecord]: ...

    async def quoted(self, address: Address, message_id: str) -> str:
        """What a message of ours was about: a ticket number or a slot ("" when unknown)."""
        ...

    async def kept(self, address: Address) -> Sequence[ClaimedPush]:
        """Pushes that wait for this person's next contact, oldest first. Costs nothing when there are none."""
        ...

    async def talk(self, address: Address, limit: int = 100) -> Sequence[Line]:
        """The newest lines of a person's talk with the desk (messages, answers, pushes), oldest first."""
        ...

    async def code_failures(self, number: str, since: datetime) -> int:
        """How many wrong codes were tried on a ticket since a moment."""
        ...


class Store(Protocol):
    """Keeps things. See `bot.changes.Changes` for what can become true."""

    @property
    def reader(self) -> Reader:
        """Where to ask."""
        ...

    async def commit(self, changes: Changes) -> None:
        """Make all of it true, durably, or none.

        Raises Conflict, AlreadyAnswered, Unstorable or StoreUnavailable.
        """
        ...

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Timer]:
        """Pending timers that are due, earliest first."""
        ...

    async def next_timer_at(self) -> datetime | None:
        """When the earliest pending timer is due."""
        ...

    async def claim_pushes(self, channel: str, now: datetime, limit: int) -> Sequence[ClaimedPush]:
        """Take the oldest unsent push of each person, urgent lanes first, and mark the attempt as started on disk."""
        ...

    async def settle_pushes(self, outcomes: Sequence[PushOutcome]) -> None:
        """Write down what became of claimed pushes."""
        ...

    async def recover_pushes(self, channel: str, now: datetime) -> int:
        """After a start: attempts that were under way when we died become unclear. Returns how many."""
        ...

    async def pending_media(self, now: datetime, limit: int) -> Sequence[AttachmentRecord]:
        """Attachments still to be fetched, those that expire first in front."""
        ...

    async def settle_media(self, record: AttachmentRecord) -> None:
        """Write down what became of a fetch."""
        ...

    async def quarantine(
        self, incident: str, why: str, at: datetime, message: InboundMessage | None = None, timer: Timer | None = None
    ) -> None:
        """Keep what could not be handled, whole, for a person to look into. ``why`` holds nothing anybody wrote."""
        ...
