"""The town drawn: outlines of its areas coloured by how much was filed there, and where exactly, on a plane.

Longitudes are drawn closer together than latitudes by the cosine of the middle of the town, which is true enough for a
county; nothing of the earth's other curves can be seen at this size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, cos, radians, sqrt

from bot.domain.town import Area, Town
from bot.views.dashboard import Shape, Table, TownMap

WIDTH, TALLEST, MARGIN = 760, 900, 14
SHADES = 6
NAMED = 45
"""With more areas than that their names would cover each other."""

CELL = 0.002
"""Degrees, some 200 m: points that lie closer are one spot."""

MOST_SPOTS = 400
SPOT = 3.5
CENTRE = 11.0
_FAR = 0.05
"""Points so much of the town's width outside of it are left out."""

Point = tuple[float, float]
Spot = tuple[float, float, int]


def shade(count: float, most: float) -> int:
    """How dark a number is drawn, 0 to `SHADES`: by its root, so that small differences between small ones show."""
    return 0 if count <= 0 or most <= 0 else max(1, min(SHADES, ceil(SHADES * sqrt(count / most))))


def legend(most: int) -> tuple[tuple[int, str], ...]:
    """The numbers that each shade stands for: (shade, "from–to"), those that no number has left out."""
    found = []
    for step in range(SHADES + 1):
        numbers = [n for n in _edges(most) if shade(n, most) == step]
        if numbers:
            first, last = min(numbers), max(numbers)
            found.append((step, str(first) if first == last else f"{first}–{last}"))
    return tuple(found)


def _edges(most: int) -> set[int]:
    """Numbers up to the most at which a shade begins or ends."""
    borders = [int(most * (step / SHADES) ** 2) for step in range(SHADES + 1)]
    return {n for border in borders for n in (border - 1, border, border + 1) if 0 <= n <= most}


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a point of the earth lies in the drawing."""

    south: float
    west: float
    north: float
    east: float

    @classmethod
    def around(cls, points: Sequence[Point]) -> Plane | None:
        """The smallest that holds all points; None for less than an extent."""
        if not points:
            return None
        latitudes, longitudes = [p[0] for p in points], [p[1] for p in points]
        found = cls(min(latitudes), min(longitudes), max(latitudes), max(longitudes))
        return found if found.north > found.south and found.east > found.west else None

    @property
    def _squeeze(self) -> float:
        return cos(radians((self.south + self.north) / 2))

    @property
    def scale(self) -> float:
        """Units of the drawing in a degree of latitude."""
        across = (WIDTH - 2 * MARGIN) / ((self.east - self.west) * self._squeeze)
        return min(across, (TALLEST - 2 * MARGIN) / (self.north - self.south))

    @property
    def width(self) -> int:
        """Of the drawing."""
        return round((self.east - self.west) * self._squeeze * self.scale + 2 * MARGIN)

    @property
    def height(self) -> int:
        """Of the drawing."""
        return round((self.north - self.south) * self.scale + 2 * MARGIN)

    def at(self, point: Point) -> Point:
        """(x, y) in the drawing."""
        x = (point[1] - self.west) * self._squeeze * self.scale + MARGIN
        y = (self.north - point[0]) * self.scale + MARGIN
        return round(x, 1), round(y, 1)

    def holds(self, point: Point) -> bool:
        """Whether a point lies in the town or hardly outside."""
        high, wide = (self.north - self.south) * _FAR, (self.east - self.west) * _FAR
        inside = self.south - high <= point[0] <= self.north + high
        return inside and self.west - wide <= point[1] <= self.east + wide


def town_map(
    town: Town,
    only: frozenset[str] | None,
    counts: Mapping[str, int],
    spots: Iterable[Spot],
    name: Callable[[str], str],
    table: Table,
) -> TownMap | None:
    """The map of a town, or of some of its areas; None where nothing says where they lie. ``counts`` are by area."""
    areas = [a for a in town.areas.values() if not a.retired and (only is None or a.code in only)]
    outlined = [area for area in areas if area.outline]
    inner = [area for area in outlined or areas if _innermost(area, outlined or areas)]
    drawn = inner if outlined else [area for area in inner if area.centre is not None]
    points = [point for area in drawn for point in (area.outline or (area.centre,)) if point is not None]
    plane = Plane.around(points)
    if plane is None:
        return None
    most = max((counts.get(area.code, 0) for area in drawn), default=0)
    named = len(drawn) <= NAMED
    return TownMap(
        width=plane.width,
        height=plane.height,
        areas=tuple(_shape(area, plane, counts.get(area.code, 0), most, name(area.code), named) for area in drawn),
        borders=tuple(_path(area, plane) for area in outlined if area not in inner),
        spots=tuple(_spot(spot, plane) for spot in spots if plane.holds(spot[:2])),
        legend=legend(most),
        table=table,
    )


def _innermost(area: Area, areas: Sequence[Area]) -> bool:
    return not any(other.parent == area.code for other in areas)


def _shape(area: Area, plane: Plane, count: int, most: int, name: str, named: bool) -> Shape:
    path = _path(area, plane)
    x, y = plane.at(area.centre if area.centre is not None else _middle(area.outline))
    return Shape(name, str(count), shade(count, most), path, x, y, 0.0 if path else CENTRE, named)


def _path(area: Area, plane: Plane) -> str:
    """An outline as SVG writes it, "" for none."""
    corners = (plane.at(point) for point in area.outline)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in corners) + "Z" if area.outline else ""


def _middle(corners: Sequence[Point]) -> Point:
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def _spot(spot: Spot, plane: Plane) -> Shape:
    latitude, longitude, count = spot
    x, y = plane.at((latitude, longitude))
    return Shape("", str(count), 0, "", x, y, round(min(SPOT * sqrt(count), 4 * SPOT), 1), named=False)
