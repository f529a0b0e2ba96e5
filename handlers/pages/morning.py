"""What a day begins with: counts that lead to their lists, and who cannot be reached.

A count of tickets asks what its list asks (`handlers.pages.asked`), so that both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.changes import Looked
from bot.domain.appointing import over
from bot.domain.permission import Act
from bot.domain.ticket import Status, Ticket
from bot.turn import Turn
from bot.views.lists import Count, Morning, Person
from handlers import reaching
from handlers.naming import unit_name
from handlers.pages import asked as asking
from handlers.pages import queues, rows
from handlers.pages.asked import ALL, NOBODY
from handlers.staff import looking, people
from handlers.staff.me import Me
from handlers.supervisor import glance

FIRST = 8
"""So many of the most urgent tickets of one's own are shown at once."""

NAMES = 20
"""So many people who cannot be reached are named."""

UNDELIVERED = 50
"""So many tickets are looked through of which something was not delivered."""


@dataclass(frozen=True, slots=True)
class Line:
    """A count: the text ``morning.<name>``, what its list is asked for, and how bad it is that there are some."""

    name: str
    query: Mapping[str, str]
    level: str = ""
    act: Act = Act.TODO


OWN = (
    Line("todo", {}),
    Line("late", {"late": "1"}, "orange"),
    Line("today", {"today": "1"}, "yellow"),
    Line("danger", {"danger": "1"}, "red"),
    Line("new", {"status": Status.DISPATCHED, "handler": NOBODY}),
    Line("waiting", {"status": Status.WAITING_RESIDENT}),
)
"""What is mine."""

IN_REACH = (
    Line("unassigned", {"status": Status.FILED}, "yellow", Act.POOL),
    Line("danger", {"danger": "1"}, "red", Act.FIND),
    Line("long", {"long": "1"}, "red", Act.FIND),
    Line("late", {"late": "1"}, "orange", Act.FIND),
    Line("today", {"today": "1"}, "yellow", Act.FIND),
    Line("not_taken", {"status": Status.DISPATCHED, "handler": NOBODY}, "", Act.FIND),
    Line("reopened", {"status": Status.REOPENED}, "orange", Act.FIND),
    Line("deciding", {"deciding": "1"}, "", Act.FIND),
)
"""What is in reach of whoever leads or supervises."""


async def page(turn: Turn, me: Me) -> Morning:
    """The morning page of whoever looks."""
    waiting = await looking.waiting_for(turn, me)
    mine = [_own(turn, me, line, waiting) for line in OWN]
    desk = [await _in_reach(turn, me, line) for line in IN_REACH if me.may(line.act)]
    if me.may(Act.FIND):
        desk.append(await _new(turn, me))
    undelivered = await _undelivered(turn, me) if me.may(Act.POOL) else []
    silent = await _silent(turn, me) if me.may(Act.STAFF) else ()
    first = waiting[:FIRST]
    numbers = " ".join(ticket.number for ticket in (*first, *undelivered))
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=f"morning {numbers}".strip()))
    day = turn.guide.calendar.local_day(turn.now)
    return Morning(
        day=turn.words("morning.day", month=turn.words(f"date.month.{day.month}"), day=day.day),
        mine=tuple(count for count in mine if count.count or count.name == "todo"),
        desk=tuple(desk),
        queues=await queues.counted(turn, me),
        first=tuple(rows.row(turn, me, ticket) for ticket in first),
        undelivered=tuple(rows.row(turn, me, ticket) for ticket in undelivered),
        unreachable=tuple(_person(turn, staff_id, me) for staff_id in silent[:NAMES]),
        more_unreachable=max(len(silent) - NAMES, 0),
        deserted=_deserted(turn, me, silent) if me.may(Act.STAFF) else (),
    )


def _own(turn: Turn, me: Me, line: Line, waiting: Sequence[Ticket]) -> Count:
    asked = asking.understood(turn, me, line.query)
    count = sum(asking.fits(turn, asked, ticket) for ticket in waiting)
    address = rows.address(rows.TICKETS, dict(line.query))
    return Count(turn.words(f"morning.{line.name}"), count, address, line.name, line.level if count else "")


async def _in_reach(turn: Turn, me: Me, line: Line) -> Count:
    query = {"view": ALL, **line.query}
    asked = asking.understood(turn, me, query)
    count = await turn.read.count(asking.wanted(turn, glance.reach(me), asked, me))
    address, level = rows.address(rows.TICKETS, query), line.level if count else ""
    return Count(turn.words(f"morning.{line.name}"), count, address, line.name, level)


async def _new(turn: Turn, me: Me) -> Count:
    """What was filed today."""
    day = turn.guide.calendar.local_day(turn.now).isoformat()
    return await _in_reach(turn, me, Line("filed", {"since": day}))


async def _undelivered(turn: Turn, me: Me) -> list[Ticket]:
    """Open tickets of which something could not be told."""
    found = [await turn.read.ticket(number) for number in await turn.read.undelivered(UNDELIVERED)]
    own = await rows.own(turn, me)
    return [t for t in found if t is not None and t.open and t.number not in own and me.may(Act.SEE, t)]


async def _silent(turn: Turn, me: Me) -> tuple[str, ...]:
    """The ids of those one has a say over whom nothing reaches now."""
    silent = await reaching.unreachable_staff(turn)
    return tuple(staff.id for staff in silent if over(turn.guide, me.person, staff, Act.STAFF))


def _deserted(turn: Turn, me: Me, silent: Sequence[str]) -> tuple[str, ...]:
    seen = [staff for staff in me.directory.active if over(turn.guide, me.person, staff, Act.STAFF)]
    return tuple(unit_name(turn, code) for code in people.deserted(turn, me, seen, set(silent)))


def _person(turn: Turn, staff_id: str, me: Me) -> Person:
    staff = me.directory.by_id[staff_id]
    unit = unit_name(turn, staff.unit) if staff.unit else turn.words("people.desk")
    return Person(staff.name, turn.words(f"role.{staff.role}"), unit)
