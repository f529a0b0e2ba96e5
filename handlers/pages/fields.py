"""The filters of a list: what can be chosen, and what is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.colour import Colour
from bot.domain.permission import Act
from bot.domain.ticket import Status, Type
from bot.domain.town import UNDECIDED
from bot.turn import Turn
from bot.views.lists import Field, Select, Tick
from handlers.naming import area_name, kind_name, type_name, unit_name
from handlers.pages import rows
from handlers.pages.asked import ALL, ENDED_DAYS, ME, NOBODY, Asked
from handlers.staff.me import Me

Options = tuple[tuple[str, str, bool], ...]


def selects(turn: Turn, me: Me, asked: Asked) -> tuple[Select, ...]:
    """What is chosen from a list."""
    found = [
        _select(turn, "status", ((s, turn.words(f"lists.status.{s}")) for s in Status), asked.status or ""),
        _select(turn, "colour", _colours(turn), asked.colour.name.lower() if asked.colour is not None else ""),
        _select(turn, "type", ((t, type_name(turn, t)) for t in Type), asked.type or ""),
        _select(turn, "kind", _kinds(turn), asked.kind),
        _select(turn, "area", _areas(turn, me), asked.area),
    ]
    if asked.view == ALL:
        chosen = "pool" if asked.unit == "" else asked.unit or ""
        found.append(_select(turn, "unit", _units(turn, me), chosen))
        found.append(_select(turn, "handler", _handlers(turn, me, asked), _handler(me, asked)))
    return tuple(found)


def typed(turn: Turn, said: Mapping[str, str]) -> tuple[Field, ...]:
    """What is typed."""
    return (
        Field("text", turn.words("lists.field.text"), said.get("text", ""), "search"),
        Field("since", turn.words("lists.field.since"), said.get("since", ""), "date"),
        Field("until", turn.words("lists.field.until"), said.get("until", ""), "date"),
    )


def ticks(turn: Turn, me: Me, asked: Asked) -> tuple[Tick, ...]:
    """What is ticked."""
    names = ["late", "today", "long", "danger", "deciding"]
    if asked.view == ALL:
        names.append("assisted")
    return tuple(Tick(name, turn.words(f"lists.field.{name}"), bool(getattr(asked, name))) for name in names)


def notes(turn: Turn, me: Me, asked: Asked, said: Mapping[str, str]) -> tuple[str, ...]:
    """What a list leaves out, and what was not understood."""
    found = []
    if asked.view == ALL and asked.ended and asked.cut:
        found.append(turn.words("lists.note.ended", days=ENDED_DAYS))
    if asked.view == ALL and asked.text:
        found.append(turn.words("lists.note.newest"))
    if asked.view == ALL and asked.assisted and not (asked.unit or me.staff.unit):
        found.append(turn.words("lists.note.assisted"))
    if any(said.get(name) and getattr(asked, name) is None for name in ("since", "until", "unit", "handler")):
        found.append(turn.words("lists.note.unknown"))
    return tuple(found)


def all_units(turn: Turn) -> tuple[tuple[str, str], ...]:
    """The units that tickets may be sent to."""
    return tuple((u.code, unit_name(turn, u.code)) for u in turn.town.units.values() if not u.retired)


def _select(turn: Turn, name: str, options: Iterable[tuple[str, str]], chosen: str) -> Select:
    any_ = ("", turn.words("lists.any"), not chosen)
    return Select(name, turn.words(f"lists.field.{name}"), (any_, *((v, label, v == chosen) for v, label in options)))


def _colours(turn: Turn) -> Iterable[tuple[str, str]]:
    return ((colour.name.lower(), rows.colour_name(turn, colour)) for colour in reversed(Colour))


def _kinds(turn: Turn) -> Iterable[tuple[str, str]]:
    codes = dict.fromkeys((UNDECIDED, *turn.town.kinds))
    return ((code, kind_name(turn, code)) for code in codes if code in turn.town.kinds)


def _areas(turn: Turn, me: Me) -> Iterable[tuple[str, str]]:
    reach = me.person.areas
    return ((code, area_name(turn, code)) for code in turn.town.areas if reach is None or code in reach)


def _units(turn: Turn, me: Me) -> Iterable[tuple[str, str]]:
    if me.may(Act.POOL):
        yield "pool", turn.words("lists.no_unit")
    for code in turn.town.units:
        if not me.person.unit or code in me.person.units:
            yield code, unit_name(turn, code)


def _handlers(turn: Turn, me: Me, asked: Asked) -> Iterable[tuple[str, str]]:
    """Nobody, oneself, and the people of the unit that is asked for, or of one's own."""
    yield NOBODY, turn.words("work.nobody")
    unit = asked.unit or me.staff.unit
    if me.staff.unit:
        yield ME, me.staff.name
    people = [s for s in me.directory.active if unit and s.unit == unit and s.id != me.id]
    yield from ((staff.id, staff.name) for staff in people)
    chosen = me.directory.by_id.get(asked.handler or "")
    if chosen is not None and chosen.id != me.id and chosen not in people:
        yield chosen.id, chosen.name


def _handler(me: Me, asked: Asked) -> str:
    if asked.handler is None:
        return ""
    return {"": NOBODY, me.id: ME}.get(asked.handler, asked.handler)
