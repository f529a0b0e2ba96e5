"""Values a clerk writes as words: spans of time, hours of work, days, points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from bot.domain.town import WorkHours

Point = tuple[float, float]

_SPAN = re.compile(r"(\d+(?:\.\d+)?) *(s|min|h|d)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})")
_MOST_DAYS = 400


def read_span(text: str) -> timedelta:
    """ "90s", "30min", "2h", "1d". Raises ValueError for anything else and for nothing at all."""
    found = _SPAN.fullmatch(text.strip())
    if not found or not float(found[1]):
        raise ValueError(f'{text!r} is no span of time; write it like "30min", "2h" or "1d"')
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def read_hours(spans: Sequence[str]) -> WorkHours:
    """["09:00-12:00", "14:00-18:00"]. Raises ValueError when a span is no span, or they are not in order."""
    read: list[tuple[time, time]] = []
    for span in spans:
        found = _HOURS.fullmatch(span.strip())
        if not found:
            raise ValueError(f'{span!r} is no span of working time; write it like "09:00-12:00"')
        try:
            start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        except ValueError:
            raise ValueError(f"{span!r}: there is no such time of day") from None
        if start >= end:
            raise ValueError(f"{span!r} ends before it begins")
        if read and start < read[-1][1]:
            raise ValueError(f"{span!r} begins before the span in front of it ends")
        read.append((start, end))
    if not read:
        raise ValueError("there must be at least one span of working time")
    return WorkHours(tuple(read))


def read_days(written: object) -> Iterator[date]:
    """One day, or all days of "2027-02-05..2027-02-11". Raises ValueError."""
    if isinstance(written, date) and not isinstance(written, datetime):
        yield written
        return
    first, dots, last = str(written).partition("..")
    try:
        start = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if dots else start
    except ValueError:
        raise ValueError(f'{written!r} is no day; write it like 2027-02-05 or "2027-02-05..2027-02-11"') from None
    if not 0 <= (end - start).days < _MOST_DAYS:
        raise ValueError(f"{written!r} ends before it begins, or is longer than a year")
    for number in range((end - start).days + 1):
        yield start + timedelta(days=number)


def read_point(written: Sequence[float]) -> Point:
    """(latitude, longitude) of a written [longitude, latitude]. Raises ValueError."""
    if len(written) != 2:
        raise ValueError("a point is [longitude, latitude]")
    longitude, latitude = written
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"{list(written)} is no point on earth; the longitude comes first")
    return latitude, longitude


def read_outline(written: list[list[float]] | str) -> tuple[Point, ...]:
    """The ring of points of an outline, not closed. Raises ValueError.

    A string holds a GeoJSON polygon (or a feature with one); only its outer ring counts.
    """
    ring = _ring(written) if isinstance(written, str) else written
    if not ring:
        return ()
    points = [read_point(point) for point in ring]
    if points[0] == points[-1]:
        points.pop()
    if len(set(points)) < 3:
        raise ValueError("an outline needs at least three points")
    return tuple(points)


def _ring(geojson: str) -> list[list[float]]:
    try:
        shape = msgspec.json.decode(geojson)
        if shape.get("type") == "Feature":
            shape = shape["geometry"]
        if shape["type"] != "Polygon":
            raise ValueError(f"an outline is one Polygon, not a {shape['type']}")
        return msgspec.convert(shape["coordinates"][0], list[list[float]])
    except (msgspec.DecodeError, AttributeError, KeyError, IndexError, TypeError):
        raise ValueError("not a GeoJSON polygon") from None


def middle(ring: Sequence[Point]) -> Point:
    """The centroid of a ring (shoelace formula, flat earth: a community is small); the mean for one without area."""
    area = latitude = longitude = 0.0
    lat0, lon0 = ring[0]
    for (lat1, lon1), (lat2, lon2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        x1, y1, x2, y2 = lon1 - lon0, lat1 - lat0, lon2 - lon0, lat2 - lat0
        cross = x1 * y2 - x2 * y1
        area += cross
        longitude += (x1 + x2) * cross
        latitude += (y1 + y2) * cross
    if not area:
        return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
    return lat0 + latitude / (3 * area), lon0 + longitude / (3 * area)
