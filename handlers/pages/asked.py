"""What the address of a list asks for. What is unknown, or out of somebody's reach, asks for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.colour import Colour
from bot.domain.permission import Act
from bot.domain.ticket import ENDS, Status, Ticket, Type
from bot.ports import OWING, Wanted
from bot.turn import Turn
from handlers.pages import rows
from handlers.staff.me import Me

MINE, ALL = "mine", "all"
NOBODY, ME = "nobody", "me"
"""Handlers that are no ids."""

ENDED_DAYS = 31
"""Ended tickets are listed of so many days of filing at most: all of them would be read otherwise."""

LONGEST = 60
NAMES = (
    *("view", "status", "colour", "unit", "area", "kind", "type", "handler", "text", "since", "until"),
    *("late", "today", "long", "assisted", "deciding", "danger"),
)
"""Fields of an address, in the order in which they are written."""

TICKS = ("late", "today", "long", "assisted", "deciding", "danger")
RED_AFTER_DAYS = 2
"""Overdue by so many working days is red (see `bot.domain.colour`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; "" and None where anything will do. ``given`` is what of it was understood, as it was said."""

    view: str = MINE
    status: Status | None = None
    colour: Colour | None = None
    unit: str | None = None  # "" is the pool
    area: str = ""
    kind: str = ""
    type: Type | None = None
    handler: str | None = None  # "" is nobody
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    late: bool = False
    today: bool = False
    assisted: bool = False
    deciding: bool = False
    danger: bool = False
    long: bool = False  # overdue so long that it is red
    cut: bool = False  # the days were cut to what can be listed

    @property
    def ended(self) -> bool:
        """Whether tickets are asked for in which nothing is owed any more."""
        return self.status in ENDS


def given(query: Mapping[str, str]) -> dict[str, str]:
    """The fields that an address may have, each at most so long, those that are empty left out."""
    said = {name: rows.typed(query.get(name, ""), LONGEST) for name in NAMES}
    return {name: value for name, value in said.items() if value}


def understood(turn: Turn, me: Me, query: Mapping[str, str]) -> Asked:
    """What an address asks for."""
    said, town = given(query), turn.town
    unit = said.get("unit", "")
    status = Status(said["status"]) if said.get("status", "") in set(Status) else None
    asked = Asked(
        view=ALL if said.get("view") == ALL and me.may(Act.FIND) else MINE,
        status=status,
        colour=_colour(said.get("colour", "")),
        unit="" if unit == "pool" else unit if unit in town.units else None,
        area=said.get("area", "") if said.get("area") in town.areas else "",
        kind=said.get("kind", "") if said.get("kind") in town.kinds else "",
        type=Type(said["type"]) if said.get("type", "") in set(Type) else None,
        handler=_handler(me, said.get("handler", "")),
        text=said.get("text", ""),
        since=_day(turn, said.get("since", "")),
        until=_next(turn, _day(turn, said.get("until", ""))),
        **{name: said.get(name) == "1" for name in TICKS},
    )
    return _bounded(turn, asked) if asked.ended and not asked.text else asked


def _bounded(turn: Turn, asked: Asked) -> Asked:
    """Ended tickets need days of filing, and not too many of them."""
    until = asked.until or turn.now
    first = until - timedelta(days=ENDED_DAYS)
    since = max(asked.since or first, first)
    return replace(asked, since=since, cut=asked.since is None or asked.since < first)


def _colour(name: str) -> Colour | None:
    return next((colour for colour in Colour if colour.name.lower() == name), None)


def _handler(me: Me, said: str) -> str | None:
    if said == NOBODY:
        return ""
    if said == ME:
        return me.id
    return said if said in me.directory.by_id else None


def _day(turn: Turn, said: str) -> datetime | None:
    """The beginning of a day written as in 2026-11-22."""
    try:
        return datetime.combine(date.fromisoformat(said), time(), turn.guide.calendar.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _next(turn: Turn, day: datetime | None) -> datetime | None:
    return turn.guide.calendar.day_bounds(day)[1] if day is not None else None


def wanted(turn: Turn, base: Wanted, asked: Asked, me: Me) -> Wanted:
    """The tickets of somebody's reach that are asked for, but for colour and words."""
    found = replace(base, statuses=(asked.status,) if asked.status is not None else OWING)
    if asked.unit is not None:
        known = base.units is None or asked.unit in base.units
        found = replace(found, units=(asked.unit,) if known else ())
    if asked.area:
        below = frozenset(a for a in turn.town.areas if asked.area in turn.guide.gazetteer.above.get(a, (a,)))
        found = replace(found, areas=below if base.areas is None else below & base.areas, placed=True)
    if asked.kind:
        found = replace(found, kinds=(asked.kind,))
    if asked.late:
        found = replace(found, due_before=turn.now)
    if asked.long:
        found = replace(found, due_before=turn.guide.calendar.late_by(RED_AFTER_DAYS, turn.now))
    if asked.today:
        found = replace(found, due_after=turn.now, due_before=turn.guide.calendar.day_bounds(turn.now)[1])
    if asked.assisted:
        helper = asked.unit or me.staff.unit
        found = replace(found, assisted_by=helper, units=None, walled=True) if helper else found
    return replace(
        found,
        type=asked.type,
        handler=asked.handler,
        since=asked.since,
        until=asked.until,
        deciding=asked.deciding,
        danger=True if asked.danger else None,
    )


def fits(turn: Turn, asked: Asked, ticket: Ticket) -> bool:
    """Whether a ticket of somebody's own list is among those asked for; words and colour are looked at elsewhere."""
    _, midnight = turn.guide.calendar.day_bounds(turn.now)
    due, above = ticket.due_at, turn.guide.gazetteer.above
    return all(
        (
            asked.status in (None, ticket.status),
            asked.unit in (None, ticket.unit),
            not asked.area or asked.area in above.get(ticket.area, (ticket.area,)),
            asked.kind in ("", ticket.kind),
            asked.type in (None, ticket.type),
            asked.handler in (None, ticket.handler),
            asked.since is None or ticket.filed_at >= asked.since,
            asked.until is None or ticket.filed_at < asked.until,
            not asked.late or (due is not None and due < turn.now),
            not asked.long or (due is not None and due < turn.guide.calendar.late_by(RED_AFTER_DAYS, turn.now)),
            not asked.today or (due is not None and turn.now <= due < midnight),
            not asked.deciding or bool(ticket.work.proposals),
            not asked.danger or bool(ticket.danger),
        )
    )
