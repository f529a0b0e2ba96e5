"""What today's rules would do with tickets of the past, for whoever changes the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.guide import Guide
from bot.domain.town import Town
from bot.message import JsonObject


class Verdict(StrEnum):
    """What becomes of a ticket when its kind and place are routed again."""

    SAME = "same"  # the unit that has it now
    CHANGED = "changed"  # another unit
    POOL = "pool"  # no rule takes it


@dataclass(frozen=True, slots=True)
class Moved:
    """A ticket that would go elsewhere. ``before`` has it now, ``after`` would get it; "" is the pool."""

    number: str
    kind: str
    area: str
    before: str
    after: str


@dataclass(slots=True)
class Replay:
    """Counts by kind, and the tickets that would go elsewhere."""

    guide: Guide
    counts: dict[str, dict[Verdict, int]] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)

    def add(self, number: str, kind: str, area: str, unit: str) -> Verdict:
        """Route one ticket again; ``unit`` is the one that has it."""
        after = self.guide.route(kind, area).unit
        verdict = Verdict.POOL if not after else Verdict.SAME if after == unit else Verdict.CHANGED
        row = self.counts.setdefault(kind, dict.fromkeys(Verdict, 0))
        row[verdict] += 1
        if after != unit:
            self.moved.append(Moved(number, kind, area, unit, after))
        return verdict

    @property
    def total(self) -> dict[Verdict, int]:
        """All kinds together."""
        return {verdict: sum(row[verdict] for row in self.counts.values()) for verdict in Verdict}

    def rows(self) -> Sequence[tuple[str, dict[Verdict, int]]]:
        """The counts by kind, where most would change first."""
        return sorted(self.counts.items(), key=lambda item: (-item[1][Verdict.CHANGED], item[0]))

    def as_object(self, *, listed: bool) -> JsonObject:
        """All of it for other programs; the single tickets when ``listed``."""
        found: JsonObject = {
            "total": {verdict.value: count for verdict, count in self.total.items()},
            "kinds": {kind: {v.value: n for v, n in row.items()} for kind, row in self.rows()},
        }
        if listed:
            found["tickets"] = [
                {"number": m.number, "kind": m.kind, "area": m.area or None, "unit": m.before or None,
                 "would_be": m.after or None}
                for m in self.moved
            ]  # fmt: skip
        return found


def unit_called(town: Town, code: str) -> str:
    """A unit as the operator knows it: name and code."""
    if not code:
        return "the pool"
    return f"{town.units[code].name} ({code})" if code in town.units else code


def kind_called(town: Town, code: str) -> str:
    """A kind by name and code."""
    return f"{town.kinds[code].name} ({code})" if code in town.kinds else code
