"""Questions to the store. Every answer is a committed state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.changes import AttachmentRecord, Link, Note, Reporter, StaffEvent, Task
from bot.conversation.session import Session
from bot.domain.directory import Directory
from bot.domain.findings import Finding
from bot.domain.people import Address, Invitation
from bot.domain.place import Pin
from bot.domain.review import Review
from bot.domain.ticket import Event, Status, Ticket
from bot.message import Answer, Push, Reply
from bot.ports.alike import AlikeQuestions
from bot.ports.board_questions import BoardQuestions
from bot.ports.dashboard_questions import DashboardQuestions
from bot.ports.evidence_questions import EvidenceQuestions
from bot.ports.export_questions import ExportQuestions
from bot.ports.history_questions import HistoryQuestions
from bot.ports.hold_questions import HoldQuestions
from bot.ports.idea_questions import IdeaQuestions
from bot.ports.picture_questions import PictureQuestions
from bot.ports.public_questions import PublicQuestions
from bot.ports.special_questions import SpecialQuestions
from bot.ports.wanting import Wanted


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


@dataclass(frozen=True, slots=True)
class PushState:
    """How a push about a ticket stands: to whom, what it was, and its state in the outbox with the moment.

    ``reply`` is what it says (None in lists, and where it is gone).
    """

    key: str
    address: Address
    state: str
    at: datetime
    reason: str = ""
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What happened in a span to the tickets a unit has now.

    ``late``: answered in it after they were due, or due in it and not answered yet. ``stuck``: overdue for long now.
    """

    filed: int = 0
    answered: int = 0
    late: int = 0
    reopened: int = 0
    stuck: int = 0


class ResidentQuestions(Protocol):
    """What use cases of residents ask."""

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


class StaffQuestions(Protocol):
    """What use cases of staff, and timers, ask."""

    async def directory(self) -> Directory:
        """Everybody who works here, as of now. Costs nothing when nothing changed."""
        ...

    async def staff_events(self, staff: str) -> Sequence[StaffEvent]: ...

    async def invitation(self, digest: str) -> Invitation | None:
        """The invitation with that digest; None when there is none or it has been used."""
        ...

    async def reporters(self, number: str) -> Sequence[Reporter]:
        """Whom a ticket belongs to, the filer first."""
        ...

    async def sessions(self, addresses: Iterable[Address]) -> Mapping[Address, Session]:
        """What is remembered of several people; those nobody has met are missing."""
        ...

    async def tickets(self, wanted: Wanted, limit: int = 20, offset: int = 0) -> Sequence[Ticket]:
        """Tickets, the earliest due first (those without a date last)."""
        ...

    async def count(self, wanted: Wanted, most: int = 100_000) -> int:
        """How many tickets there are of those, at most so many counted."""
        ...

    async def counts(self, wanted: Wanted) -> Mapping[tuple[str, Status], int]:
        """How many there are of those, by unit and status."""
        ...

    async def ending(self, digits: str, wanted: Wanted, limit: int = 10) -> Sequence[Ticket]:
        """Open tickets whose number ends with these digits (three or more)."""
        ...

    async def found(self, words: str, wanted: Wanted, limit: int = 20, before: int | None = None) -> Sequence[Ticket]:
        """Tickets in which all these words are written (two characters suffice), newest first, closed ones too when
        ``wanted`` names their statuses.

        What was written a moment ago is found soon, not at once. For the next ones, ``before`` is
        `bot.domain.search.place` of the last ticket's number. Only so many are looked at: there may be fewer than
        ``limit`` though older ones would fit.
        """
        ...

    async def tallies(self, since: datetime, until: datetime, stuck_before: datetime) -> Mapping[str, Tally]:
        """What happened in a span, by unit ("" is the pool). ``stuck_before``: what was due then is stuck.

        It reads all that ever happened: for once a week.
        """
        ...

    async def owing(self, after: str, limit: int) -> Sequence[Ticket]:
        """Tickets in which something is owed, by number, those behind that number ("" from the start)."""
        ...

    async def undelivered(self, limit: int = 20) -> Sequence[str]:
        """Numbers of tickets about which a push could not be delivered so far, the newest first."""
        ...

    async def load(self, handlers: Sequence[str]) -> Mapping[str, int]:
        """How many tickets each of these handlers has open."""
        ...

    async def attachments_of(self, number: str) -> Sequence[AttachmentRecord]:
        """The files of a ticket, oldest first."""
        ...

    async def tasks(self, kinds: Sequence[str], limit: int = 20) -> Sequence[Task]:
        """Open tasks of these kinds, oldest first."""
        ...

    async def task(self, key: str) -> Task | None:
        """An open task."""
        ...

    async def notes(self, box: str, topic: str | None = None, limit: int = 200) -> Sequence[tuple[int, Note]]:
        """News that nobody was told yet, with their ids, urgent ones first, then the oldest; of one topic or of all
        (None)."""
        ...

    async def notes_waiting(self, box: str, topic: str = "") -> tuple[int, int]:
        """How many news of that topic nobody was told yet, and the id of the newest of them; (0, 0) when none."""
        ...

    async def folded_at(self, box: str, topic: str = "") -> datetime | None:
        """When news of that topic were told last, urgent ones not counted."""
        ...

    async def push_state(self, key: str) -> PushState | None:
        """How a push stands."""
        ...

    async def pushes_of(self, number: str, limit: int = 20) -> Sequence[PushState]:
        """How the pushes about a ticket stand, newest first."""
        ...


class LoopQuestions(Protocol):
    """What use cases of what follows an answer ask."""

    async def reviews(self, number: str) -> Sequence[Review]:
        """What people said of a ticket's answers, by round, the filer first."""
        ...

    async def findings(self, number: str) -> Sequence[Finding]:
        """What supervisors found about a ticket's answers, by round."""
        ...

    async def sampled(self, wanted: Wanted, seed: str, count: int) -> tuple[Sequence[str], int]:
        """The numbers of so many of these tickets, as `bot.domain.findings.drawn` draws them, and of how many.

        ``wanted`` needs a ``since``; all that was filed from then on is read.
        """
        ...

    async def links(self, number: str) -> Sequence[Link]:
        """The links of a ticket, in both directions, the oldest first."""
        ...


class Reader(
    ResidentQuestions,
    StaffQuestions,
    LoopQuestions,
    BoardQuestions,
    DashboardQuestions,
    AlikeQuestions,
    PictureQuestions,
    EvidenceQuestions,
    IdeaQuestions,
    SpecialQuestions,
    PublicQuestions,
    HistoryQuestions,
    ExportQuestions,
    HoldQuestions,
    Protocol,
):
    """Everything that can be asked of the store."""
