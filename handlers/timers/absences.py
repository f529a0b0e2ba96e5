"""What time, and a removal, do to the people who work here: leave begins and ends, cases go back to the unit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.changes import Timer
from bot.domain.people import DESK, Staff
from bot.domain.ticket import STEPS, Action
from bot.ports import Wanted
from bot.turn import Turn
from handlers import case, notices
from handlers.reaching import heard_in
from handlers.staff.absence import changed, tell_deputy

CHUNK = 50
"""So many tickets go back in one turn: what has hundreds takes several, and nobody waits for it."""

HELD = tuple(sorted(STEPS[Action.HAND]))
"""Statuses in which a ticket has somebody who works on it."""


async def leave_begins(turn: Turn) -> None:
    """The day has come: the deputy hears how many cases are theirs."""
    staff = await _subject(turn)
    timer = turn.timer
    if staff is None or timer is None or staff.away is None or staff.away.begins != timer.due_at:
        return
    directory = await turn.read.directory()
    deputy = directory.by_id.get(staff.deputy)
    if deputy is not None and deputy.removed_at is None:
        count = await turn.read.count(Wanted(handler=staff.id))
        tell_deputy(turn, staff, deputy, count, begun=True)


async def leave_ends(turn: Turn) -> None:
    """The leave is over: both hear of it."""
    staff = await _subject(turn)
    if staff is None or staff.away is None or staff.away.ends > turn.now:
        return
    directory = await turn.read.directory()
    deputy = directory.by_id.get(staff.deputy)
    count = str(await turn.read.count(Wanted(handler=staff.id)))
    changed(turn, staff, "leave", DESK, {"over": staff.away.ends.isoformat()}, away=None, deputy="")
    notices.tell_staff(turn, [staff], "leave_over", None, count=count)
    if deputy is not None and deputy.removed_at is None:
        notices.tell_staff(turn, [deputy], "deputy_over", None, name=staff.name, count=count)


async def cases_back(turn: Turn) -> None:
    """Whoever was removed, or has changed to another unit, gives back what they had: a part now, the rest soon."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    directory = await turn.read.directory()
    staff = directory.by_id.get(timer.subject)
    if staff is None:
        return
    others: tuple[str, ...] | None = None
    if staff.removed_at is None:
        others = tuple(code for code in turn.town.units if code != staff.unit)
    wanted = Wanted(statuses=HELD, handler=staff.id, units=others)
    tickets = await turn.read.tickets(wanted, CHUNK)
    if not tickets:
        return
    if timer.level == 0:
        await _tell(turn, staff, wanted)
    events = await turn.read.staff_events(staff.id)
    by = events[-1].by if events else DESK
    for ticket in tickets:
        case.moved(turn, ticket, Action.HAND, by, {"from": staff.id, "to": ""}, handler="")
    if len(tickets) == CHUNK:
        turn.changes.timer(Timer("cases_back", staff.id, turn.now, timer.level + 1))


async def _tell(turn: Turn, staff: Staff, wanted: Wanted) -> None:
    """Word to the leads of the units that have them back, with the number: once, not ticket by ticket."""
    directory = await turn.read.directory()
    for unit, count in (await _by_unit(turn, wanted)).items():
        people = directory.leads(unit) or await heard_in(turn, directory, unit, None)
        notices.tell_staff(turn, people, "cases_back", None, name=staff.name, unit=unit, count=str(count))


async def _by_unit(turn: Turn, wanted: Wanted) -> dict[str, int]:
    counted: dict[str, int] = {}
    for (unit, _), count in (await turn.read.counts(wanted)).items():
        counted[unit] = counted.get(unit, 0) + count
    return counted


async def _subject(turn: Turn) -> Staff | None:
    """Whom the timer is about; None when they were removed."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    staff = (await turn.read.directory()).by_id.get(turn.timer.subject)
    return staff if staff is not None and staff.removed_at is None else None


TIMERS: Mapping[str, Callable[[Turn], Awaitable[None]]] = {
    "leave_begins": leave_begins,
    "leave_ends": leave_ends,
    "cases_back": cases_back,
}
"""By kind; the subject is a staff id."""
