"""Who is told when a unit's people cannot be: its lead, the units above, at last the desk (rule book, "People")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.directory import Directory
from bot.domain.guide import Guide
from bot.domain.people import Staff


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told. ``unit`` is where they were found: the unit itself, one above it, or "" for the desk.

    ``at_desk``: nobody of the unit or above it can be reached, so its ticket belongs into the pool.
    """

    people: tuple[Staff, ...]
    unit: str
    at_desk: bool = False


def audience(
    directory: Directory, guide: Guide, unit: str, reachable: Callable[[Staff], bool], now: datetime
) -> Audience:
    """Whoever is told what concerns a unit ("" is the desk).

    The first of these in whom anybody can be reached: its handlers, its leads, the leads of the units above from below
    upwards, the desk's supervisors, its admins. Deputies stand in for those on leave. Nobody at all: no people, and
    ``at_desk``.
    """

    def here(staff: Iterable[Staff]) -> tuple[Staff, ...]:
        standing = (directory.standing_in(each, now) for each in staff)
        return tuple({s.id: s for s in standing if not s.away_at(now) and reachable(s)}.values())

    if unit:
        found = here(directory.handlers(unit))
        if found:
            return Audience(found, unit)
        for code in (unit, *_above(guide, unit)):
            found = here(directory.leads(code))
            if found:
                return Audience(found, code)
    area = guide.town.units[unit].area if unit in guide.town.units else ""
    for people in (_responsible(directory, guide, area), directory.supervisors(), directory.admins()):
        found = here(people)
        if found:
            return Audience(found, "", at_desk=True)
    return Audience((), "", at_desk=True)


def _above(guide: Guide, unit: str) -> Iterator[str]:
    """The units a unit stands below, from below upwards."""
    units = guide.town.units
    seen = {unit}
    while unit in units and (unit := units[unit].parent) and unit not in seen:
        seen.add(unit)
        yield unit


def _responsible(directory: Directory, guide: Guide, area: str) -> tuple[Staff, ...]:
    """The supervisors whose areas hold that one; those without a limit when it is unknown."""
    above = guide.gazetteer.above.get(area, ())
    return tuple(s for s in directory.supervisors() if not s.areas or any(code in above for code in s.areas))
