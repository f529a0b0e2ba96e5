"""The overdue ladder: what is late is put before those who can end it (rule book, "Overdue ladder")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto

from msgspec.structs import replace

from bot.changes import Task, Timer
from bot.domain.deadlines import Rung, Step
from bot.domain.directory import Directory
from bot.domain.orders import default_due
from bot.domain.people import DESK, Staff
from bot.domain.permission import Act, may
from bot.domain.ticket import Action, Ticket
from bot.domain.town import Clock
from bot.domain.work import Matter, OrderKind, Proposal
from bot.turn import Turn
from handlers import case, notices


class Circle(Enum):
    """Who hears of a rung."""

    HANDLER = auto()  # or, while nobody took it, whoever works in the unit
    LEADS = auto()
    UNIT_DUTY = auto()
    DESK_DUTY = auto()
    SUPERVISORS = auto()
    ADMINS = auto()


C = Circle
TOLD: dict[Rung, tuple[Circle, ...]] = {
    Rung.NOT_TAKEN: (C.LEADS,),
    Rung.LAST_QUARTER: (C.HANDLER,),
    Rung.DUE: (C.HANDLER, C.LEADS),
    Rung.ONE_DAY_LATE: (C.HANDLER, C.LEADS, C.SUPERVISORS),
    Rung.ORDER: (C.SUPERVISORS,),
    Rung.POOL_HALF: (C.SUPERVISORS,),
    Rung.POOL_DUE: (C.SUPERVISORS, C.ADMINS),
}
"""Who hears of a rung of what is counted in working time, and of the pool."""

TOLD_ROUND_THE_CLOCK: dict[Rung, tuple[Circle, ...]] = TOLD | {
    Rung.NOT_TAKEN: (C.UNIT_DUTY, C.LEADS),
    Rung.STILL_NOT_TAKEN: (C.DESK_DUTY,),
    Rung.DUE: (C.HANDLER, C.LEADS, C.SUPERVISORS),
}
"""The same for danger and utilities."""
del C


async def climb(turn: Turn) -> None:
    """A rung is reached: one alert for it and this deadline, whatever happens twice; then the ladder is wound up anew.

    A rung the ticket no longer has to fear (it was taken, paused, answered meanwhile) only winds it up.
    """
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None or not ticket.open:
        return
    reached = max(turn.now, timer.due_at)  # the clock may have been set back since this timer was found due
    steps = turn.guide.ladder(ticket)
    step = next((s for s in steps if s.level == timer.level and s.at <= reached), None)
    deadline = turn.guide.deadline(ticket)
    if step is not None and deadline is not None:
        key = case.alert(ticket.number, step.level, deadline)
        if await turn.read.task(key) is None:
            data: dict[str, object] = {"level": step.level, "rung": step.rung, "due": deadline.isoformat()}
            turn.changes.tasks.append(Task(key, "overdue", ticket.number, turn.now, deadline, data=data))
            after = drafted_order(turn, ticket) if step.rung is Rung.ORDER else ticket
            await _tell(turn, after, step, key)
            if after is not ticket:
                return  # moved: wound up already
    case.rearm(turn, ticket, steps)


def drafted_order(turn: Turn, ticket: Ticket) -> Ticket:
    """The ticket with a supervision order drafted for a supervisor's tap; as it is when one is drafted already."""
    if ticket.work.proposal(Matter.FINAL) is not None:
        return ticket
    calendar, limits, clock = turn.guide.calendar_of(ticket.unit), turn.town.limits, Clock(ticket.clock)
    until = default_due(OrderKind.ORDER, turn.now, clock, limits, calendar)
    if clock is Clock.TYPE:
        late = calendar.after_working_hours(turn.now, limits.decide_hours).at
    else:
        late = turn.now + limits.urgent_desk
    order = Proposal(matter=Matter.FINAL, by=DESK, at=turn.now, due_at=late, klass=OrderKind.ORDER, until=until)
    work = replace(ticket.work, proposals=(*ticket.work.proposals, order))
    turn.changes.timer(Timer("decision", ticket.number, late))
    return case.moved(
        turn, ticket, Action.PROPOSE, DESK, {"matter": Matter.FINAL, "until": until.isoformat()}, work=work
    )


async def _tell(turn: Turn, ticket: Ticket, step: Step, key: str) -> None:
    directory = await turn.read.directory()
    round_the_clock = Clock(ticket.clock) is not Clock.TYPE
    circles = (TOLD_ROUND_THE_CLOCK if round_the_clock else TOLD)[step.rung]
    urgent = round_the_clock or bool(ticket.danger) or step.rung is Rung.ORDER
    what, due = f"rung.{step.rung}", ticket.due_at.isoformat() if ticket.due_at else ""
    told: dict[str, Staff] = {}
    for circle in circles:
        found = {s.id: s for s in _PEOPLE[circle](turn, directory, ticket) if not await _owns(turn, s, ticket)}
        if not found and circle is Circle.HANDLER:
            notices.tell_unit(turn, ticket.unit, what, ticket, urgent=urgent, due=due)
        told |= found
    if not told and circles != (Circle.HANDLER,):
        told = {s.id: s for s in _seeing(turn, directory, ticket, (*directory.supervisors(), *directory.admins()))}
    notices.tell_staff(turn, told.values(), what, ticket, urgent=urgent, about=key, due=due)


async def _owns(turn: Turn, staff: Staff, ticket: Ticket) -> bool:
    """Nobody is told to end the lateness of an own case: it would never be heard."""
    for address in staff.addresses:
        if await turn.read.owns(address, ticket.number):
            return True
    return False


def _seeing(turn: Turn, directory: Directory, ticket: Ticket, people: Iterable[Staff]) -> list[Staff]:
    """Those of them, or their deputies, who may see the ticket: areas and the wall bind alerts too."""
    acting = (directory.standing_in(staff, turn.now) for staff in people)
    return [staff for staff in acting if may(turn.guide.person(staff), Act.SEE, ticket)]


def _handler(turn: Turn, directory: Directory, ticket: Ticket) -> list[Staff]:
    handler = directory.by_id.get(ticket.handler)
    if handler is None or handler.removed_at is not None:
        return []
    return [directory.standing_in(handler, turn.now)]


def _leads(turn: Turn, directory: Directory, ticket: Ticket) -> list[Staff]:
    """The leads of the unit; where there are none, those of the nearest unit above that has some."""
    units, unit, seen = turn.town.units, ticket.unit, set[str]()
    while unit and unit not in seen:
        seen.add(unit)
        if found := _seeing(turn, directory, ticket, directory.leads(unit)):
            return found
        unit = units[unit].parent if unit in units else ""
    return []


def _unit_duty(turn: Turn, directory: Directory, ticket: Ticket) -> list[Staff]:
    return _seeing(turn, directory, ticket, directory.duty(ticket.unit, turn.now)) if ticket.unit else []


def _desk_duty(turn: Turn, directory: Directory, ticket: Ticket) -> list[Staff]:
    """Who is on duty at the desk and may see it; else all supervisors who may."""
    return _seeing(turn, directory, ticket, directory.duty("", turn.now)) or _supervisors(turn, directory, ticket)


def _supervisors(turn: Turn, directory: Directory, ticket: Ticket) -> list[Staff]:
    return _seeing(turn, directory, ticket, directory.supervisors())


def _admins(turn: Turn, directory: Directory, ticket: Ticket) -> list[Staff]:
    return _seeing(turn, directory, ticket, directory.admins())


_PEOPLE: Mapping[Circle, Callable[[Turn, Directory, Ticket], list[Staff]]] = {
    Circle.HANDLER: _handler,
    Circle.LEADS: _leads,
    Circle.UNIT_DUTY: _unit_duty,
    Circle.DESK_DUTY: _desk_duty,
    Circle.SUPERVISORS: _supervisors,
    Circle.ADMINS: _admins,
}
