"""The town's names and outlines: which area a text or a pin speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bot.domain.place import Pin, Place, distance_m, inside, true_point
from bot.domain.town import Area, Town

Point = tuple[float, float]

AND = "，"
"""Between a name and the area it lies in."""
_DEGREE_M = 111_000.0  # a degree of latitude, rounded down, for a cheap first look


class Named(IntEnum):
    """What bears a name; a higher one says more exactly where."""

    STREET = 0  # a town or street: level 2
    COMMUNITY = 1  # a village or community: level 1
    ROAD = 2
    ESTATE = 3
    LANDMARK = 4


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name, what bears it, and the codes of the areas it may lie in."""

    name: str
    what: Named
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """A name found in a (folded) text, from ``start`` to ``end``."""

    found: PlaceName
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlaceFinding:
    """Where a text speaks of: a place, or the codes of several areas to choose from, or neither.

    ``name`` is the name that won ("" when none was found).
    """

    place: Place | None = None
    options: tuple[str, ...] = ()
    name: str = ""


NOWHERE = PlaceFinding()


def place_names(town: Town, fold: Callable[[str], str]) -> dict[str, PlaceName]:
    """Every name of the town that is in use, by its folded form. One name in several areas keeps them all."""
    names: dict[str, PlaceName] = {}
    for area in town.areas.values():
        if area.retired:
            continue
        for name, what in _names_of(area):
            key = fold(name)
            known = names.get(key)
            if known is None:
                names[key] = PlaceName(name, what, (area.code,))
            elif area.code not in known.areas:
                names[key] = PlaceName(known.name, max(known.what, what), (*known.areas, area.code))
    return names


def _names_of(area: Area) -> Iterator[tuple[str, Named]]:
    own = Named.COMMUNITY if area.level == 1 else Named.STREET
    yield area.name, own
    if area.name_en:
        yield area.name_en, own
    for alias in area.aliases:
        yield alias, own
    for names, what in ((area.roads, Named.ROAD), (area.estates, Named.ESTATE), (area.landmarks, Named.LANDMARK)):
        for name in names:
            yield name, what


@dataclass(frozen=True, slots=True)
class _Outline:
    area: str
    level: int
    ring: tuple[Point, ...]
    box: tuple[float, float, float, float]  # south, west, north, east

    @classmethod
    def of(cls, area: Area) -> _Outline:
        latitudes, longitudes = zip(*area.outline, strict=True)
        box = (min(latitudes), min(longitudes), max(latitudes), max(longitudes))
        return cls(area.code, area.level, area.outline, box)

    def holds(self, point: Point) -> bool:
        south, west, north, east = self.box
        return south <= point[0] <= north and west <= point[1] <= east and inside(point, self.ring)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Answers where. Built by `Gazetteer.of`.

    ``above`` maps an area to itself and all areas it lies in, smallest first.
    """

    areas: Mapping[str, Area]
    above: Mapping[str, tuple[str, ...]]
    outlines: tuple[_Outline, ...]
    centres: tuple[tuple[str, Point], ...]
    reach_m: float

    @classmethod
    def of(cls, town: Town) -> Gazetteer:
        """The gazetteer of a town whose parents have been checked for loops."""
        living = [area for area in town.areas.values() if not area.retired]
        outlines = sorted((_Outline.of(area) for area in living if area.outline), key=lambda o: o.level)
        centres = tuple((area.code, area.centre) for area in living if area.centre is not None)
        above = {code: tuple(_chain(town.areas, code)) for code in town.areas}
        return cls(town.areas, above, tuple(outlines), centres, town.limits.pin_reach_m)

    def title(self, area: str) -> str:
        """What people call an area, its parent first; "" for an unknown code."""
        return "".join(self.areas[code].name for code in reversed(self.above.get(area, ())))

    def from_text(self, matches: Sequence[PlaceMatch]) -> PlaceFinding:
        """The place a text speaks of.

        The longest name wins, of equally long ones the more exact; two of equal right are both offered. The others
        narrow it down where they agree: a community its street, a street one of two roads of the same name.
        """
        if not matches:
            return NOWHERE
        ranked = sorted(matches, key=lambda m: (m.start - m.end, -m.found.what, m.start))
        first = ranked[0].found
        candidates = first.areas
        rivals = [
            m.found for m in ranked[1:] if self._equal(m, ranked[0]) and not self._narrowed(first.areas, m.found.areas)
        ]
        for rival in rivals:
            candidates = (*candidates, *rival.areas)
        for match in ranked[1:]:
            if match.found not in rivals:
                candidates = self._narrowed(candidates, match.found.areas) or candidates
        agreeing = (m.found for m in ranked if m.found.what >= Named.ROAD and self._narrowed(candidates, m.found.areas))
        best = next(agreeing, first)
        if len(candidates) > 1:
            return PlaceFinding(options=candidates, name=best.name)
        area = candidates[0]
        return PlaceFinding(Place(self._called(best, area), area, address=best.name), name=best.name)

    def in_area(self, area: str, name: str = "") -> Place:
        """The place called ``name`` in an area somebody chose. Raises KeyError for an unknown code."""
        own = self.areas[area].name
        return Place(f"{name}{AND}{own}" if name and name != own else self.title(area), area, address=name)

    def from_pin(self, pin: Pin, matches: Sequence[PlaceMatch] = ()) -> Place | None:
        """Where a pin lies: the outline that holds it, else the nearest centre in reach, else None (outside).

        ``matches`` are names found in the pin's label; a road or landmark of that very area names the place.
        """
        point = true_point(pin)
        area = self.area_at(point)
        if not area:
            return None
        fitting = (m.found for m in matches if any(self._agree(area, a) for a in m.found.areas))
        best = max(fitting, key=lambda found: (found.what, len(found.name)), default=None)
        name = self.title(area) if best is None else self._called(best, area)
        return Place(name, area, address=pin.label, latitude=point[0], longitude=point[1], pin=pin)

    def area_at(self, point: Point) -> str:
        """Code of the smallest area at a (latitude, longitude) point; "" outside the town."""
        within = next((outline for outline in self.outlines if outline.holds(point)), None)
        if within is not None and within.level == 1:
            return within.area
        if within is not None:
            return self._nearest(point, 1, within.area) or within.area
        return self._nearest(point, 1) or self._nearest(point, 2)

    def _nearest(self, point: Point, level: int, inside_of: str = "") -> str:
        latitude = point[0]
        slack = self.reach_m / _DEGREE_M
        best, best_m = "", self.reach_m
        for area, centre in self.centres:
            if abs(centre[0] - latitude) > slack or self.areas[area].level != level:
                continue
            if inside_of and inside_of not in self.above[area]:
                continue
            metres = distance_m(point, centre)
            if metres < best_m or (metres == best_m and not best):
                best, best_m = area, metres
        return best

    @staticmethod
    def _equal(one: PlaceMatch, other: PlaceMatch) -> bool:
        return one.end - one.start == other.end - other.start and one.found.what is other.found.what

    def _called(self, found: PlaceName, area: str) -> str:
        if found.what < Named.ROAD:
            return self.title(area)
        return f"{found.name}{AND}{self.areas[area].name}"

    def _agree(self, one: str, other: str) -> bool:
        return other in self.above[one] or one in self.above[other]

    def _narrowed(self, candidates: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
        smaller = (
            one if other in self.above[one] else other
            for one in candidates
            for other in others
            if self._agree(one, other)
        )
        return tuple(dict.fromkeys(smaller))


def _chain(areas: Mapping[str, Area], code: str) -> Iterator[str]:
    while code:
        yield code
        code = areas[code].parent
