"""Who is told when a unit's people cannot be: lead, units above, the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from msgspec.structs import replace

from bot.domain.directory import Directory
from bot.domain.guide import Guide
from bot.domain.people import Role, Shift, Staff
from bot.domain.reaching import Audience, audience
from bot.domain.town import Area, Town, Unit

NOW = datetime(2026, 3, 4, tzinfo=UTC)
AWAY = Shift(NOW - timedelta(days=1), NOW + timedelta(days=1))


@cache
def guide() -> Guide:
    areas = {code: Area(code=code, name=code, level=2) for code in ("north", "south")}
    units = {
        "bureau": Unit(code="bureau", name="局"),
        "north": Unit(code="north", name="北", level=2, parent="bureau", area="north"),
        "village": Unit(code="village", name="村", level=1, parent="north", area="north"),
    }
    return Guide.of(Town(code="t", name="镇", areas=areas, units=units))


def who(id_: str, role: Role, unit: str = "", *areas: str) -> Staff:
    return Staff(id=id_, name=id_, role=role, unit=unit, areas=areas, joined_at=NOW)


PEOPLE = (
    who("v1", Role.HANDLER, "village"),
    who("v2", Role.HANDLER, "village"),
    who("vl", Role.LEAD, "village"),
    who("n1", Role.HANDLER, "north"),
    who("nl", Role.LEAD, "north"),
    who("bl", Role.LEAD, "bureau"),
    who("sn", Role.SUPERVISOR, "", "north"),
    who("ss", Role.SUPERVISOR, "", "south"),
    who("a", Role.ADMIN),
)


def told(silent: str, unit: str = "village", people: tuple[Staff, ...] = PEOPLE) -> tuple[str, str, bool]:
    found = audience(Directory.of(people), guide(), unit, lambda staff: staff.id not in silent.split(), NOW)
    return " ".join(staff.id for staff in found.people), found.unit, found.at_desk


@pytest.mark.parametrize(
    ("silent", "people", "unit", "at_desk"),
    [
        ("", "v1 v2", "village", False),
        ("v1", "v2", "village", False),
        ("v1 v2", "vl", "village", False),
        ("v1 v2 vl", "nl", "north", False),  # never the handlers of a unit above: they may not see it
        ("v1 v2 vl nl", "bl", "bureau", False),
        ("v1 v2 vl nl bl", "sn", "", True),
        ("v1 v2 vl nl bl sn", "ss", "", True),
        ("v1 v2 vl nl bl sn ss", "a", "", True),
        ("v1 v2 vl nl bl sn ss a", "", "", True),
    ],
)
def test_the_chain(silent: str, people: str, unit: str, at_desk: bool) -> None:
    assert told(silent) == (people, unit, at_desk)


def test_the_desk_itself() -> None:
    assert told("", unit="") == ("sn ss", "", True)


def test_a_unit_nobody_knows_goes_to_the_desk() -> None:
    assert told("", unit="gone") == ("sn ss", "", True)


def test_deputies_stand_in() -> None:
    people = tuple(replace(s, away=AWAY, deputy="v2") if s.id == "v1" else s for s in PEOPLE)
    assert told("", people=people) == ("v2", "village", False)


def test_on_leave_without_a_deputy_is_nobody() -> None:
    people = tuple(replace(s, away=AWAY) if s.id in ("v1", "v2") else s for s in PEOPLE)
    assert told("", people=people) == ("vl", "village", False)


def test_a_deputy_of_a_deputy_who_is_back_in_a_circle_ends() -> None:
    circle = {"v1": "v2", "v2": "v1"}
    people = tuple(replace(s, away=AWAY, deputy=circle[s.id]) if s.id in circle else s for s in PEOPLE)
    assert told("", people=people) == ("vl", "village", False)


def test_nobody_at_all() -> None:
    assert audience(Directory(), guide(), "village", lambda _: True, NOW) == Audience((), "", at_desk=True)
