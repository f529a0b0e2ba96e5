"""Who may give whom a place here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from bot.domain.appointing import OPERATOR, Wrong, good_name, over, wrong
from bot.domain.guide import Guide
from bot.domain.people import Role, Staff
from bot.domain.permission import Act, Person
from bot.domain.town import Area, Town, Unit

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@cache
def guide() -> Guide:
    areas = {
        "north": Area(code="north", name="北街道", level=2),
        "north-1": Area(code="north-1", name="北一社区", parent="north"),
        "south": Area(code="south", name="南街道", level=2),
    }
    units = {
        "roads": Unit(code="roads", name="交通局", level=3),
        "north": Unit(code="north", name="北街道办", level=2, parent="roads", area="north"),
        "north-1": Unit(code="north-1", name="北一社区居委会", level=1, parent="north", area="north-1"),
        "south": Unit(code="south", name="南街道办", level=2, area="south"),
        "old": Unit(code="old", name="旧局", level=3, retired=True),
    }
    return Guide.of(Town(code="t", name="镇", areas=areas, units=units))


def staff(role: Role, unit: str = "", *areas: str, id_: str = "x") -> Staff:
    return Staff(id=id_, name="张三", role=role, unit=unit, areas=areas, joined_at=NOW)


def person(role: Role, unit: str = "", *areas: str) -> Person:
    return guide().person(staff(role, unit, *areas, id_="me"))


LEAD = person(Role.LEAD, "north")
EVERYWHERE = person(Role.SUPERVISOR)
IN_THE_NORTH = person(Role.SUPERVISOR, "", "north")
ADMIN = person(Role.ADMIN)


@pytest.mark.parametrize(
    ("by", "role", "unit", "areas", "fault"),
    [
        (OPERATOR, Role.ADMIN, "", (), None),
        (OPERATOR, Role.RESIDENT, "", (), Wrong.NO_ROLE),
        (OPERATOR, Role.HANDLER, "", (), Wrong.NEEDS_UNIT),
        (OPERATOR, Role.LEAD, "", (), Wrong.NEEDS_UNIT),
        (OPERATOR, Role.HANDLER, "nowhere", (), Wrong.NO_UNIT),
        (OPERATOR, Role.HANDLER, "old", (), Wrong.RETIRED),
        (OPERATOR, Role.SUPERVISOR, "", ("nowhere",), Wrong.NO_AREA),
        (ADMIN, Role.ADMIN, "", (), None),
        (ADMIN, Role.HANDLER, "roads", (), None),
        (EVERYWHERE, Role.SUPERVISOR, "", (), None),
        (EVERYWHERE, Role.ADMIN, "", (), Wrong.RANK),
        (EVERYWHERE, Role.HANDLER, "roads", (), None),
        (IN_THE_NORTH, Role.SUPERVISOR, "", ("north-1",), None),
        (IN_THE_NORTH, Role.SUPERVISOR, "", (), Wrong.OTHER_AREA),
        (IN_THE_NORTH, Role.SUPERVISOR, "", ("north", "south"), Wrong.OTHER_AREA),
        (IN_THE_NORTH, Role.HANDLER, "north-1", (), None),
        (IN_THE_NORTH, Role.HANDLER, "south", (), Wrong.OTHER_UNIT),
        (IN_THE_NORTH, Role.HANDLER, "roads", (), Wrong.OTHER_UNIT),
        (LEAD, Role.HANDLER, "north", (), None),
        (LEAD, Role.LEAD, "north-1", (), None),
        (LEAD, Role.SUPERVISOR, "", (), Wrong.RANK),
        (LEAD, Role.HANDLER, "roads", (), Wrong.OTHER_UNIT),
        (LEAD, Role.HANDLER, "south", (), Wrong.OTHER_UNIT),
        (LEAD, Role.COLLECTOR, "", (), Wrong.OTHER_UNIT),
        (person(Role.HANDLER, "north"), Role.HANDLER, "north", (), Wrong.NOT_ALLOWED),
        (person(Role.COLLECTOR), Role.COLLECTOR, "", (), Wrong.NOT_ALLOWED),
    ],
)
def test_inviting(by: Person, role: Role, unit: str, areas: tuple[str, ...], fault: Wrong | None) -> None:
    assert wrong(guide(), by, role, unit, areas) is fault


def test_only_who_sees_behind_the_wall_lets_others_see() -> None:
    assert wrong(guide(), EVERYWHERE, Role.SUPERVISOR, "", walled=True) is Wrong.WALLED
    marked = replace(EVERYWHERE, walled=True)
    assert wrong(guide(), marked, Role.SUPERVISOR, "", walled=True) is None
    assert wrong(guide(), OPERATOR, Role.SUPERVISOR, "", walled=True) is None


@pytest.mark.parametrize(
    ("by", "whom", "may"),
    [
        (LEAD, staff(Role.HANDLER, "north"), True),
        (LEAD, staff(Role.LEAD, "north-1"), True),
        (LEAD, staff(Role.HANDLER, "roads"), False),
        (LEAD, staff(Role.SUPERVISOR), False),
        (EVERYWHERE, staff(Role.SUPERVISOR), True),
        (EVERYWHERE, staff(Role.ADMIN), False),
        (IN_THE_NORTH, staff(Role.HANDLER, "north-1"), True),
        (IN_THE_NORTH, staff(Role.HANDLER, "south"), False),
        (IN_THE_NORTH, staff(Role.HANDLER, "roads"), False),
        (IN_THE_NORTH, staff(Role.SUPERVISOR, "", "north"), True),
        (IN_THE_NORTH, staff(Role.SUPERVISOR), False),
        (ADMIN, staff(Role.ADMIN), True),
        (person(Role.HANDLER, "north"), staff(Role.HANDLER, "north"), False),
    ],
)
def test_removing(by: Person, whom: Staff, may: bool) -> None:
    assert over(guide(), by, whom, Act.REMOVE) is may


@pytest.mark.parametrize(
    ("name", "good"),
    [
        *(("张三", True), ("Anna de Groot", True), ("a" * 40, True)),
        *(("", False), ("=1+1", False), ("@x", False), ("a" * 41, False)),
        *(("张\n三", False), (" 张三", False), ("张\u202e三", False)),
    ],
)
def test_names(name: str, good: bool) -> None:
    assert good_name(name) is good
