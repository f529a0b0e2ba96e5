"""The statements that write a batch on SQLite."""

# ruff: noqa: S608  # only constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import case, text
from sqlalchemy.dialects.sqlite import insert

from storage import schema as t
from storage import schema_leases
from storage import schema_staff as s
from storage.abuse_rows import write_abuse
from storage.audit import append
from storage.audit_entries import entries_of
from storage.batch import Batch
from storage.driver import Driver
from storage.evidence_rows import write_evidence
from storage.loop_statements import write_loop
from storage.many_rows import ManyRows, insertion, once, projection
from storage.special_rows import write_specials
from storage.staff_rows import Row
from storage.staff_statements import write_staff


def _reopened() -> ManyRows:
    """A task that is there is brought up to date; one that was closed begins anew."""
    base = insert(t.task)
    new = base.excluded
    values: dict[str, Any] = {name: new[name] for name in ("kind", "subject", "due_at", "address", "data", "closed_at")}
    values["opened_at"] = case((t.task.c.closed_at.is_(None), t.task.c.opened_at), else_=new.opened_at)
    return insertion(t.task, base.on_conflict_do_update(index_elements=["key"], set_=values))


def _belonging() -> ManyRows:
    """A ticket is somebody's once; whoever left becomes one of its people again."""
    base = insert(t.reporter)
    values = {"role": base.excluded.role, "since": base.excluded.since}
    left = text("reporter.role = 'left'")
    return insertion(
        t.reporter, base.on_conflict_do_update(index_elements=["ticket", "address"], set_=values, where=left)
    )


_INBOX = insertion(t.inbox)
_TURN = insertion(t.turn)
_FIRED = insertion(t.fired)
_TOLD_NOTE = insertion(schema_leases.told_note)
_EVENT = insertion(t.ticket_event)
_SESSION = projection(t.session, "address")
_TICKET = projection(t.ticket, "number")
_REPORTER = _belonging()
_PUSH = once(t.push, "key")
_ATTACHMENT = insertion(t.attachment)
_TASK = _reopened()
_FAILURE = insertion(t.code_failure)
_TIMER = ManyRows(
    5,
    # A timer that has fired is never set again: the same key means the same thing.
    "INSERT INTO timer (kind, subject, level, due_at, address)"
    " SELECT n.column1, n.column2, n.column3, n.column4, n.column5 FROM (VALUES {rows}) AS n"
    " WHERE NOT EXISTS (SELECT 1 FROM fired AS f WHERE f.kind = n.column1 AND f.subject = n.column2"
    " AND f.level = n.column3 AND f.due_at = n.column4)"
    " ON CONFLICT (kind, subject, level, due_at) DO NOTHING",
)
_IN_LINE = "o.state IN ('waiting', 'ready', 'resting', 'sending')"  # word for word as in the partial index
_NEXT_IN_LINE = ManyRows(
    1,
    "/* alone push_line */ UPDATE push SET state = 'ready' WHERE id IN (SELECT (SELECT min(o.id) FROM push AS o"
    f" WHERE o.address = n.column1 AND o.state = 'waiting' AND {_IN_LINE}) FROM (VALUES {{rows}}) AS n WHERE NOT EXISTS"
    " (SELECT 1 FROM push AS o WHERE o.address = n.column1 AND o.state IN ('ready', 'resting', 'sending')"
    f" AND {_IN_LINE}))",
)
_PUSH_ADDRESS = 1  # where the address stands in a row of `push`, which begins with its key

# Not "(kind, subject) IN (VALUES ...)": SQLite searches no clustered table that way, it reads all of it.
_CANCEL = ManyRows(1, "DELETE FROM timer WHERE kind = ? AND subject IN ({rows})")

_UNSET = "DELETE FROM timer WHERE kind = ? AND subject = ? AND level = ? AND due_at = ?"
_CLOSE = "UPDATE task SET closed_at = ? WHERE key = ? AND closed_at IS NULL"
_MOVE = "UPDATE attachment SET draft = ?, ticket = ? WHERE id = ?"
_FILE = "UPDATE attachment SET ticket = ? WHERE draft = ? AND draft <> '' AND ticket = '' AND state <> 'dropped'"
_DROP = "UPDATE attachment SET state = 'dropped' WHERE draft = ? AND draft <> '' AND ticket = ''"
_TOLD = (
    "UPDATE push SET state = 'told', settled_at = ?1 WHERE id = ?2 AND state = 'kept'"
    ' RETURNING "then", ticket, id, settled_at, address'
)
_RECALL = (
    "UPDATE push SET state = 'recalled', settled_at = ?1 WHERE key = ?2"
    " AND state IN ('waiting', 'ready', 'resting', 'scheduled', 'kept') RETURNING address"
)
_NOTE = once(s.note, "key")
_LOOKED = insertion(s.looked).returning(s.looked)
_QUEUE = insertion(s.search_queue)
_FOLDED = "UPDATE note SET told_at = ? WHERE id = ? AND told_at IS NULL"
_FOLDED_BOX = "UPDATE note SET told_at = ? WHERE box = ? AND topic = ? AND id <= ? AND told_at IS NULL"


def write(connection: Driver, batch: Batch) -> None:
    """Write a batch inside the transaction that is open. Raises whatever the driver raises.

    Fences come first, so that a lost race costs little; rows are sorted by key, so that two workers would lock in one
    order and neighbours in a table are written together.
    """
    if batch.inbox:
        _INBOX.run(connection, _sorted(batch.inbox))
    if batch.turns:
        _TURN.run(connection, _sorted(batch.turns))
    if batch.fired:
        _FIRED.run(connection, batch.fired)
        connection.executemany(_UNSET, [row[:4] for row in batch.fired])
    if batch.folded:
        _TOLD_NOTE.run(connection, sorted(row[1:] for row in batch.folded))
    if batch.events:
        _EVENT.run(connection, _sorted(batch.events))
    if batch.staff:
        write_staff(connection, batch.staff)
    links = write_loop(connection, batch.loop) if batch.loop else []
    if batch.special:
        write_specials(connection, batch.special)
    if batch.evidence:
        write_evidence(connection, batch.evidence)
    if batch.abuse:
        write_abuse(connection, batch.abuse)
    if batch.words:
        _QUEUE.run(connection, batch.words)
    if batch.sessions:
        _SESSION.run(connection, _by_key(batch.sessions))
    if batch.tickets:
        _TICKET.run(connection, _by_key(batch.tickets))
    if batch.reporters:
        _REPORTER.run(connection, _by_key(batch.reporters))
    for kind in sorted(batch.cancelled):
        _CANCEL.run(connection, [(subject,) for subject in sorted(batch.cancelled[kind])], kind)
    if batch.timers:
        _TIMER.run(connection, list(chain.from_iterable(_by_key(batch.timers))))
    if batch.pushes:
        _PUSH.run(connection, batch.pushes)  # as they came: their ids are their order
        next_in_line(connection, sorted({row[_PUSH_ADDRESS] for row in batch.pushes}))
    _rare(connection, batch)
    looked = _LOOKED.found(connection, batch.looked) if batch.looked else []
    # Last, for whoever appends makes other workers wait for the end of the transaction.
    if entries := entries_of(batch, looked, links):
        append(connection, entries)


def _rare(connection: Driver, batch: Batch) -> None:
    """What few batches have."""
    if batch.attachments:
        _ATTACHMENT.run(connection, batch.attachments)
    for sql, rows in ((_MOVE, batch.moved), (_FILE, batch.filed), (_DROP, batch.dropped), (_CLOSE, batch.closed)):
        if rows:
            connection.executemany(sql, rows)
    if batch.tasks:
        _TASK.run(connection, _by_key(batch.tasks))
    if batch.failures:
        _FAILURE.run(connection, batch.failures)
    if batch.told:
        delivered(connection, [row for told in batch.told for row in connection.execute(_TOLD, told).fetchall()])
    if batch.notes:
        _NOTE.run(connection, batch.notes)
    if batch.folded:
        connection.executemany(_FOLDED, batch.folded)
    if batch.folded_boxes:
        connection.executemany(_FOLDED_BOX, batch.folded_boxes)
    if batch.recalled:
        left = {address for key in batch.recalled for (address,) in connection.execute(_RECALL, key).fetchall()}
        next_in_line(connection, sorted(left))


def delivered(connection: Driver, rows: Sequence[Row]) -> int | None:
    """Set the timers of pushes that have just been delivered, from rows of (then, ticket, push id, at, address).

    Returns when the earliest is due; None where no push had one.
    """
    timers = [row for row in rows if row[0]]
    if timers:
        _TIMER.run(connection, timers)
    return min((row[3] for row in timers), default=None)


def next_in_line(connection: Driver, addresses: Sequence[str]) -> None:
    """Let the oldest waiting push of each of these people come forward, where none is in front of it."""
    _NEXT_IN_LINE.run(connection, [(address,) for address in addresses])


def _first_two(row: Row) -> Row:
    return row[:2]


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=_first_two) if len(rows) > 1 else rows


def _by_key(rows: dict[Any, Any]) -> list[Any]:
    return [rows[key] for key in sorted(rows)]
