"""The barometer, hot topics and the heat map: what was filed where and about what, against before.

A tally is how many tickets, and from how many people. Weeks are those of `bot.domain.boards.periods`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

WEEKS = 8
"""So many former weeks are what is usual."""

LEAST_PEOPLE = 3
"""What fewer people speak of is not hot."""


class Sky(StrEnum):
    """How something stands against before, as weather."""

    SUNNY = "sunny"  # a fifth less, or better
    FAIR = "fair"  # as usual
    CLOUDY = "cloudy"  # a fifth more
    RAIN = "rain"  # half as much again
    STORM = "storm"  # twice as much and more


def sky(now: float, usual: float) -> Sky:
    """The weather of a count that should be small. Where hardly anything is usual, a few are no storm yet."""
    if now <= usual * 0.8 and usual > 0:
        return Sky.SUNNY
    over = (now - usual) / max(usual, LEAST_PEOPLE)
    if over >= 1:
        return Sky.STORM
    if over >= 0.5:
        return Sky.RAIN
    return Sky.CLOUDY if over >= 0.2 else Sky.FAIR


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the barometer: this week, the week before, and the mean of the eight weeks before."""

    name: str
    now: float
    before: float
    usual: float

    @property
    def sky(self) -> Sky:
        """Against what is usual."""
        return sky(self.now, self.usual)


def reading(name: str, weeks: Sequence[float]) -> Reading:
    """A line of the barometer from the figures of the weeks, the newest first; weeks that are missing were quiet."""
    padded = [*weeks, *(0.0,) * (WEEKS + 1 - len(weeks))]
    return Reading(name, padded[0], padded[1], sum(padded[1 : WEEKS + 1]) / WEEKS)


def heat(count: float, expected: float) -> float:
    """How hot a topic is: (n - e) / sqrt(e + 1) (rule book, "Repeats, shared, special, hot")."""
    return (count - expected) / sqrt(expected + 1)


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind in an area: how many tickets, of how many people, what is usual, and how hot that is."""

    kind: str
    area: str
    count: int
    people: int
    expected: float
    heat: float


def hot_topics(
    now: Mapping[tuple[str, str], tuple[int, int]], before: Mapping[tuple[str, str], int], most: int
) -> list[Topic]:
    """The hottest topics, by (kind, area): ``now`` is how many tickets, of how many people, in the week, ``before`` the
    sum of the people of each of the eight weeks before it. Only what at least three people speak of, and more than
    usual."""
    found = []
    for (kind, area), (count, people) in now.items():
        expected = before.get((kind, area), 0) / WEEKS
        if people >= LEAST_PEOPLE and people > expected:
            found.append(Topic(kind, area, count, people, expected, heat(people, expected)))
    found.sort(key=lambda topic: (-topic.heat, -topic.people, topic.kind, topic.area))
    return found[:most]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Counts by area and kind. Areas and kinds are those that occur, the busiest first; ``of`` is 0 elsewhere."""

    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]

    def of(self, area: str, kind: str) -> int:
        """How many tickets of a kind in an area."""
        return self.counts.get((area, kind), 0)

    @property
    def total(self) -> int:
        """All together."""
        return sum(self.counts.values())


def heat_map(counts: Iterable[tuple[str, str, int]]) -> HeatMap:
    """The heat map of (area, kind, how many); the area is "" for what has no place."""
    cells: dict[tuple[str, str], int] = {}
    for area, kind, count in counts:
        cells[area, kind] = cells.get((area, kind), 0) + count
    areas: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for (area, kind), count in cells.items():
        areas[area] = areas.get(area, 0) + count
        kinds[kind] = kinds.get(kind, 0) + count
    return HeatMap(_busiest(areas), _busiest(kinds), cells)


def _busiest(totals: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(totals, key=lambda name: (-totals[name], name)))
