"""The desk at a glance: how much there is, how much of it is late, and with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from bot.changes import Looked
from bot.domain.people import Role
from bot.domain.permission import Act
from bot.domain.ticket import Status
from bot.message import Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers.naming import unit_name
from handlers.staff.command import Command, table
from handlers.staff.me import Me

UNITS = 8
"""So many units are named, those with the most late tickets first."""

RED_AFTER_DAYS = 2
"""Overdue by so many working days is red (see `bot.domain.colour`)."""

UNDELIVERED = 50


async def desk(turn: Turn, me: Me, _rest: str) -> Reply:
    """Counts of what this person may see: open, unassigned, due today, late, red, waiting, to be decided, undelivered;
    for supervisors by unit too."""
    read, now, calendar = turn.read, turn.now, turn.guide.calendar
    mine = reach(me)
    late = replace(mine, due_before=now)
    red = calendar.late_by(RED_AFTER_DAYS, now)
    counts = await read.counts(mine)
    at_desk = me.staff.role is not Role.LEAD
    statuses: Counter[Status] = Counter()
    for (_, status), count in counts.items():
        statuses[status] += count
    figures = {
        "open": sum(statuses.values()),
        "pool": sum(n for (unit, _), n in counts.items() if not unit),
        "not_taken": statuses[Status.DISPATCHED],
        "today": await read.count(replace(mine, due_after=now, due_before=calendar.day_bounds(now)[1])),
        "late": await read.count(late),
        "red": await read.count(replace(mine, danger=True))
        + await read.count(replace(mine, danger=False, due_before=red)),
        "waiting": statuses[Status.WAITING_RESIDENT],
        "deciding": await read.count(replace(mine, deciding=True)),
    }
    lines = [turn.words("desk.head")]
    lines += [turn.words(f"desk.{name}", count=count) for name, count in figures.items() if count or name == "open"]
    choices = []
    if at_desk:
        undelivered = await _undelivered(turn, me)
        if undelivered:
            lines.append(turn.words("desk.undelivered", count=undelivered))
        by_unit = {unit: n for unit, n in _by_unit(counts).items() if unit}
        lines += _units(turn, by_unit, _by_unit(await read.counts(late)))
        choices.append(Choice("staff:pool", turn.words("button.pool")))
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="desk"))
    return Reply("\n".join(lines), (*choices, Choice("staff:todo", turn.words("choice.todo"))))


def reach(me: Me) -> Wanted:
    """The open tickets that somebody may see: a lead those of their units, the desk those of its areas."""
    return Wanted(
        units=tuple(sorted(me.person.units)) if me.staff.role is Role.LEAD else None,
        areas=me.person.areas,
        walled=me.person.walled,
        not_kept_from=me.person.unit,
    )


def _units(turn: Turn, by_unit: dict[str, int], late: dict[str, int]) -> list[str]:
    order = sorted(by_unit, key=lambda unit: (-late.get(unit, 0), -by_unit[unit], unit))
    lines = [
        turn.words("desk.unit", unit=unit_name(turn, unit), count=by_unit[unit], late=late.get(unit, 0))
        for unit in order[:UNITS]
    ]
    if len(order) > UNITS:
        lines.append(turn.words("desk.more_units", count=len(order) - UNITS))
    return lines


def _by_unit(counts: Mapping[tuple[str, Status], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (unit, _), count in counts.items():
        found[unit] = found.get(unit, 0) + count
    return found


async def _undelivered(turn: Turn, me: Me) -> int:
    found = 0
    for number in await turn.read.undelivered(UNDELIVERED):
        ticket = await turn.read.ticket(number)
        found += ticket is not None and ticket.open and me.may(Act.SEE, ticket)
    return found


COMMANDS = table(Command("desk", Act.DESK, desk=desk))
