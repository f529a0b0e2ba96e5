"""Who may give whom a place here: nobody above their own rank, nobody beyond their own units and areas."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from bot.domain.guide import Guide
from bot.domain.people import Role, Staff
from bot.domain.permission import GRANTS, RANK, Act, Person

OPERATOR = Person(id="desk", role=Role.ADMIN)
"""Whoever sits at the command line of the machine: may appoint anybody, the first admin too."""

IN_A_UNIT = frozenset({Role.HANDLER, Role.LEAD})
"""Roles that are nothing without a unit."""

NAME_MAX = 40
_NO_NAME_BEGINS = "=+-@'\t"
"""A table program would take a cell that begins so for a formula."""


class Wrong(StrEnum):
    """What is wrong with an appointment."""

    NO_ROLE = "no_role"
    NOT_ALLOWED = "not_allowed"  # this person appoints nobody
    RANK = "rank"
    NEEDS_UNIT = "needs_unit"
    NO_UNIT = "no_unit"
    RETIRED = "retired"
    OTHER_UNIT = "other_unit"
    NO_AREA = "no_area"
    OTHER_AREA = "other_area"
    WALLED = "walled"
    NAME = "name"


def wrong(
    guide: Guide,
    by: Person,
    role: Role,
    unit: str,
    areas: Sequence[str] = (),
    *,
    walled: bool = False,
    act: Act = Act.INVITE,
) -> Wrong | None:
    """What forbids that ``by`` makes somebody this; None when nothing does. ``unit`` and ``areas`` are codes."""
    units, above = guide.town.units, guide.gazetteer.above
    if role is Role.RESIDENT:
        return Wrong.NO_ROLE
    if by.role not in GRANTS[act]:
        return Wrong.NOT_ALLOWED
    if RANK[role] > RANK[by.role]:
        return Wrong.RANK
    if role in IN_A_UNIT and not unit:
        return Wrong.NEEDS_UNIT
    if unit and unit not in units:
        return Wrong.NO_UNIT
    if unit and units[unit].retired and act is Act.INVITE:
        return Wrong.RETIRED
    if any(area not in above for area in areas):
        return Wrong.NO_AREA
    if by.role is Role.LEAD and unit not in by.units:
        return Wrong.OTHER_UNIT
    if walled and by is not OPERATOR and by.role is not Role.ADMIN and not by.walled:
        return Wrong.WALLED
    if by.areas is None:
        return None
    if unit and by.role is not Role.LEAD and units[unit].area not in by.areas:
        return Wrong.OTHER_UNIT
    if any(area not in by.areas for area in areas) or not (areas or unit):
        return Wrong.OTHER_AREA
    return None


def over(guide: Guide, by: Person, staff: Staff, act: Act) -> bool:
    """Whether ``by`` has that say (`Act.REMOVE`, `Act.DUTY`, `Act.STAFF`) over a member of staff."""
    if by.role not in GRANTS[act]:
        return False
    if staff.id == by.id or by.role is Role.ADMIN:
        return True
    if by.role is Role.LEAD:
        return staff.unit in by.units and RANK[staff.role] <= RANK[by.role]
    if RANK[staff.role] > RANK[by.role]:
        return False
    if by.areas is None:
        return True
    unit = guide.town.units.get(staff.unit)
    if unit is not None and unit.area:
        return unit.area in by.areas
    return bool(staff.areas) and all(area in by.areas for area in staff.areas)


def good_name(name: str) -> bool:
    """Whether a person may be called that here: something printable, not long, nothing a table takes for a formula."""
    return 0 < len(name) <= NAME_MAX and name.isprintable() and name[0] not in _NO_NAME_BEGINS and name == name.strip()
