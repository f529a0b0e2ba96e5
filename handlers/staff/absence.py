"""Leave with a deputy, and coming back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bot.changes import StaffEvent, Timer
from bot.domain.dates import read_date
from bot.domain.directory import Directory
from bot.domain.people import Role, Shift, Staff
from bot.domain.permission import RANK, Act
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers import notices
from handlers.naming import moment, unit_name
from handlers.resident import changing
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.named import people_said

LONGEST_LEAVE = timedelta(days=366)
LONGEST_SPAN = 200
"""Two dates and a name take fewer characters; in longer texts nobody looks for them word by word."""
OFFERED = 9
LEAVE_TIMERS = ("leave_begins", "leave_ends")
_TO = re.compile(r"^\s*(?:\.\.+|~|—+|–|至|到)\s*")
DAY = timedelta(days=1)


def span_in(turn: Turn, text: str) -> tuple[date, date | None, str] | None:
    """The date in a text, the one after ".." if there is one, and the words around them; None without a date.

    Dates may stand before or behind a name.
    """
    if len(text) > LONGEST_SPAN:
        return None
    calendar = turn.guide.calendar
    today = calendar.local_day(turn.now)
    words = text.split()
    for place in range(len(words)):
        found = read_date(" ".join(words[place:]), today, calendar)
        if found is None:
            continue
        first, rest = found
        last: date | None = None
        if (dots := _TO.match(rest)) and (second := read_date(rest[dots.end() :], today, calendar)):
            last, rest = second
        return first, last, " ".join((*words[:place], *rest.split()))
    return None


async def leave(turn: Turn, me: Me, text: str) -> Reply:
    """Go on leave until the end of a day; whoever stands in has one's cases meanwhile. Raises Refusal."""
    if not text:
        return _how(turn, me)
    found = span_in(turn, text)
    if found is None:
        raise Refusal("leave.no_date", usage=turn.words("usage.leave"))
    first, last, name = found
    today = turn.guide.calendar.local_day(turn.now)
    begins = turn.now if last is None or first <= today else midnight(turn, first)
    ends = midnight(turn, (last or first) + DAY)
    if ends <= begins or (last or first) < today:
        raise Refusal("leave.past")
    if ends - turn.now > LONGEST_LEAVE:
        raise Refusal("leave.long")
    away = Shift(begins, ends)
    candidates = _deputies(me, away)
    if not name and candidates:
        return _which(turn, first, last, candidates)
    named, rest = people_said(me.directory.active, name)
    able = tuple(staff for staff in named if staff in candidates)
    if name and (rest or not named):
        raise Refusal("leave.deputy_unknown", name=name)
    if named and not able:
        raise Refusal("leave.deputy_cannot", name=named[0].name)
    if len(able) > 1:
        return _which(turn, first, last, able)
    return await _gone(turn, me, away, able[0] if able else None)


def _how(turn: Turn, me: Me) -> Reply:
    away = me.staff.away
    if away is None or away.ends <= turn.now:
        return turn.say("leave.how", usage=turn.words("usage.leave"))
    deputy = me.directory.by_id.get(me.staff.deputy)
    return turn.say(
        "leave.already",
        Choice("staff:back", turn.words("choice.back_at_work")),
        until=_last_day(turn, away),
        name=deputy.name if deputy else turn.words("list.none"),
    )


def _deputies(me: Me, away: Shift) -> tuple[Staff, ...]:
    """Who may stand in for somebody: nobody of a lower rank, for a unit's people one of the unit or a supervisor,
    and nobody who is on leave then."""
    mine = me.staff

    def able(staff: Staff) -> bool:
        if staff.id == mine.id or RANK[staff.role] < RANK[mine.role]:
            return False
        if staff.away is not None and overlap(staff.away, away):
            return False
        if mine.role is Role.COLLECTOR or staff.role is Role.COLLECTOR:
            return staff.role is mine.role or staff.role in (Role.SUPERVISOR, Role.ADMIN)
        if mine.role is Role.HANDLER:
            return staff.unit == mine.unit
        return staff.unit == mine.unit or staff.role is Role.SUPERVISOR

    return tuple(staff for staff in me.directory.active if able(staff))


def _which(turn: Turn, first: date, last: date | None, people: Iterable[Staff]) -> Reply:
    """Ask which of these stands in, by buttons that say the command again with an id."""
    span = f"{first}..{last}" if last else str(first)
    offered = list(people)[:OFFERED]
    return turn.say("leave.deputy_which", *(Choice(f"staff:leave={span} {s.id}", _label(turn, s)) for s in offered))


def _label(turn: Turn, staff: Staff) -> str:
    unit = unit_name(turn, staff.unit) if staff.unit else turn.words("people.desk")
    return turn.words("people.label", name=staff.name, role=turn.words(f"role.{staff.role}"), unit=unit)


async def _gone(turn: Turn, me: Me, away: Shift, deputy: Staff | None) -> Reply:
    data: dict[str, object] = {"from": away.begins.isoformat(), "until": away.ends.isoformat()}
    if deputy is not None:
        data["deputy"] = deputy.id
    staff = changed(turn, me.staff, "leave", me.id, data, away=away, deputy=deputy.id if deputy else "")
    for kind in LEAVE_TIMERS:
        turn.changes.cancel(kind, staff.id)
    turn.changes.timer(Timer("leave_ends", staff.id, away.ends, staff.seq))
    begun = away.begins <= turn.now
    if not begun:
        turn.changes.timer(Timer("leave_begins", staff.id, away.begins, staff.seq))
    count = await turn.read.count(Wanted(handler=staff.id))
    if deputy is not None:
        tell_deputy(turn, staff, deputy, count, begun=begun)
    else:
        notices.tell_staff(
            turn, _above(me.directory, staff), "leave_nobody", None, name=staff.name, count=str(count), until=_iso(away)
        )
    back = Choice("staff:back", turn.words("choice.back_at_work"))
    if deputy is None:
        return turn.say("leave.done_alone", back, until=_last_day(turn, away), count=count)
    since = turn.words("leave.now") if begun else moment(turn, away.begins)
    return turn.say("leave.done", back, since=since, until=_last_day(turn, away), name=deputy.name, count=count)


def tell_deputy(turn: Turn, staff: Staff, deputy: Staff, count: int, *, begun: bool) -> None:
    """Word to whoever stands in: whose cases are theirs, how many, from when and until when."""
    away = staff.away
    assert away is not None  # noqa: S101 - whoever calls this looked
    if begun:
        notices.tell_staff(turn, [deputy], "deputy_now", None, name=staff.name, count=str(count), until=_iso(away))
    else:
        at = away.begins.isoformat()
        notices.tell_staff(turn, [deputy], "deputy_later", None, name=staff.name, at=at, until=_iso(away))


async def back(turn: Turn, me: Me, _text: str) -> Reply:
    """Come back from leave, before its end too: one's cases are one's own again."""
    away = me.staff.away
    if away is None or away.ends <= turn.now:
        if turn.session.draft is not None:  # the word also is a resident's: back to the card
            reply = await changing.act(turn, turn.session.draft, "back", "")
            if reply is not None:
                return reply
        return turn.say("back.not_away")
    deputy = me.directory.by_id.get(me.staff.deputy)
    staff = changed(turn, me.staff, "leave", me.id, {"back": turn.now.isoformat()}, away=None, deputy="")
    for kind in LEAVE_TIMERS:
        turn.changes.cancel(kind, staff.id)
    count = await turn.read.count(Wanted(handler=staff.id))
    if deputy is not None and away.begins <= turn.now:
        notices.tell_staff(turn, [deputy], "deputy_over", None, name=staff.name, count=str(count))
    return turn.say("back.done", Choice("staff:todo", turn.words("choice.todo")), count=count)


def changed(turn: Turn, staff: Staff, action: str, by: str, data: dict[str, object], **fields: object) -> Staff:
    """A member of staff with fields changed, logged."""
    after = replace(staff, seq=staff.seq + 1, **fields)
    event = StaffEvent(staff=staff.id, seq=after.seq, at=turn.now, action=action, by=by, data=data)
    turn.changes.staff.append((after, event))
    return after


def midnight(turn: Turn, day: date) -> datetime:
    """The beginning of a day of the town, in UTC."""
    return datetime.combine(day, time(0), ZoneInfo(turn.town.timezone)).astimezone(UTC)


def day_name(turn: Turn, day: date) -> str:
    """A day as people say it."""
    return turn.words(
        "date.day",
        month=turn.words(f"date.month.{day.month}"),
        day=day.day,
        weekday=turn.words(f"date.weekday.{day.weekday()}"),
    )


def days(turn: Turn, shift: Shift) -> str:
    """The days of a span that ends at midnight, the last one included."""
    calendar = turn.guide.calendar
    first, last = calendar.local_day(shift.begins), calendar.local_day(shift.ends - timedelta(seconds=1))
    if first == last:
        return day_name(turn, first)
    return turn.words("date.days", first=day_name(turn, first), last=day_name(turn, last))


def overlap(one: Shift, other: Shift) -> bool:
    """Whether two spans share a moment."""
    return one.begins < other.ends and other.begins < one.ends


def _last_day(turn: Turn, away: Shift) -> str:
    return day_name(turn, turn.guide.calendar.local_day(away.ends - timedelta(seconds=1)))


def _iso(away: Shift) -> str:
    return (away.ends - timedelta(minutes=1)).isoformat()


def _above(directory: Directory, staff: Staff) -> tuple[Staff, ...]:
    """Who must know that somebody is gone and nobody stands in: the leads of the unit, else the supervisors."""
    leads = tuple(each for each in directory.leads(staff.unit) if each.id != staff.id) if staff.unit else ()
    return leads or directory.supervisors()


COMMANDS = table(Command("leave", Act.LEAVE, desk=leave), Command("back", Act.LEAVE, desk=back))
