"""A change-set as rows: which statement writes each, in the order of the columns of its table.

This is done before the change-set waits for the writer, so a later change of the `Changes` changes nothing, and what
can be seen to be unstorable is refused before it can disturb others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from bot.changes import AttachmentRecord, Changes, Task
from bot.domain.ticket import Event, Status, Ticket
from bot.domain.work import NO_WORK, Work
from bot.errors import Unstorable
from bot.message import Lane, Push
from storage.abuse_rows import AbuseRows, abuse_rows_of
from storage.codec import Said, as_json, clean, micros, micros_or_none
from storage.evidence_rows import EvidenceRows, evidence_rows_of
from storage.loop_rows import LoopRows, loop_rows_of
from storage.special_rows import SpecialRows, special_rows_of
from storage.staff_rows import Row, StaffRows, staff_rows_of

TimerKey = tuple[str, str, int, int]

LANES = (Lane.URGENT, Lane.REPLY, Lane.NOTICE, Lane.BULK)
"""A lane is stored as its place here."""

_LANE = {lane: number for number, lane in enumerate(LANES)}


class Rows(msgspec.Struct):
    """What one change-set writes. Fences first: ``inbox``, ``turn``, ``fired``, ``events``."""

    inbox: Row | None = None
    turn: Row | None = None
    fired: Row | None = None
    session: Row | None = None
    events: Sequence[Row] = ()
    tickets: Sequence[Row] = ()
    reporters: Sequence[Row] = ()
    pushes: Sequence[Row] = ()
    timers: Sequence[Row] = ()
    cancelled: Sequence[tuple[str, str]] = ()
    attachments: Sequence[Row] = ()
    moved: Sequence[Row] = ()
    filed: Sequence[Row] = ()
    dropped: Sequence[Row] = ()
    tasks: Sequence[Row] = ()
    closed: Sequence[tuple[int, str]] = ()
    failures: Sequence[Row] = ()
    told: Sequence[Row] = ()
    erased: Sequence[Row] = ()
    words: Sequence[Row] = ()
    notes: Sequence[Row] = ()
    folded: Sequence[Row] = ()
    folded_boxes: Sequence[Row] = ()
    looked: Sequence[Row] = ()
    recalled: Sequence[Row] = ()
    staff: StaffRows | None = None
    loop: LoopRows | None = None
    special: SpecialRows | None = None
    evidence: EvidenceRows | None = None
    at: int = 0
    abuse: AbuseRows | None = None


def rows_of(changes: Changes, now: datetime) -> Rows:
    """The rows of a change-set. ``now`` stands in where the change-set names no moment. Raises Unstorable."""
    rows = Rows(at=micros(changes.at or now))
    try:
        _receipt(changes, rows, now)
        if changes.tickets or changes.events or changes.reporters:
            rows.tickets = [_ticket(ticket) for ticket in changes.tickets.values()]
            rows.events = [_event(event) for event in changes.events]
            rows.words = [(e.ticket, e.seq) for e in changes.events if "text" in e.data]
            rows.reporters = [(r.ticket, str(r.address), r.role, micros(r.since)) for r in changes.reporters]
        if changes.timers:
            rows.timers = [
                (t.kind, t.subject, t.level, micros(t.due_at), None if t.address is None else str(t.address))
                for t in changes.timers
            ]
        if changes.cancelled:
            rows.cancelled = changes.cancelled.copy()
        if changes.pushes:
            rows.pushes = [_push(push) for push in changes.pushes]
        if changes.attachments or changes.moved_attachments or changes.filed_attachments or changes.dropped_attachments:
            _files(changes, rows)
        if changes.notes or changes.folded or changes.folded_boxes or changes.looked or changes.recalled_pushes:
            _news(changes, rows, now)
        if changes.staff or changes.invitations or changes.used_invitations:
            rows.staff = staff_rows_of(changes, now)
        if (
            changes.reviews
            or changes.links
            or changes.findings
            or changes.published
            or changes.removed_reporters
            or changes.unlinked
            or changes.drawings
        ):
            rows.loop = loop_rows_of(changes)
        if changes.boxings or changes.transcripts:
            rows.evidence = evidence_rows_of(changes)
        _rest(changes, rows, now)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise Unstorable(why=type(error).__name__) from error
    return rows


def _receipt(changes: Changes, rows: Rows, now: datetime) -> None:
    message, answer, session = changes.message, changes.answer, changes.session
    at = micros(changes.at or now)
    if message is not None:
        reply = None if answer is None or answer.reply is None else as_json(answer.reply)
        rows.inbox = (
            message.address.channel,
            message.key,
            str(message.address),
            message.kind,
            micros(message.at),
            at,
            clean(message.text),
            None if message.pin is None else as_json(message.pin),
            message.raw,
            reply,
            None if answer is None else micros(answer.at),
        )
    if session is not None:
        address = str(session.address)
        rows.turn = (address, session.seq, at, None if message is None else message.key)
        rows.session = (address, session.seq, as_json(session))
    fired = changes.fired
    if fired is not None:
        rows.fired = (fired.kind, fired.subject, fired.level, micros(fired.due_at), at)


def _rest(changes: Changes, rows: Rows, now: datetime) -> None:
    """What only few change-sets have."""
    at = micros(changes.at or now)
    if changes.specials or changes.lessons:
        rows.special = special_rows_of(changes)
    if changes.holds or changes.put_by or changes.taken_up:
        rows.abuse = abuse_rows_of(changes)
    if changes.tasks:
        rows.tasks = [_task(task) for task in changes.tasks]
    if changes.closed_tasks:
        rows.closed = [(at, key) for key in changes.closed_tasks]
    if changes.code_failures:
        rows.failures = [(ticket, str(who), micros(when)) for ticket, who, when in changes.code_failures]
    if changes.told:
        rows.told = [(at, id_) for id_ in changes.told]
    if changes.erased:
        seq = 0 if changes.session is None else changes.session.seq
        rows.erased = [(str(address), seq, at) for address in changes.erased]


def _news(changes: Changes, rows: Rows, now: datetime) -> None:
    at = micros(changes.at or now)
    rows.notes = [
        (n.key, n.box, n.topic, n.ticket, micros(n.at), n.urgent, as_json(Said(n.what, n.params)), None)
        for n in changes.notes
    ]
    rows.folded = [(at, id_) for id_ in dict.fromkeys(changes.folded)]
    rows.folded_boxes = [(at, *box) for box in changes.folded_boxes]
    rows.looked = [(e.by, e.what, e.ticket, clean(e.detail), micros(e.at)) for e in changes.looked]
    rows.recalled = [(at, key) for key in changes.recalled_pushes]


def _worked(work: Work, status: Status) -> Row:
    """``work``, ``helpers``, ``kept_from`` and ``deciding``."""
    if work is NO_WORK or work == NO_WORK:
        return (None, None, None, None)
    helping = [assist.unit for assist in work.assists if assist.done_at is None]
    if status is Status.JOINT:
        helping += work.joint
    return (as_json(work), _listed(helping), _listed(work.kept_from), _listed(p.matter for p in work.proposals))


def _listed(names: Iterable[str]) -> str | None:
    """``|one|other|``; None for none."""
    joined = "|".join(names)
    return f"|{joined}|" if joined else None


def _ticket(t: Ticket) -> Row:
    place = t.place
    if place is None:
        where: Row = (None, None, None, None, None, None)
    else:
        pin = None if place.pin is None else as_json(place.pin)
        where = (clean(place.name), place.area, clean(place.address), place.latitude, place.longitude, pin)
    return (
        t.number,
        t.seq,
        t.code,
        t.alias,
        t.type,
        t.kind,
        t.status,
        t.source,
        t.channel,
        clean(t.text),
        micros(t.filed_at),
        t.area,
        *where,
        t.unit,
        t.hidden,
        t.danger,
        t.clock,
        t.provisional,
        micros_or_none(t.dispatched_at),
        micros_or_none(t.due_at),
        micros_or_none(t.promised_at),
        micros_or_none(t.closed_at),
        t.handler,
        t.walled,
        *_worked(t.work, t.status),
    )


def _event(e: Event) -> Row:
    return (e.ticket, e.seq, micros(e.at), e.action, e.status, e.by, as_json(e.data) if e.data else "{}")


def _push(p: Push) -> Row:
    created, begins = micros(p.created_at), micros_or_none(p.not_before)
    state = "waiting" if begins is None or begins <= created else "scheduled"
    return (
        p.key,
        str(p.address),
        p.address.channel,
        _LANE[p.lane],
        p.ticket,
        p.reply.slot,
        as_json(p.reply),
        p.reserve,
        state,
        0,
        created,
        begins,
        micros_or_none(p.expires_at),
        None,
        None,
        "",
        "",
        None if p.brief is None else as_json(p.brief),
        p.then,
    )


def _files(changes: Changes, rows: Rows) -> None:
    rows.attachments = [attachment_row(record) for record in changes.attachments]
    rows.moved = [(draft, ticket, id_) for id_, draft, ticket in changes.moved_attachments]
    rows.filed = [(ticket, draft) for draft, ticket in changes.filed_attachments]
    rows.dropped = [(draft,) for draft in changes.dropped_attachments]


def attachment_row(a: AttachmentRecord) -> Row:
    """The row of an attachment. Raises Unstorable."""
    return (
        a.id,
        str(a.address),
        a.type,
        clean(a.ref),
        a.state,
        micros(a.created_at),
        a.draft,
        a.ticket,
        a.message,
        clean(a.name),
        a.mime,
        a.sha256,
        a.bytes,
        a.seconds,
        a.fingerprint,
        a.problem,
        a.attempts,
        micros_or_none(a.next_try_at),
        micros_or_none(a.deadline),
        False,
        False,
    )


def _task(t: Task) -> Row:
    data = None if t.data is None else as_json(t.data)
    address = None if t.address is None else str(t.address)
    return (t.key, t.kind, t.subject, micros(t.opened_at), micros_or_none(t.due_at), address, data, None)
