"""A store in memory that keeps the fences: for tests of what stands above the store, and for faults on demand.

What is committed is kept as it came, so tests look at `commits`. Put an error into `faults` and the next commit
raises it; `gate` holds commits back until it is set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes, Link, Looked, Note, Reporter, StaffEvent, Task, Timer
from bot.conversation.session import Session
from bot.domain.boards.facts import DeskFacts, TicketFacts
from bot.domain.boards.periods import Period
from bot.domain.boards.ranking import Board
from bot.domain.directory import Directory
from bot.domain.evidence import Copies
from bot.domain.findings import Finding
from bot.domain.holds import Hold
from bot.domain.ideas import Lesson
from bot.domain.people import Address, Invitation, Staff
from bot.domain.pictures import Likeness, Look
from bot.domain.review import Review
from bot.domain.special import Special, SpecialEvent
from bot.domain.ticket import Action, Event, Status, Ticket
from bot.errors import AlreadyAnswered, AlreadyFired, Conflict, LeaseLost
from bot.message import Answer, InboundMessage, Push
from bot.ports import ClaimedPush, Line, Nearby, PushOutcome, PushState, Released, Wanted
from bot.ports.board_questions import T
from bot.ports.dashboard_questions import Filed, Within
from bot.ports.export_questions import Exported
from bot.ports.leasing import Lease
from bot.ports.reading import Tally

Fault = Exception
TimerKey = tuple[str, str, int, datetime]


def timer_key(timer: Timer) -> TimerKey:
    return timer.kind, timer.subject, timer.level, timer.due_at


@dataclass
class MemoryReader:
    """Answers from the newest commit."""

    remembered: dict[Address, Session] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    kept_pushes: dict[Address, list[ClaimedPush]] = field(default_factory=dict)
    waiting: list[InboundMessage] = field(default_factory=list)
    broken: Fault | None = None
    asked: int = 0

    async def session(self, address: Address) -> Session | None:
        self.asked += 1
        if self.broken is not None:
            raise self.broken
        return self.remembered.get(address)

    async def answered(self, channel: str, key: str) -> Answer | None:
        return self.answers.get((channel, key))

    async def ticket(self, number: str) -> Ticket | None:
        return None

    async def events(self, number: str) -> Sequence[Event]:
        return ()

    async def tickets_of(self, address: Address, limit: int = 20) -> Sequence[Ticket]:
        return ()

    async def owns(self, address: Address, number: str) -> bool:
        return False

    async def attachments(self, ids: Sequence[str]) -> Sequence[AttachmentRecord]:
        return ()

    async def quoted(self, address: Address, message_id: str) -> str:
        return ""

    async def kept(self, address: Address) -> Sequence[ClaimedPush]:
        return self.kept_pushes.get(address, ())

    async def talk(self, address: Address, limit: int = 100) -> Sequence[Line]:
        return ()

    async def code_failures(self, number: str, since: datetime) -> int:
        return 0

    async def hold(self, address: Address, at: datetime) -> Hold | None:
        return None

    async def holds(self, at: datetime) -> Sequence[Hold]:
        return ()

    async def holds_of(self, address: Address) -> Sequence[Hold]:
        return ()

    async def hold_steps(self, id_: str) -> Sequence[Hold]:
        return ()

    async def put_by(self, address: Address, limit: int) -> Sequence[InboundMessage]:
        return [message for message in self.waiting if message.address == address][:limit]

    async def put_by_addresses(self) -> Sequence[Address]:
        return list(dict.fromkeys(message.address for message in self.waiting))

    async def directory(self) -> Directory:
        return Directory(self.staff)

    async def staff_events(self, staff: str) -> Sequence[StaffEvent]:
        return ()

    async def invitation(self, digest: str) -> Invitation | None:
        return None

    async def reporters(self, number: str) -> Sequence[Reporter]:
        return ()

    async def sessions(self, addresses: Iterable[Address]) -> Mapping[Address, Session]:
        return {address: self.remembered[address] for address in addresses if address in self.remembered}

    async def tickets(self, wanted: Wanted, limit: int = 20, offset: int = 0) -> Sequence[Ticket]:
        return ()

    async def count(self, wanted: Wanted, most: int = 100_000) -> int:
        return 0

    async def counts(self, wanted: Wanted) -> Mapping[tuple[str, Status], int]:
        return {}

    async def ending(self, digits: str, wanted: Wanted, limit: int = 10) -> Sequence[Ticket]:
        return ()

    async def found(self, words: str, wanted: Wanted, limit: int = 20, before: int | None = None) -> Sequence[Ticket]:
        return ()

    async def tallies(self, since: datetime, until: datetime, stuck_before: datetime) -> Mapping[str, Tally]:
        return {}

    async def owing(self, after: str, limit: int) -> Sequence[Ticket]:
        return ()

    async def undelivered(self, limit: int = 20) -> Sequence[str]:
        return ()

    async def load(self, handlers: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(handlers, 0)

    async def attachments_of(self, number: str) -> Sequence[AttachmentRecord]:
        return ()

    async def tasks(self, kinds: Sequence[str], limit: int = 20) -> Sequence[Task]:
        return ()

    async def task(self, key: str) -> Task | None:
        return None

    async def notes(self, box: str, topic: str | None = None, limit: int = 200) -> Sequence[tuple[int, Note]]:
        return ()

    async def notes_waiting(self, box: str, topic: str = "") -> tuple[int, int]:
        return 0, 0

    async def folded_at(self, box: str, topic: str = "") -> datetime | None:
        return None

    async def push_state(self, key: str) -> PushState | None:
        return None

    async def pushes_of(self, number: str, limit: int = 20) -> Sequence[PushState]:
        return ()

    async def reviews(self, number: str) -> Sequence[Review]:
        return ()

    async def findings(self, number: str) -> Sequence[Finding]:
        return ()

    async def sampled(self, wanted: Wanted, seed: str, count: int) -> tuple[Sequence[str], int]:
        return (), 0

    async def looks(self, ids: Sequence[str]) -> Mapping[str, Look]:
        return {}

    async def lookalikes(self, ids: Sequence[str]) -> Sequence[Likeness]:
        return ()

    async def released(self, wanted: Released) -> Sequence[tuple[Ticket, datetime]]:
        return ()

    async def ideas(self, limit: int = 50, before: str = "") -> Sequence[Ticket]:
        return ()

    async def lessons(self, limit: int = 500) -> Sequence[Lesson]:
        return ()

    async def copies(self, ids: Sequence[str]) -> Mapping[str, Copies]:
        return {}

    async def exported(self, since: datetime, until: datetime, after: str, limit: int) -> Sequence[Exported]:
        return ()

    async def export_count(self, since: datetime, until: datetime) -> int:
        return 0

    async def special(self, number: str) -> Special | None:
        raise AssertionError("no special cases here")

    async def specials(self, limit: int = 200) -> Sequence[Special]:
        raise AssertionError("no special cases here")

    async def special_events(self, number: str) -> Sequence[SpecialEvent]:
        raise AssertionError("no special cases here")

    async def links(self, number: str) -> Sequence[Link]:
        return ()

    async def looked_at(self, number: str, limit: int = 500) -> Sequence[Looked]:
        return ()

    async def nearby(
        self, area: str, kind: str, since: datetime, limit: int = 100, *, ended: bool = False
    ) -> Sequence[Nearby]:
        return ()

    async def role(self, address: Address, number: str) -> str:
        return ""

    async def counted(self, period: Period, count: Callable[[Iterable[TicketFacts]], T]) -> T:
        return count(())

    async def desk_counted(
        self,
        period: Period,
        due: Callable[[str, datetime], datetime],
        count: Callable[[Iterable[DeskFacts], int, Sequence[bool | None]], T],
    ) -> T:
        return count((), 0, ())

    async def spoken_of(self, period: Period, above: Mapping[str, str]) -> Sequence[tuple[str, str, int, int]]:
        return ()

    async def points(self, period: Period) -> Sequence[tuple[float, float, str, str]]:
        return ()

    async def happened(self, action: Action, period: Period) -> int:
        return 0

    async def published(self, key: str) -> Board | None:
        return None

    async def census(self, known: Mapping[str, int], judge: Callable[[Iterable[Ticket]], T]) -> tuple[T, Sequence[str]]:
        return judge(()), ()

    async def spoken_within(
        self, period: Period, above: Mapping[str, str], within: Within
    ) -> Sequence[tuple[str, str, int, int]]:
        return ()

    async def happened_within(self, action: Action, period: Period, within: Within) -> int:
        return 0

    async def spots(self, period: Period, within: Within, cell: float, most: int) -> Sequence[tuple[float, float, int]]:
        return ()

    async def filed_numbers(
        self, period: Period, within: Within, filed: Filed, limit: int, offset: int
    ) -> tuple[int, Sequence[str]]:
        return 0, ()

    async def happened_numbers(
        self, action: Action, period: Period, within: Within, limit: int, offset: int
    ) -> tuple[int, Sequence[str]]:
        return 0, ()

    async def facts_of(self, numbers: Sequence[str], count: Callable[[Iterable[TicketFacts]], T]) -> T:
        return count(())

    async def desk_numbers(
        self, period: Period, due: Callable[[str, datetime], datetime]
    ) -> tuple[Sequence[str], Sequence[DeskFacts], Sequence[tuple[str, bool | None]]]:
        return (), (), ()


@dataclass
class MemoryStore:
    """See the module."""

    reader: MemoryReader = field(default_factory=MemoryReader)
    commits: list[Changes] = field(default_factory=list)
    faults: list[Fault | None] = field(default_factory=list)
    gate: asyncio.Event | None = None
    timers: dict[TimerKey, Timer] = field(default_factory=dict)
    fired: set[TimerKey] = field(default_factory=set)
    pushes: dict[str, Push] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, PushOutcome] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    credits: int | None = None
    media: dict[str, AttachmentRecord] = field(default_factory=dict)
    settle_faults: list[Fault] = field(default_factory=list)
    terms: dict[str, int] = field(default_factory=dict)
    quarantined: list[tuple[str, str, InboundMessage | None, Timer | None]] = field(default_factory=list)

    async def commit(self, changes: Changes) -> None:
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        if changes.message is not None:
            name = (changes.message.address.channel, changes.message.key)
            if name in self.reader.answers:
                raise AlreadyAnswered(self.reader.answers[name])
        if changes.session is not None:
            old = self.reader.remembered.get(changes.session.address)
            if changes.session.seq != (old.seq if old else 0) + 1:
                raise Conflict()
        if changes.fired is not None and timer_key(changes.fired) in self.fired:
            raise AlreadyFired()
        self._keep(changes)

    def _keep(self, changes: Changes) -> None:
        self.commits.append(changes)
        self.reader.waiting += changes.put_by
        gone = {*changes.taken_up}
        self.reader.waiting = [m for m in self.reader.waiting if (m.address.channel, m.key) not in gone]
        if changes.message is not None and changes.answer is not None:
            self.reader.answers[changes.message.address.channel, changes.message.key] = changes.answer
        if changes.session is not None:
            self.reader.remembered[changes.session.address] = changes.session
        if changes.fired is not None:
            self.fired.add(timer_key(changes.fired))
            self.timers.pop(timer_key(changes.fired), None)
        for timer in changes.timers:
            self.timers[timer_key(timer)] = timer
        self.reader.staff.update({staff.id: staff for staff, _ in changes.staff})
        for push in changes.pushes:
            if push.key not in self.pushes:
                self.pushes[push.key] = push
                self.states[push.key] = "ready"
        for record in changes.attachments:
            self.media[record.id] = record

    async def due_timers(self, now: datetime, limit: int, since: datetime | None = None) -> Sequence[Timer]:
        due = sorted((t for t in self.timers.values() if t.due_at <= now), key=lambda timer: timer.due_at)
        if since is not None:
            due = [timer for timer in due if timer.due_at > since]
        return due[:limit]

    async def next_timer_at(self) -> datetime | None:
        return min((timer.due_at for timer in self.timers.values()), default=None)

    def _fence(self, under: Lease | None) -> None:
        if under is not None and self.terms.get(under.name, under.term) != under.term:
            raise LeaseLost()

    async def claim_pushes(
        self,
        channel: str,
        now: datetime,
        limit: int,
        *,
        under: Lease | None = None,
        in_hand: Collection[int] | None = None,
    ) -> Sequence[ClaimedPush]:
        self._fence(under)
        if in_hand is not None:
            for id_, key in enumerate(self.pushes):
                if self.states[key] == "started" and id_ not in in_hand:
                    self.states[key] = "ready"
        busy = {push.address for key, push in self.pushes.items() if self.states[key] == "started"}
        claimed: list[ClaimedPush] = []
        for id_, (key, push) in enumerate(self.pushes.items()):
            if push.address.channel != channel or self.states[key] != "ready" or push.address in busy:
                continue
            busy.add(push.address)
            waits = self.outcomes[key].not_before if key in self.outcomes else push.not_before
            if (waits is not None and waits > now) or len(claimed) == limit:
                continue
            self.states[key] = "started"
            claimed.append(ClaimedPush(id_, push, self.attempts.get(key, 0), "", self.credits))
            self.attempts[key] = self.attempts.get(key, 0) + 1
        return claimed

    async def settle_pushes(self, outcomes: Sequence[PushOutcome], *, under: Lease | None = None) -> datetime | None:
        self._fence(under)
        if self.settle_faults:
            raise self.settle_faults.pop(0)
        keys = list(self.pushes)
        set_: list[Timer] = []
        for outcome in outcomes:
            push = self.pushes[keys[outcome.id]]
            self.states[push.key] = outcome.state
            self.outcomes[push.key] = outcome
            if outcome.state == "sent" and push.then:
                set_.append(Timer(push.then, push.ticket, outcome.at, outcome.id, push.address))
        self.timers.update({timer_key(timer): timer for timer in set_})
        return min((timer.due_at for timer in set_), default=None)

    async def recover_pushes(
        self, channel: str, now: datetime, *, repeat: bool = False, under: Lease | None = None
    ) -> int:
        self._fence(under)
        started = [key for key, state in self.states.items() if state == "started"]
        self.states.update(dict.fromkeys(started, "ready" if repeat else "unclear"))
        return len(started)

    async def pending_media(
        self, now: datetime, limit: int, without: Collection[str] = ()
    ) -> Sequence[AttachmentRecord]:
        pending = [
            record
            for record in self.media.values()
            if record.state == "pending"
            and record.address.channel not in without
            and (record.next_try_at is None or record.next_try_at <= now)
        ]
        return pending[:limit]

    async def settle_media(self, record: AttachmentRecord) -> None:
        if self.settle_faults:
            raise self.settle_faults.pop(0)
        self.media[record.id] = replace(record)

    async def quarantine(
        self, incident: str, why: str, at: datetime, message: InboundMessage | None = None, timer: Timer | None = None
    ) -> None:
        self.quarantined.append((incident, why, message, timer))
