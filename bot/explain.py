"""Why a matter goes where it goes, for whoever writes the town's rules."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.dispatch import Why
from bot.domain.guide import Guide
from bot.domain.town import Town

_WHY = {
    Why.UNDECIDED: "nothing in the text says what it is about",
    Why.NO_PLACE: "the rules for this kind depend on the place, and the place is unknown",
    Why.NO_RULE: "no rule takes it",
}


def explained(guide: Guide, text: str, place: str) -> Iterator[str]:
    """Lines that say what was read in a text and a place, which name won, and which rule. In the town's own names."""
    town, reading = guide.town, guide.read(text)
    where = guide.place_from_text(guide.read(place)) if place else guide.place_from_text(reading)
    yield f"type:   {reading.type.value}{'' if reading.type_said else ' (nothing said otherwise)'}"
    kinds = ", ".join(f"{_kind(town, code)} ({code})" for code in reading.kinds)
    yield f"kind:   {kinds or 'nothing found'}"
    if reading.danger is not None:
        yield f"danger: {reading.danger.name} ({reading.danger.code})"
    area = where.place.area if where.place else ""
    if where.place is not None:
        yield f"place:  {where.place.name}, by the name {where.name}"
        yield f"area:   {_area(town, area)} ({area or 'outside the town'})"
    elif where.options:
        options = " or ".join(f"{_area(town, code)} ({code})" for code in where.options)
        yield f"place:  the name {where.name} stands in several areas, the person is asked: {options}"
    else:
        yield "place:  no name of the town found"
    kind = reading.danger.kind if reading.danger is not None else reading.kind
    route = guide.route(kind, area)
    if route.rule is None:
        yield f"rule:   none: {_WHY[route.why]}"
        yield "unit:   the pool"
        return
    rule = town.rules[route.rule]
    yield f"rule:   number {route.rule + 1}: kind {rule.kind}, area {rule.area} -> {rule.unit}"
    yield f"unit:   {town.units[route.unit].name} ({route.unit})"


def _kind(town: Town, code: str) -> str:
    kind = town.kinds.get(code)
    return kind.name if kind else code


def _area(town: Town, code: str) -> str:
    area = town.areas.get(code)
    return area.name if area else code
