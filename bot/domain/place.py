"""Where the problem is. Stored coordinates are always WGS-84, in degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Datum(StrEnum):
    """Which grid a pair of coordinates was given in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


@dataclass(frozen=True, slots=True)
class Pin:
    """A point as a channel sent it, with the words that came along."""

    latitude: float
    longitude: float
    datum: Datum = Datum.WGS84
    label: str = ""


class Place(msgspec.Struct, frozen=True):
    """A place the desk understood.

    ``area`` is the code of the smallest area known to hold it ("" when outside the town or unknown), ``name`` what
    people are shown, ``address`` the words it came from. Latitude and longitude are WGS-84 degrees; ``pin`` keeps the
    point as it was sent.
    """

    name: str
    area: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    pin: Pin | None = None


_EARTH_RADIUS_M = 6_371_008.8
# Krasovsky 1940 ellipsoid, which the GCJ-02 obfuscation is defined on.
_GCJ_A = 6_378_245.0
_GCJ_EE = 0.00669342162296594323


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two (latitude, longitude) points in metres (haversine formula)."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(h))


def wgs84_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """Shift a WGS-84 point onto the grid that Chinese maps use; outside China nothing moves."""
    if not (0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    d_lat += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    d_lon += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    d_lon += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    phi = math.radians(latitude)
    magic = 1 - _GCJ_EE * math.sin(phi) ** 2
    d_lat = math.degrees(d_lat * magic**1.5 / (_GCJ_A * (1 - _GCJ_EE)))
    d_lon = math.degrees(d_lon * math.sqrt(magic) / (_GCJ_A * math.cos(phi)))
    return latitude + d_lat, longitude + d_lon


def gcj02_to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """The inverse of `wgs84_to_gcj02`, by fixed-point steps; exact to less than a millimetre."""
    lat, lon = latitude, longitude
    for _ in range(5):
        shifted_lat, shifted_lon = wgs84_to_gcj02(lat, lon)
        lat, lon = lat + latitude - shifted_lat, lon + longitude - shifted_lon
    return lat, lon


def true_point(pin: Pin) -> tuple[float, float]:
    """(latitude, longitude) of a pin in WGS-84 degrees."""
    if pin.datum is Datum.GCJ02:
        return gcj02_to_wgs84(pin.latitude, pin.longitude)
    return pin.latitude, pin.longitude


def inside(point: tuple[float, float], ring: tuple[tuple[float, float], ...]) -> bool:
    """Whether a (latitude, longitude) point lies in a closed ring of such points (ray casting)."""
    lat, lon = point
    found = False
    for (lat1, lon1), (lat2, lon2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (lat1 > lat) != (lat2 > lat) and lon < (lon2 - lon1) * (lat - lat1) / (lat2 - lat1) + lon1:
            found = not found
    return found
