"""What the core needs from a clock, a media folder and a store that things are put into."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.changes import AttachmentRecord, Changes, Timer
from bot.message import InboundMessage
from bot.ports.leasing import Lease
from bot.ports.reading import ClaimedPush, Reader


class Clock(Protocol):
    """Time. Only `bot.clock` reads the real one."""

    def now(self) -> datetime:
        """Time-zone-aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds, never going back."""
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

    def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        """The content in pieces, from byte ``first`` up to but without ``after``.

        Raises NotFound, and StoreUnavailable when the place of files is away.
        """
        ...

    async def exists(self, sha256: str) -> bool:
        """Whether the content is there. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """Content that is there: its name, its size in bytes, and when it was put there last."""

    sha256: str
    bytes: int
    at: datetime | None = field(default=None, compare=False)


class MediaStock(MediaStore, Protocol):
    """All that is in a place of files: what backups, checks, moves and erasures need."""

    @property
    def where(self) -> str:
        """The folder or the bucket, for people; no secret is in it."""
        ...

    async def remove(self, sha256: str) -> bool:
        """Take the content away, durably; whether it was there. Raises StoreUnavailable."""
        ...

    def kept(self) -> AsyncIterator[KeptMedia]:
        """All that is there, in the order of the names. Raises StoreUnavailable."""
        ...


class Numbers(Protocol):
    """Where ticket numbers come from."""

    async def next(self, day: datetime) -> str:
        """A ticket number nobody else has, for the town's date of that moment."""
        ...


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of a push. ``state``: ready (again), kept, sent, refused, unclear, expired."""

    id: int
    state: str
    at: datetime
    message_id: str = ""
    reason: str = ""
    not_before: datetime | None = None


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

    async def due_timers(self, now: datetime, limit: int, since: datetime | None = None) -> Sequence[Timer]:
        """Pending timers that are due, earliest first; with ``since`` only those that were due after it."""
        ...

    async def next_timer_at(self) -> datetime | None:
        """When the earliest pending timer is due."""
        ...

    async def claim_pushes(
        self,
        channel: str,
        now: datetime,
        limit: int,
        *,
        under: Lease | None = None,
        in_hand: Collection[int] | None = None,
    ) -> Sequence[ClaimedPush]:
        """Take the oldest unsent push of each person, urgent lanes first, and mark the attempt as started on disk.

        ``under``: the lease under which the caller sends; None where there is no other sender. ``in_hand``: what it
        has taken already and not settled; what else is marked as started was never begun. Raises LeaseLost.
        """
        ...

    async def settle_pushes(self, outcomes: Sequence[PushOutcome], *, under: Lease | None = None) -> datetime | None:
        """Write down what became of claimed pushes.

        Returns when the earliest timer is due that their delivery set (see `Push.then`); None when it set none. Raises
        LeaseLost: then nothing is written.
        """
        ...

    async def recover_pushes(
        self, channel: str, now: datetime, *, repeat: bool = False, under: Lease | None = None
    ) -> int:
        """When somebody begins to send: attempts that were under way when the one before ended become unclear, or
        ready again where they may be repeated. Returns how many. Raises LeaseLost."""
        ...

    async def pending_media(
        self, now: datetime, limit: int, without: Collection[str] = ()
    ) -> Sequence[AttachmentRecord]:
        """Attachments still to be fetched, those that expire first in front; none of the channels ``without``."""
        ...

    async def settle_media(self, record: AttachmentRecord) -> None:
        """Write down what became of a fetch; what is settled already stays as it is."""
        ...

    async def quarantine(
        self, incident: str, why: str, at: datetime, message: InboundMessage | None = None, timer: Timer | None = None
    ) -> None:
        """Keep what could not be handled, whole, for a person to look into. ``why`` holds nothing anybody wrote."""
        ...
