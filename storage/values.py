"""Rows back into values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table

from bot.changes import AttachmentRecord, Note, StaffEvent, Task, Timer
from bot.domain.people import Address
from bot.domain.place import Place
from bot.domain.ticket import Action, Event, Status, Ticket, Type
from bot.domain.work import NO_WORK
from bot.message import Push, Reply
from bot.ports import ClaimedPush, PushState
from storage import schema as t
from storage.codec import moment, moment_or_none, read_brief, read_json, read_pin, read_reply, read_said, read_work
from storage.rows import LANES

Row = tuple[Any, ...]


def columns(table: Table, alias: str = "") -> str:
    """All columns of a table for a SELECT, in their order."""
    dot = f"{alias}." if alias else ""
    return ", ".join(f'{dot}"{column.name}"' for column in table.columns)


TICKET = columns(t.ticket, "t").removesuffix(', t."helpers", t."kept_from", t."deciding"')
ATTACHMENT = columns(t.attachment, "a").removesuffix(', a."seen", a."rendered"')
PUSH = ", ".join(
    f'p."{name}"'
    for name in (
        *("id", "key", "address", "lane", "ticket", "reply", "reserve", "attempts"),
        *("created_at", "not_before", "expires_at", "brief", "then"),
    )
)

NOTE = ", ".join(("id", "key", "box", "topic", "ticket", "at", "urgent", "body"))
PUSH_STATE = ", ".join(("key", "address", "state", "created_at", "attempt_at", "settled_at", "reason"))


def ticket_of(row: Row) -> Ticket:
    """A ticket from `TICKET`."""
    (number, seq, code, alias, type_, kind, status, source, channel, text, filed_at, area) = row[:12]
    place_name, place_area, place_address, latitude, longitude, pin = row[12:18]
    (unit, hidden, danger, clock, provisional, dispatched_at, due_at, promised_at, closed_at) = row[18:27]
    handler, walled, work = row[27:30]
    place = None
    if place_name is not None:
        point = None if pin is None else read_pin(pin)
        place = Place(place_name, place_area, place_address, latitude, longitude, point)
    return Ticket(
        number=number,
        seq=seq,
        code=code,
        alias=alias,
        type=Type(type_),
        kind=kind,
        status=Status(status),
        source=source,
        channel=channel,
        text=text,
        filed_at=moment(filed_at),
        area=area,
        place=place,
        unit=unit,
        hidden=bool(hidden),
        danger=danger,
        clock=clock,
        provisional=bool(provisional),
        dispatched_at=moment_or_none(dispatched_at),
        due_at=moment_or_none(due_at),
        promised_at=moment_or_none(promised_at),
        closed_at=moment_or_none(closed_at),
        handler=handler,
        walled=bool(walled),
        work=NO_WORK if work is None else read_work(work),
    )


def event_of(row: Row) -> Event:
    """An event from all columns of its table."""
    ticket, seq, at, action, status, actor, data = row
    return Event(ticket, seq, moment(at), Action(action), Status(status), actor, read_json(data))


def timer_of(row: Row) -> Timer:
    """A timer from (kind, subject, level, due_at, address)."""
    kind, subject, level, due_at, address = row
    return Timer(kind, subject, moment(due_at), level, None if address is None else Address.parse(address))


def attachment_of(row: Row) -> AttachmentRecord:
    """An attachment from `ATTACHMENT`."""
    (id_, address, type_, ref, state, created_at, draft, ticket, message, name, mime, sha256) = row[:12]
    (size, seconds, fingerprint, problem, attempts, next_try_at, deadline) = row[12:]
    return AttachmentRecord(
        id=id_,
        address=Address.parse(address),
        type=type_,
        ref=ref,
        state=state,
        created_at=moment(created_at),
        draft=draft,
        ticket=ticket,
        message=message,
        name=name,
        mime=mime,
        sha256=sha256,
        bytes=size,
        seconds=seconds,
        fingerprint=fingerprint,
        problem=problem,
        attempts=attempts,
        next_try_at=moment_or_none(next_try_at),
        deadline=moment_or_none(deadline),
    )


def push_of(row: Row, replaces: str = "", credit: int | None = None) -> ClaimedPush:
    """A push from `PUSH`."""
    id_, key, address, lane, ticket, reply, reserve, attempts, created_at, not_before, expires_at, brief, then = row
    push = Push(
        key=key,
        address=Address.parse(address),
        reply=read_reply(reply),
        created_at=moment(created_at),
        lane=LANES[lane],
        ticket=ticket,
        not_before=moment_or_none(not_before),
        expires_at=moment_or_none(expires_at),
        reserve=bool(reserve),
        brief=None if brief is None else read_brief(brief),
        then=then,
    )
    return ClaimedPush(id_, push, attempts, replaces, credit)


def task_of(row: Row) -> Task:
    """A task from all columns of its table."""
    key, kind, subject, opened_at, due_at, address, data, _closed_at = row
    return Task(
        key,
        kind,
        subject,
        moment(opened_at),
        moment_or_none(due_at),
        None if address is None else Address.parse(address),
        None if data is None else read_json(data),
    )


def note_of(row: Row) -> tuple[int, Note]:
    """A note and its id from `NOTE`."""
    id_, key, box, topic, ticket, at, urgent, body = row
    said = read_said(body)
    note = Note(
        key=key,
        box=box,
        what=said.what,
        at=moment(at),
        topic=topic,
        ticket=ticket,
        params=said.params,
        urgent=bool(urgent),
    )
    return id_, note


def push_state_of(row: Row, reply: Reply | None = None) -> PushState:
    """How a push stands, from `PUSH_STATE`."""
    key, address, state, created_at, attempt_at, settled_at, reason = row
    at = next(filter(None, (settled_at, attempt_at)), created_at)
    return PushState(key, Address.parse(address), state, moment(at), reason, reply)


def staff_event_of(row: Row) -> StaffEvent:
    """A change of a member of staff, from all columns of its table."""
    staff, seq, at, action, actor, data = row
    return StaffEvent(staff=staff, seq=seq, at=moment(at), action=action, by=actor, data=read_json(data))
