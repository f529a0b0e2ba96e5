"""Who works where, who is away, who cannot be reached; and taking somebody off the list."""

from __future__ import annotations

from collections.abc import Iterable

from bot.changes import Timer
from bot.domain.appointing import over
from bot.domain.people import Staff
from bot.domain.permission import Act
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers import notices
from handlers.naming import unit_name
from handlers.reaching import unreached
from handlers.staff.absence import changed, days
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.named import people_said, unit_said

LINES = 30
"""More people than that are not shown at once: one asks for a unit, those who need attention come first."""

OFFERED = 9


async def people(turn: Turn, me: Me, text: str) -> Reply:
    """Everybody one has a say over (in one unit, if it is named), those who need attention first. Raises Refusal."""
    seen = tuple(s for s in me.directory.active if over(turn.guide, me.person, s, Act.STAFF))
    if text:
        found = unit_said(turn, text)
        if found is None:
            raise Refusal("people.no_unit", name=text)
        seen = tuple(s for s in seen if s.unit == found[0])
    silent = {s.id for s in await unreached(turn.read)} & {s.id for s in seen}
    away = {s.id for s in seen if s.away is not None and s.away.ends > turn.now}
    order = sorted(seen, key=lambda s: (s.id not in silent, s.id not in away, s.unit, s.name))
    lines = [turn.words("people.head", count=len(seen), away=len(away), silent=len(silent))]
    lines += [_line(turn, me, staff, silent) for staff in order[:LINES]]
    if len(order) > LINES:
        lines.append(turn.words("people.more", count=len(order) - LINES))
    empty = deserted(turn, me, seen, silent) if not text else []
    if empty:
        names = turn.words("list.comma").join(unit_name(turn, code) for code in empty[:LINES])
        lines.append(turn.words("people.deserted", count=len(empty), units=names))
    return Reply("\n".join(lines))


def _line(turn: Turn, me: Me, staff: Staff, silent: set[str]) -> str:
    unit = unit_name(turn, staff.unit) if staff.unit else turn.words("people.desk")
    parts = [turn.words("people.label", name=staff.name, role=turn.words(f"role.{staff.role}"), unit=unit)]
    if staff.id in silent:
        parts.append(turn.words("people.silent"))
    if staff.away is not None and staff.away.ends > turn.now:
        deputy = me.directory.by_id.get(staff.deputy)
        name = deputy.name if deputy else turn.words("list.none")
        parts.append(turn.words("people.away", days=days(turn, staff.away), name=name))
    if staff.on_duty(turn.now):
        parts.append(turn.words("people.on_duty"))
    return turn.words("people.line", text=turn.words("people.and").join(parts))


def deserted(turn: Turn, me: Me, seen: Iterable[Staff], silent: set[str]) -> list[str]:
    """Units one has a say over in which nobody can be reached now."""
    peopled = {s.unit for s in seen if s.id not in silent and not s.away_at(turn.now)}
    units = me.person.units or {
        unit.code
        for unit in turn.town.units.values()
        if me.person.areas is None or (unit.area and unit.area in me.person.areas)
    }
    return [code for code, unit in turn.town.units.items() if code in units - peopled and not unit.retired]


async def remove(turn: Turn, me: Me, text: str) -> Reply:
    """Take somebody off the list, from their next message on; their cases go back to the unit. Raises Refusal."""
    if not text:
        return turn.say("remove.how", usage=turn.words("usage.remove"))
    found, rest = people_said(me.directory.active, text)
    if not found:
        raise Refusal("people.unknown", name=text)
    if rest:
        found = _of_unit(turn, found, rest)
    mine = tuple(s for s in found if over(turn.guide, me.person, s, Act.REMOVE))
    if any(s.id == me.id for s in mine) and len(mine) == 1:
        raise Refusal("remove.oneself")
    if not mine:
        raise Refusal("remove.not_yours", name=found[0].name)
    if len(mine) > 1:
        choices = (Choice(f"staff:remove={s.id}", _named(turn, s)) for s in mine[:OFFERED])
        return turn.say("remove.which", *choices, name=mine[0].name, count=len(mine))
    return await _removed(turn, me, mine[0])


def _of_unit(turn: Turn, found: tuple[Staff, ...], text: str) -> tuple[Staff, ...]:
    unit = unit_said(turn, text)
    there = tuple(s for s in found if unit is not None and s.unit == unit[0])
    if not there:
        raise Refusal("people.unknown", name=f"{found[0].name} {text}")
    return there


def _named(turn: Turn, staff: Staff) -> str:
    unit = unit_name(turn, staff.unit) if staff.unit else turn.words("people.desk")
    return turn.words("people.label", name=staff.name, role=turn.words(f"role.{staff.role}"), unit=unit)


async def _removed(turn: Turn, me: Me, staff: Staff) -> Reply:
    changed(turn, staff, "removed", me.id, {}, removed_at=turn.now, pages_from=turn.now)
    turn.changes.timer(Timer("cases_back", staff.id, turn.now))
    for kind in ("leave_begins", "leave_ends"):
        turn.changes.cancel(kind, staff.id)
    stood_for = [s for s in me.directory.active if s.deputy == staff.id and s.id != me.id]
    for each in stood_for:
        leads = me.directory.leads(each.unit) if each.unit else me.directory.supervisors()
        told = [lead for lead in leads if lead.id != staff.id]
        notices.tell_staff(turn, told, "deputy_gone", None, name=each.name, deputy=staff.name)
    count = await turn.read.count(Wanted(handler=staff.id))
    text = turn.words("remove.done", name=_named(turn, staff), count=count)
    if stood_for:
        names = turn.words("list.comma").join(s.name for s in stood_for)
        text += "\n" + turn.words("remove.deputy_of", names=names)
    return Reply(text)


COMMANDS = table(Command("staff", Act.STAFF, desk=people), Command("remove", Act.REMOVE, desk=remove))
