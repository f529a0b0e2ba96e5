"""Which unit a matter goes to."""

from __future__ import annotations

import pytest

from bot.domain.dispatch import Dispatcher, Route, Why
from bot.domain.gazetteer import Gazetteer
from bot.domain.town import Area, Kind, Rule, Town, Unit

TOWN = Town(
    code="t",
    name="T",
    areas={
        "east": Area(code="east", name="东街道", level=2),
        "joy": Area(code="joy", name="幸福社区", parent="east"),
        "bare": Area(code="bare", name="空社区", parent="east"),
        "west": Area(code="west", name="西街道", level=2),
        "peace": Area(code="peace", name="和平社区", parent="west"),
    },
    kinds={
        code: Kind(code=code, name=code, forbids_level_1=code == "law")
        for code in ("roads", "care", "law", "shop", "odd", "undecided")
    },
    units={
        "bureau": Unit(code="bureau", name="局"),
        "east-office": Unit(code="east-office", name="办", level=2, area="east"),
        "joy-committee": Unit(code="joy-committee", name="居", level=1, area="joy", parent="east-office"),
        "peace-committee": Unit(code="peace-committee", name="居", level=1, area="peace"),
        "old": Unit(code="old", name="旧", level=2, area="west", retired=True),
    },
    rules=(
        Rule("roads", "east", "@2"),
        Rule("roads", "*", "bureau"),
        Rule("care", "*", "@1"),
        Rule("care", "*", "@2"),
        Rule("law", "*", "@1"),
        Rule("law", "peace", "peace-committee"),
        Rule("law", "*", "bureau"),
        Rule("shop", "*", "bureau"),
    ),
)
DISPATCHER = Dispatcher.of(TOWN, Gazetteer.of(TOWN))


@pytest.mark.parametrize(
    ("kind", "area", "unit", "rule", "why"),
    [
        ("roads", "joy", "east-office", 0, Why.RULE),  # the community lies in the street the rule names
        ("roads", "east", "east-office", 0, Why.RULE),
        ("roads", "peace", "bureau", 1, Why.RULE),
        ("roads", "", "", None, Why.NO_PLACE),  # where it is decides between two rules
        ("care", "joy", "joy-committee", 2, Why.RULE),
        ("care", "bare", "east-office", 3, Why.RULE),  # no unit of level 1 there: the next rule
        ("care", "east", "east-office", 3, Why.RULE),
        ("care", "west", "", None, Why.NO_RULE),  # its only unit is retired
        ("law", "joy", "bureau", 6, Why.RULE),  # never to a village
        ("law", "peace", "bureau", 6, Why.RULE),
        ("shop", "", "bureau", 7, Why.RULE),  # no rule for it asks where
        ("shop", "joy", "bureau", 7, Why.RULE),
        ("odd", "joy", "", None, Why.NO_RULE),
        ("undecided", "joy", "", None, Why.UNDECIDED),
        ("nonsense", "joy", "", None, Why.UNDECIDED),
        ("", "", "", None, Why.UNDECIDED),
        ("shop", "nowhere", "bureau", 7, Why.RULE),
        ("roads", "nowhere", "", None, Why.NO_PLACE),
    ],
)
def test_the_first_rule_that_fits_wins(kind: str, area: str, unit: str, rule: int | None, why: Why) -> None:
    for _ in range(2):  # the second answer comes from memory
        assert DISPATCHER.route(kind, area) == Route(unit, rule, why)
    assert DISPATCHER.route(kind, area).pooled == (unit == "")


def test_any_kind_but_the_undecided_one_fits_a_star() -> None:
    town = Town(code="t", name="T", kinds=TOWN.kinds, units=TOWN.units, rules=(Rule("*", "*", "bureau"),))
    dispatcher = Dispatcher.of(town, Gazetteer.of(town))
    assert dispatcher.route("odd", "").unit == "bureau"
    assert dispatcher.route("undecided", "").pooled
