"""Who works in the archive's town, and what has happened to a ticket there so far."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import cache

from msgspec.structs import replace

from bench.words import matter
from bot.changes import Changes, Reporter
from bot.domain.guide import Guide
from bot.domain.people import Address, Role, Staff
from bot.domain.place import Place
from bot.domain.ticket import Action, Event, Status, Ticket, Type
from bot.domain.town import Clock
from bot.domain.work import Matter, Objecting, Proposal, Work
from bot.simplified import learn_traditional
from bot.townfile import SAMPLE, load_town

AT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""When it is in the archive: a Wednesday, ten in the morning in the sample town."""

RARE = "紫薇花"
"""A word that stands in few tickets, one in `RARELY`."""
RARELY = 50_000

CHANNEL = "chat"
SUPERVISORS, HANDLERS = 5, 3
ANSWERED_IN_WORDS = 5
"""Of one old ticket in so many the words of the answer are kept too."""

_ON = (
    *(Status.DISPATCHED,) * 5,
    *(Status.IN_PROGRESS,) * 10,
    *(Status.WAITING_RESIDENT,) * 2,
    *(Status.OBJECTED, Status.ANSWERED, Status.FILED),
)
"""How what is open stands, each as often as it is named."""

_TYPES = (*(Type.COMPLAINT,) * 6, *(Type.HELP,) * 3, *(Type.ENQUIRY,) * 2, Type.IDEA)


@cache
def guide() -> Guide:
    """The sample town."""
    learn_traditional()
    return Guide.of(load_town(SAMPLE))


def staff() -> list[Staff]:
    """Everybody who works in the sample town: in each unit a lead and some handlers, at the desk the supervisors."""
    people = [
        Staff(id=f"boss{n}", name=f"督办员{n}", role=Role.SUPERVISOR, walled=n == 1, joined_at=AT)
        for n in range(1, SUPERVISORS + 1)
    ]
    people.append(Staff(id="admin", name="管理员", role=Role.ADMIN, joined_at=AT))
    for unit in guide().town.units.values():
        people.append(Staff(id=f"{unit.code}-lead", name=unit.name, role=Role.LEAD, unit=unit.code, joined_at=AT))
        people += [
            Staff(id=id_, name=f"{unit.name}{n}", role=Role.HANDLER, unit=unit.code, joined_at=AT)
            for n, id_ in enumerate(handlers(unit.code), 1)
        ]
    return [replace(person, addresses=(Address(CHANNEL, person.id),)) for person in people]


def handlers(unit: str) -> list[str]:
    """Ids of the handlers of a unit."""
    return [f"{unit}-{n}" for n in range(1, HANDLERS + 1)]


def life(chance: random.Random, count: int, number: str, filed: datetime, is_open: bool) -> Changes:
    """A ticket, the steps of its life and whom it belongs to."""
    the = guide()
    area = chance.choice(_areas())
    name = chance.choice(the.town.areas[area].roads or (the.town.areas[area].name,))
    kind, text = matter(chance, name)
    if count % RARELY == 0:
        text = f"{text}门口还有一棵{RARE}。"
    resident = Address(CHANNEL, f"r{chance.randrange(300_000)}")
    ticket = Ticket(
        number=number,
        code=f"{count % 1_000_000:06d}",
        alias=f"P{count:X}",
        type=chance.choice(_TYPES),
        kind=kind,
        status=Status.FILED,
        source=CHANNEL,
        channel=CHANNEL,
        text=text,
        filed_at=filed,
        area=area,
        place=Place(name=name, area=area),
    )
    changes = Changes(at=filed)
    changes.reporters.append(Reporter(number, resident, "filer", filed))
    steps = [ticket.event(Action.FILE, filed, by=str(resident))]
    ticket = _under_way(chance, ticket, steps) if is_open else _over(chance, ticket, steps, count)
    changes.ticket(ticket, *steps)
    return changes


def _over(chance: random.Random, ticket: Ticket, steps: list[Event], count: int) -> Ticket:
    unit = guide().route(ticket.kind, ticket.area).unit or "government-office"
    at, due = ticket.filed_at, ticket.filed_at + timedelta(days=7)
    ticket = ticket.after(Action.DISPATCH, at, unit=unit, due_at=due, promised_at=due)
    steps.append(ticket.event(Action.DISPATCH, at, unit=unit))
    by = chance.choice(handlers(unit))
    at += timedelta(hours=chance.randrange(1, 9))
    ticket = ticket.after(Action.TAKE, at, handler=by, work=Work(taken_at=at))
    steps.append(ticket.event(Action.TAKE, at, by=by))
    at += timedelta(hours=chance.randrange(9, 150))
    ticket = ticket.after(Action.ANSWER, at)
    said = {"text": "已到现场看过，今天上午修好，请您再看一看。"} if count % ANSWERED_IN_WORDS == 0 else {}
    steps.append(ticket.event(Action.ANSWER, at, by=by, **said))
    at = min(AT, at + timedelta(days=7))
    ticket = ticket.after(Action.CLOSE, at)
    steps.append(ticket.event(Action.CLOSE, at))
    return ticket


def _under_way(chance: random.Random, ticket: Ticket, steps: list[Event]) -> Ticket:
    the, at = guide(), ticket.filed_at
    unit = the.route(ticket.kind, ticket.area).unit
    status = chance.choice(_ON) if unit else Status.FILED
    if status is Status.FILED:
        promised = the.answer_due_from_pool(ticket.type, Clock.TYPE, at)
        return replace(ticket, promised_at=promised.at if promised else None)
    due = _due(ticket.type, at.replace(minute=0, second=0, microsecond=0), unit)
    ticket = ticket.after(Action.DISPATCH, at, unit=unit, due_at=due, promised_at=due)
    steps.append(ticket.event(Action.DISPATCH, at, unit=unit))
    by = chance.choice(handlers(unit))
    if status is Status.OBJECTED:
        asked = Proposal(matter=Matter.OBJECTION, by=by, at=at, klass=Objecting.NOT_OUR_DUTY, text="不属于我单位职责")
        ticket = ticket.after(Action.OBJECT, at, work=Work(proposals=(replace(asked, due_at=AT + timedelta(days=1)),)))
        steps.append(ticket.event(Action.OBJECT, at, by=by))
    elif status is not Status.DISPATCHED:
        ticket = ticket.after(Action.TAKE, at, handler=by, work=Work(taken_at=at))
        steps.append(ticket.event(Action.TAKE, at, by=by))
        if status is Status.WAITING_RESIDENT:
            ticket = ticket.after(Action.ASK, at, work=replace(ticket.work, asked_at=at))
            steps.append(ticket.event(Action.ASK, at, by=by))
        elif status is Status.ANSWERED:
            ticket = ticket.after(Action.ANSWER, at)
            steps.append(ticket.event(Action.ANSWER, at, by=by))
    return ticket


@cache
def _areas() -> tuple[str, ...]:
    return tuple(area.code for area in guide().town.areas.values() if area.level == 1)


@cache
def _due(type_: Type, at: datetime, unit: str) -> datetime | None:
    due = guide().answer_due(type_, Clock.TYPE, at, unit)
    return due.at if due else None
