"""Change-sets as turns make them, for tests of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes, Note, Reporter, StaffEvent, Task, Timer
from bot.conversation.draft import Draft, Said
from bot.conversation.session import Credit, Session
from bot.domain.people import DESK, Address, Role, Staff
from bot.domain.place import Datum, Pin, Place
from bot.domain.ticket import Action, Event, Status, Ticket, Type
from bot.domain.work import AnswerDraft, Assist, Matter, Order, OrderKind, Outcome, Proposal, Work
from bot.message import Answer, Choice, InboundMessage, Lane, MessageKind, Push, Reply

NOW = datetime(2026, 3, 4, 2, 0, 0, 123456, tzinfo=UTC)
TEXT = "幸福路12号门口的路灯坏了三天"
PLACE = Place("幸福路", "a1", "幸福路12号", 31.25, 121.5, Pin(31.248, 121.504, Datum.GCJ02, "路灯"))


def person(n: int = 1, channel: str = "wechat") -> Address:
    """Somebody."""
    return Address(channel, f"person-{n}")


def session(address: Address, seq: int, credit: Credit | None = None) -> Session:
    """What is remembered after a complaint."""
    draft = Draft(id="d1", opened_at=NOW, touched_at=NOW, said=(Said("k", TEXT),), place=PLACE)
    return Session(address=address, seq=seq, drafts=(draft,), current="d1", last_place=PLACE, credit=credit)


def turn(
    address: Address, seq: int, key: str = "", text: str = TEXT, say: str = "已记下", credit: Credit | None = None
) -> Changes:
    """A message that was answered, and the session after it."""
    return Changes(
        address=address,
        message=InboundMessage(
            address=address,
            key=key or f"{address.id}-{seq}",
            kind=MessageKind.TEXT,
            at=NOW,
            text=text,
            raw=text.encode("utf-8", "replace"),
        ),
        answer=answer(say),
        at=NOW,
        session=session(address, seq, credit),
    )


def answer(say: str = "已记下") -> Answer:
    """What a message is answered."""
    return Answer(Reply(say, (Choice("t1", "确认", "确认"),), slot="draft:d1"), NOW)


def ticket(number: str = "260304-00017", seq: int = 1, status: Status = Status.FILED) -> Ticket:
    """A ticket with something in every field."""
    return Ticket(
        number=number,
        code="012345",
        alias="居民甲",
        type=Type.HELP,
        kind="lamp",
        status=status,
        source="wechat",
        channel="wechat",
        text=TEXT,
        filed_at=NOW,
        area="a1",
        place=PLACE,
        unit="u1",
        hidden=True,
        danger="fire",
        clock="danger",
        provisional=True,
        dispatched_at=NOW + timedelta(minutes=1),
        due_at=NOW + timedelta(days=5),
        promised_at=NOW + timedelta(days=6),
        closed_at=None,
        seq=seq,
    )


def event(number: str, seq: int, action: Action = Action.FILE, status: Status = Status.FILED, by: str = DESK) -> Event:
    """A step in a ticket's life."""
    return Event(number, seq, NOW, action, status, by, {"why": "规则", "count": seq})


def filing(address: Address, seq: int, number: str, key: str = "") -> Changes:
    """The turn that files a ticket."""
    changes = turn(address, seq, key, text="确认", say=f"编号 {number}")
    changes.ticket(
        ticket(number, 2, Status.DISPATCHED),
        event(number, 1, by=str(address)),
        event(number, 2, Action.DISPATCH, Status.DISPATCHED),
    )
    changes.reporters.append(Reporter(number, address, "filer", NOW))
    changes.cancel("draft", f"d-{number}")
    changes.timer(timer("due", number))
    return changes


def worked(**fields: Any) -> Ticket:
    """A ticket with everything that staff can do to one."""
    at = NOW + timedelta(hours=1)
    work = Work(
        taken_at=at,
        bounces=1,
        proposals=(Proposal(matter=Matter.EXTENSION, by="s1", at=at, due_at=at, days=3),),
        answer=AnswerDraft(outcome=Outcome.SOLVED, text="已修好", by="s1", submitted_at=at),
        assists=(Assist(unit="u2", since=at, due_at=at), Assist(unit="u3", since=at, due_at=at, done_at=at)),
        orders=(Order(number="260304-00017-D1", kind=OrderKind.ORDER, by="s9", at=at, due_at=at),),
        kept_from=("u7", "u8"),
        about=("s4",),
        paused=3600.5,
    )
    given: dict[str, Any] = {"seq": 3, "handler": "s1", "walled": True, "work": work, **fields}
    return replace(ticket(status=Status.IN_PROGRESS), **given)


def kept(*tickets: Ticket, **data: Any) -> Changes:
    """A change-set that only puts tickets where they are, each with one event; ``data`` is the events'."""
    changes = Changes(at=NOW)
    for each in tickets:
        changes.ticket(each, Event(each.number, each.seq, NOW, Action.NOTE, each.status, DESK, data))
    return changes


def staff(id_: str = "s1", *addresses: Address, seq: int = 1, **fields: Any) -> Staff:
    """Somebody who works for unit u1."""
    given: dict[str, Any] = {"name": f"员工{id_}", "role": Role.HANDLER, "unit": "u1", "joined_at": NOW, **fields}
    return Staff(id=id_, addresses=addresses, seq=seq, **given)


def joining(member: Staff, action: str = "joined", digest: str = "") -> Changes:
    """The change-set by which somebody becomes as they are now, with the invitation they used."""
    changed = StaffEvent(staff=member.id, seq=member.seq, at=NOW, action=action, by="s9", data={"name": member.name})
    return Changes(at=NOW, staff=[(member, changed)], used_invitations=[(digest, member.id)] if digest else [])


def note(key: str, box: str = "staff:s1", **fields: Any) -> Note:
    """News for somebody."""
    given: dict[str, Any] = {"what": "arrived", "at": NOW, "params": {"unit": "u1"}, **fields}
    return Note(key=key, box=box, **given)


def timer(
    kind: str = "draft", subject: str = "d1", hours: float = 2, level: int = 0, whose: Address | None = None
) -> Timer:
    """A timer so many hours from now."""
    return Timer(kind, subject, NOW + timedelta(hours=hours), level, whose)


def push(
    key: str,
    to: Address,
    *,
    lane: Lane = Lane.NOTICE,
    slot: str = "",
    ticket: str = "",
    later: timedelta | None = None,
    ends: timedelta | None = None,
) -> Push:
    """Something to be sent; ``later`` and ``ends`` count from now."""
    return Push(
        key=key,
        address=to,
        reply=Reply(f"消息 {key}", slot=slot),
        created_at=NOW,
        lane=lane,
        ticket=ticket,
        not_before=None if later is None else NOW + later,
        expires_at=None if ends is None else NOW + ends,
    )


def pushes(*many: Push) -> Changes:
    """A change-set that only sends."""
    return Changes(at=NOW, pushes=list(many))


def file(
    id_: str, owner: Address, *, draft: str = "d1", state: str = "pending", deadline: float | None = 72
) -> AttachmentRecord:
    """A photo that was sent; ``deadline`` in hours from now."""
    return AttachmentRecord(
        id=id_,
        address=owner,
        type="photo",
        ref=f"media-{id_}",
        state=state,
        created_at=NOW,
        draft=draft,
        message="m1",
        name="灯.jpg",
        mime="image/jpeg",
        bytes=12345,
        seconds=None,
        fingerprint="f" * 8,
        deadline=None if deadline is None else NOW + timedelta(hours=deadline),
    )


def task(key: str = "listen:d1", at: datetime = NOW) -> Task:
    """Something for staff."""
    return Task(key, "listen", "d1", at, at + timedelta(minutes=30), person(), {"text": TEXT})
