"""The duty list of units and of the desk. Without one the lead is on duty, at the desk the supervisors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from bot.domain.appointing import over
from bot.domain.people import Shift, Staff
from bot.domain.permission import Act
from bot.errors import Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers import notices
from handlers.naming import unit_name
from handlers.staff.absence import DAY, LONGEST_LEAVE, changed, days, midnight, overlap, span_in
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.named import people_said

SHOWN = timedelta(days=14)
KEPT = timedelta(days=31)
"""Shifts that ended longer ago are no longer on the list; the log keeps them."""

LINES = 30


async def duty(turn: Turn, me: Me, text: str) -> Reply:
    """Put somebody on duty for a day or several, or show the list. Raises Refusal."""
    if not text:
        return _list(turn, me)
    staff, first, last = _whose_days(turn, me, text, "duty")
    shift = Shift(midnight(turn, first), midnight(turn, last + DAY))
    if shift.ends <= turn.now:
        raise Refusal("duty.past")
    if shift.ends - shift.begins > LONGEST_LEAVE:
        raise Refusal("leave.long")
    kept = _still_listed(turn, staff)
    if shift in kept:
        return turn.say("duty.already", name=staff.name, days=days(turn, shift))
    after = changed(turn, staff, "duty", me.id, _record(shift), duty=tuple(sorted((*kept, shift), key=_begins)))
    notices.tell_staff(turn, [after], "duty_yours", None, at=_at(shift), until=_until(shift))
    key = "duty.done_away" if after.away is not None and overlap(after.away, shift) else "duty.done"
    return turn.say(key, name=staff.name, days=days(turn, shift))


async def off_duty(turn: Turn, me: Me, text: str) -> Reply:
    """Take somebody's duty of a day, or of several, from the list. Raises Refusal."""
    if not text:
        return _list(turn, me)
    staff, first, last = _whose_days(turn, me, text, "off_duty")
    gone = Shift(midnight(turn, first), midnight(turn, last + DAY))
    kept = _still_listed(turn, staff)
    if not any(overlap(shift, gone) for shift in kept):
        return turn.say("duty.none", name=staff.name, days=days(turn, gone))
    rest = [
        Shift(begins, ends)
        for shift in kept
        for begins, ends in ((shift.begins, min(shift.ends, gone.begins)), (max(shift.begins, gone.ends), shift.ends))
        if begins < ends
    ]
    rest = sorted(set(rest), key=_begins)
    after = changed(turn, staff, "duty", me.id, {**_record(gone), "off": True}, duty=tuple(rest))
    notices.tell_staff(turn, [after], "duty_not_yours", None, at=_at(gone), until=_until(gone))
    return turn.say("duty.off", name=staff.name, days=days(turn, gone))


def _whose_days(turn: Turn, me: Me, text: str, command: str) -> tuple[Staff, date, date]:
    """Who is meant (oneself if nobody is named), the first day and the last. Raises Refusal."""
    found = span_in(turn, text)
    if found is None:
        raise Refusal("duty.no_date", usage=turn.words(f"usage.{command}"))
    first, last, name = found
    if last is not None and last < first:
        raise Refusal("duty.past")
    if not name:
        return me.staff, first, last or first
    people, rest = people_said(mine_to_list(turn, me), name)
    if rest or not people:
        raise Refusal("people.unknown", name=name)
    if len(people) > 1:
        raise Refusal("people.several", name=name, people=listed(turn, people))
    return people[0], first, last or first


def mine_to_list(turn: Turn, me: Me) -> tuple[Staff, ...]:
    """Whose duty somebody may set, themselves included."""
    return tuple(s for s in me.directory.active if over(turn.guide, me.person, s, Act.DUTY))


def listed(turn: Turn, people: Iterable[Staff]) -> str:
    """People with what tells those of one name apart: unit and id."""
    return turn.words("list.comma").join(
        f"{s.name} ({unit_name(turn, s.unit) if s.unit else ''} {s.id})" for s in people
    )


def _list(turn: Turn, me: Me) -> Reply:
    """Who is on duty in the days to come, day by day, and who is without a list."""
    people = mine_to_list(turn, me)
    until = turn.now + SHOWN
    shifts = sorted(
        ((shift, staff) for staff in people for shift in staff.duty if shift.ends > turn.now and shift.begins < until),
        key=lambda pair: (pair[0].begins, pair[1].name),
    )
    lines = [turn.words("duty.head")]
    for shift, staff in shifts[:LINES]:
        unit = unit_name(turn, staff.unit) if staff.unit else turn.words("people.desk")
        lines.append(turn.words("duty.line", days=days(turn, shift), name=staff.name, unit=unit))
    if len(shifts) > LINES:
        lines.append(turn.words("people.more", count=len(shifts) - LINES))
    if not shifts:
        lines.append(turn.words("duty.empty"))
    lines.append(turn.words("duty.how", usage=turn.words("usage.duty")))
    return Reply("\n".join(lines))


def _still_listed(turn: Turn, staff: Staff) -> tuple[Shift, ...]:
    return tuple(shift for shift in staff.duty if shift.ends > turn.now - KEPT)


def _begins(shift: Shift) -> datetime:
    return shift.begins


def _at(shift: Shift) -> str:
    return shift.begins.isoformat()


def _until(shift: Shift) -> str:
    return (shift.ends - timedelta(minutes=1)).isoformat()


def _record(shift: Shift) -> dict[str, object]:
    return {"from": shift.begins.isoformat(), "until": shift.ends.isoformat()}


COMMANDS = table(Command("duty", Act.DUTY, desk=duty), Command("off_duty", Act.DUTY, desk=off_duty))
