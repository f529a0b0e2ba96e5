"""Many change-sets as one batch of rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from storage.abuse_rows import AbuseRows
from storage.evidence_rows import EvidenceRows
from storage.loop_rows import LoopRows
from storage.rows import Rows
from storage.special_rows import SpecialRows
from storage.staff_rows import Row, StaffRows


@dataclass(slots=True)
class Batch:
    """Many change-sets as one: rows of one kind together, each projection once, in its last state."""

    inbox: list[Row] = field(default_factory=list)
    turns: list[Row] = field(default_factory=list)
    fired: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    sessions: dict[str, Row] = field(default_factory=dict)
    tickets: dict[str, Row] = field(default_factory=dict)
    reporters: dict[Row, Row] = field(default_factory=dict)
    pushes: list[Row] = field(default_factory=list)
    timers: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    cancelled: dict[str, set[str]] = field(default_factory=dict)  # kind, subjects
    attachments: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    filed: list[Row] = field(default_factory=list)
    dropped: list[Row] = field(default_factory=list)
    tasks: dict[str, Row] = field(default_factory=dict)
    closed: list[Row] = field(default_factory=list)
    failures: list[Row] = field(default_factory=list)
    told: list[Row] = field(default_factory=list)
    erased: list[Row] = field(default_factory=list)
    words: list[Row] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    folded: list[Row] = field(default_factory=list)
    folded_boxes: list[Row] = field(default_factory=list)
    looked: list[Row] = field(default_factory=list)
    recalled: list[Row] = field(default_factory=list)
    staff: list[StaffRows] = field(default_factory=list)
    loop: list[LoopRows] = field(default_factory=list)
    special: list[SpecialRows] = field(default_factory=list)
    evidence: list[EvidenceRows] = field(default_factory=list)
    audited: list[Rows] = field(default_factory=list)
    abuse: list[AbuseRows] = field(default_factory=list)

    def add(self, rows: Rows) -> None:
        """Take in a change-set that comes after those already here."""
        if rows.inbox is not None:
            self.inbox.append(rows.inbox)
        if rows.turn is not None:
            self.turns.append(rows.turn)
        if rows.fired is not None:
            self.fired.append(rows.fired)
            self._unset(rows.fired[:4])
        if rows.session is not None:
            _latest(self.sessions, rows.session)
        for ticket in rows.tickets:
            _latest(self.tickets, ticket)
        self.events += rows.events
        for reporter in rows.reporters:
            self.reporters.setdefault(reporter[:2], reporter)
        self.pushes += rows.pushes
        for kind, subject in rows.cancelled:
            self.timers.pop((kind, subject), None)
            self.cancelled.setdefault(kind, set()).add(subject)
        for timer in rows.timers:
            self.timers.setdefault((timer[0], timer[1]), []).append(timer)
        if rows.attachments or rows.moved or rows.filed or rows.dropped:
            self.attachments += rows.attachments
            self.moved += rows.moved
            self.filed += rows.filed
            self.dropped += rows.dropped
        if rows.tasks or rows.closed:
            self._tasks(rows)
        self.words += rows.words
        if rows.notes or rows.folded or rows.folded_boxes or rows.looked or rows.recalled:
            self.notes += rows.notes
            self.folded += rows.folded
            self.folded_boxes += rows.folded_boxes
            self.looked += rows.looked
            self.recalled += rows.recalled
        if rows.staff is not None:
            self.staff.append(rows.staff)
        if rows.loop is not None:
            self.loop.append(rows.loop)
        if rows.special is not None:
            self.special.append(rows.special)
        if rows.evidence is not None:
            self.evidence.append(rows.evidence)
        if rows.abuse is not None:
            self.abuse.append(rows.abuse)
        if rows.events or rows.staff or rows.loop or rows.special or rows.evidence or rows.abuse:
            self.audited.append(rows)
        self.failures += rows.failures
        self.told += rows.told
        self.erased += rows.erased

    def _unset(self, key: Row) -> None:
        pending = self.timers.get((key[0], key[1]))
        if pending:
            pending[:] = [timer for timer in pending if timer[:4] != key]

    def _tasks(self, rows: Rows) -> None:
        """Closing comes before opening, unless an earlier change-set of this batch opened what a later one closes."""
        for at, key in rows.closed:
            opened = self.tasks.get(key)
            if opened is not None:
                self.tasks[key] = (*opened[:-1], at)
        self.closed += rows.closed
        for task in rows.tasks:
            self.tasks[task[0]] = task


def _latest(known: dict[str, Row], row: Row) -> None:
    """Keep the row with the higher seq; rows start with (key, seq)."""
    old = known.get(row[0])
    if old is None or old[1] < row[1]:
        known[row[0]] = row


def batch_of(many: Iterable[Rows]) -> Batch:
    """One batch of change-sets, in the order in which they came."""
    batch = Batch()
    for rows in many:
        batch.add(rows)
    return batch
