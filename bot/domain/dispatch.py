"""Which unit a matter goes to: the town's rules in their order, the first that fits wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.gazetteer import Gazetteer
from bot.domain.town import UNDECIDED, Rule, Town, Unit

ANY = "*"
SERVING = "@"
"""A rule's unit "@1" or "@2" is the unit of that level that serves the place."""


class Why(StrEnum):
    """Why a matter goes where it goes."""

    RULE = "rule"  # that rule took it
    UNDECIDED = "undecided"  # nobody knows yet what it is about: the pool
    NO_PLACE = "no_place"  # which rule takes it depends on where it is, and nobody knows: the pool
    NO_RULE = "no_rule"  # no rule takes it: the pool


@dataclass(frozen=True, slots=True)
class Route:
    """Where a matter goes: a unit's code, or "" for the pool. ``rule`` is the index of the rule that won."""

    unit: str
    rule: int | None
    why: Why

    @property
    def pooled(self) -> bool:
        """Whether no rule took it."""
        return not self.unit


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The rules of a town, answering at once for what was asked before. Built by `Dispatcher.of`."""

    town: Town
    gazetteer: Gazetteer
    serving: Mapping[tuple[int, str], str]
    _known: dict[tuple[str, str], Route] = field(default_factory=dict)

    @classmethod
    def of(cls, town: Town, gazetteer: Gazetteer) -> Dispatcher:
        """The dispatcher of a checked town."""
        serving: dict[tuple[int, str], str] = {}
        for unit in town.units.values():
            if unit.area and not unit.retired:
                serving.setdefault((unit.level, unit.area), unit.code)
        return cls(town, gazetteer, serving)

    def route(self, kind: str, area: str) -> Route:
        """Where a matter of that kind in that area ("" unknown) goes. Codes the town does not know go to the pool."""
        known = self._known.get((kind, area))
        if known is None:
            known = self._route(kind, area)
            if kind in self.town.kinds and (not area or area in self.town.areas):
                self._known[kind, area] = known
        return known

    def serving_unit(self, level: int, area: str) -> str:
        """The unit of a level that serves an area or one it lies in; "" when there is none."""
        found = (self.serving.get((level, code)) for code in self.gazetteer.above.get(area, ()))
        return next((unit for unit in found if unit), "")

    def _route(self, kind: str, area: str) -> Route:
        if kind == UNDECIDED or kind not in self.town.kinds:
            return Route("", None, Why.UNDECIDED)
        above = self.gazetteer.above.get(area, ())
        for number, rule in enumerate(self.town.rules):
            if rule.kind not in (ANY, kind):
                continue
            if not above and (rule.area != ANY or rule.unit.startswith(SERVING)):
                return Route("", None, Why.NO_PLACE)
            if rule.area != ANY and rule.area not in above:
                continue
            unit = self._unit(rule, kind, area)
            if unit is not None:
                return Route(unit.code, number, Why.RULE)
        return Route("", None, Why.NO_RULE)

    def _unit(self, rule: Rule, kind: str, area: str) -> Unit | None:
        """The unit a rule means, if it may act on that kind."""
        code = rule.unit
        if code.startswith(SERVING):
            code = self.serving_unit(int(code.removeprefix(SERVING)), area)
        unit = self.town.units.get(code)
        if unit is None or unit.retired or (unit.level == 1 and self.town.kinds[kind].forbids_level_1):
            return None
        return unit
