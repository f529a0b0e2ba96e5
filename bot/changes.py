"""What should become true: the effects a turn decides on, and the rows they speak of."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.conversation.session import Session
from bot.domain.boards.ranking import Board
from bot.domain.evidence import Boxing, Transcript
from bot.domain.findings import Finding
from bot.domain.holds import Hold
from bot.domain.ideas import Lesson
from bot.domain.people import Address, Invitation, Staff
from bot.domain.review import Review
from bot.domain.sheets import AnySheet
from bot.domain.special import Special, SpecialEvent
from bot.domain.ticket import Event, Ticket
from bot.message import Answer, InboundMessage, Push


class AttachmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the desk keeps it. ``state``: pending, stored, failed, dropped."""

    id: str
    address: Address
    type: str
    ref: str
    state: str
    created_at: datetime
    draft: str = ""
    ticket: str = ""
    message: str = ""
    name: str = ""
    mime: str = ""
    sha256: str = ""
    bytes: int | None = None
    seconds: int | None = None
    fingerprint: str = ""
    problem: str = ""
    attempts: int = 0
    next_try_at: datetime | None = None
    deadline: datetime | None = None


class Timer(msgspec.Struct, frozen=True):
    """Something to be done at a moment, exactly once per (kind, subject, level, due).

    ``subject`` is a draft id, a ticket number or an address; ``address`` is whose turn it is ("" for the desk's own).
    """

    kind: str
    subject: str
    due_at: datetime
    level: int = 0
    address: Address | None = None


class Task(msgspec.Struct, frozen=True):
    """Something that waits for staff: an unconfirmed draft, a voice to hear, somebody who wants to talk.

    ``key`` is unique; ``kind``: pool, unconfirmed, listen, danger, talk. ``data`` is what staff need to see.
    """

    key: str
    kind: str
    subject: str
    opened_at: datetime
    due_at: datetime | None = None
    address: Address | None = None
    data: dict[str, object] | None = None


class Reporter(msgspec.Struct, frozen=True):
    """Somebody a ticket belongs to. ``role``: filer, claimed (by code) or joined (same as mine).

    Whoever was one and is no more (`Changes.removed_reporters`) is not told of; a later row makes them one again.
    """

    ticket: str
    address: Address
    role: str
    since: datetime


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """News for somebody, to be folded with their other news into one push when their ``fold`` timer fires.

    ``key`` is unique for ever: the same news is never stored twice. ``box`` is whose it is: ``staff:ID``, ``unit:CODE``
    (whoever works there when it is opened) or an address. News of one ``topic`` are folded together: "" for staff, the
    ticket's number for residents. ``what`` names the text (``news.<what>`` in the catalogue), ``params`` are its
    fields; it is said in the reader's language, of the ticket as it then is. ``urgent`` news wait for nothing.
    """

    key: str
    box: str
    what: str
    at: datetime
    topic: str = ""
    ticket: str = ""
    params: dict[str, str] = {}
    urgent: bool = False


class StaffEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a member of staff, as it is logged. ``seq`` is `Staff.seq` after it; the pair is a fence."""

    staff: str
    seq: int
    at: datetime
    action: str  # joined, address, removed, leave, duty, changed
    by: str
    data: dict[str, object] = {}


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the staff read, forwarded or exported something: recorded as a change is.

    ``what``: card, push, list, phone, search, export. ``ticket`` is "" where it was no single one.
    """

    by: str
    what: str
    at: datetime
    ticket: str = ""
    detail: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """How two tickets belong together: ``ticket`` repeats, follows, was split from, ... the ``other``, which was there
    first. ``kind``: repeats, split_from, follows, special, merged. The same link is never stored twice."""

    ticket: str
    kind: str
    other: str
    by: str
    at: datetime


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that somebody is owed in chat: it is drawn a moment later and pushed after the words it belongs to.

    ``key`` is unique: the same picture is never owed twice. ``alt`` says in words what it shows, for who cannot see it.
    ``asked``: the person waits for it.
    """

    key: str
    address: Address
    sheet: AnySheet
    alt: str
    at: datetime
    asked: bool = True


class Changes(msgspec.Struct):
    """What should become true, all of it or nothing, when a turn is committed.

    ``message`` and ``answer`` become the inbox receipt; ``session`` (with its new ``seq``) the person's next state;
    ``fired`` is the timer this turn answers. A ticket is written at the state it has after its last event.
    """

    address: Address | None = None
    message: InboundMessage | None = None
    answer: Answer | None = None
    fired: Timer | None = None
    at: datetime | None = None
    session: Session | None = None
    tickets: dict[str, Ticket] = msgspec.field(default_factory=dict)
    events: list[Event] = msgspec.field(default_factory=list)
    reporters: list[Reporter] = msgspec.field(default_factory=list)
    removed_reporters: list[tuple[str, Address]] = msgspec.field(default_factory=list)  # ticket, whose it is no more
    pushes: list[Push] = msgspec.field(default_factory=list)
    timers: list[Timer] = msgspec.field(default_factory=list)
    cancelled: list[tuple[str, str]] = msgspec.field(default_factory=list)  # timer kind, subject
    attachments: list[AttachmentRecord] = msgspec.field(default_factory=list)
    filed_attachments: list[tuple[str, str]] = msgspec.field(default_factory=list)  # draft, ticket
    moved_attachments: list[tuple[str, str, str]] = msgspec.field(default_factory=list)  # attachment id, draft, ticket
    dropped_attachments: list[str] = msgspec.field(default_factory=list)  # drafts
    tasks: list[Task] = msgspec.field(default_factory=list)
    closed_tasks: list[str] = msgspec.field(default_factory=list)  # keys
    code_failures: list[tuple[str, Address, datetime]] = msgspec.field(default_factory=list)  # ticket, who, when
    erased: list[Address] = msgspec.field(default_factory=list)  # people whose traces go, while their tickets stay
    told: list[int] = msgspec.field(default_factory=list)  # ids of kept pushes that this answer tells
    staff: list[tuple[Staff, StaffEvent]] = msgspec.field(default_factory=list)
    invitations: list[Invitation] = msgspec.field(default_factory=list)
    used_invitations: list[tuple[str, str]] = msgspec.field(default_factory=list)  # digest, staff: a fence
    notes: list[Note] = msgspec.field(default_factory=list)
    folded: list[int] = msgspec.field(default_factory=list)  # ids of notes that a push of this turn tells
    folded_boxes: list[tuple[str, str, int]] = msgspec.field(default_factory=list)  # box, topic: all up to that id
    looked: list[Looked] = msgspec.field(default_factory=list)
    recalled_pushes: list[str] = msgspec.field(default_factory=list)  # keys of pushes that must not leave any more
    reviews: list[Review] = msgspec.field(default_factory=list)  # each as it is now, one per ticket, round and party
    links: list[Link] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)  # each takes the place of that answer's last one
    unlinked: list[tuple[str, str, str]] = msgspec.field(default_factory=list)  # ticket, kind, other
    boxings: list[Boxing] = msgspec.field(default_factory=list)  # each takes the place of that photo's last one
    transcripts: list[Transcript] = msgspec.field(default_factory=list)  # likewise
    published: list[tuple[Board, str]] = msgspec.field(default_factory=list)  # boards, and who published them
    drawings: list[Drawing] = msgspec.field(default_factory=list)
    specials: list[tuple[Special, SpecialEvent]] = msgspec.field(default_factory=list)
    lessons: list[Lesson] = msgspec.field(default_factory=list)
    holds: list[Hold] = msgspec.field(default_factory=list)  # each after one more step: a fence
    put_by: list[InboundMessage] = msgspec.field(default_factory=list)  # stored now, to have their turn later
    taken_up: list[tuple[str, str]] = msgspec.field(default_factory=list)  # channel, key of those that had it

    def ticket(self, ticket: Ticket, *events: Event) -> None:
        """Keep a ticket as it is after these events."""
        self.tickets[ticket.number] = ticket
        self.events.extend(events)

    def timer(self, timer: Timer) -> None:
        """Have something done later."""
        self.timers.append(timer)

    def cancel(self, kind: str, subject: str) -> None:
        """Forget all pending timers of a kind for a subject, those of this turn too (what it sets afterwards stays)."""
        self.cancelled.append((kind, subject))
        if self.timers:
            self.timers = [t for t in self.timers if t.kind != kind or t.subject != subject]

    def push(self, push: Push) -> None:
        """Have something sent."""
        self.pushes.append(push)
