"""What a program asks for, read out of the address. Whatever is wrong is said by its name; nothing is guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.domain.numbers import parse as parse_number
from bot.errors import Malformed
from bot.views.open311 import Asked

PAGE_SIZE, LARGEST_PAGE = 100, 500
LAST_PAGE = 1_000_000
IDS = 500
RADIUS, LARGEST_RADIUS = 1000.0, 100_000.0
"""Metres around a point: where none are asked for, and at most."""

RECENT = timedelta(days=90)
"""What is shown where no dates are asked for (GeoReport v2, "GET Service Requests")."""

_WHOLE = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{0,30})?")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?)?(Z|[+ -]\d{2}:?\d{2})?", re.I)


def wrong(name: str, why: str, **params: object) -> Malformed:
    """A value that cannot be used: ``why`` names the reason (``open311.why.<why>``)."""
    return Malformed("open311.wrong.value", name=name, why=why, **params)


def asked(query: Mapping[str, str], now: datetime) -> Asked:
    """Which requests are asked for. Raises Malformed."""
    numbers = _listed(query, "service_request_id")
    since, until = moment(query, "start_date"), moment(query, "end_date")
    if since is None and until is None and "updated_after" not in query and "updated_before" not in query:
        since = now - RECENT
    size = min(_whole(query, "page_size", PAGE_SIZE), LARGEST_PAGE)
    page = min(_whole(query, "page", 1), LAST_PAGE)
    return Asked(
        numbers=tuple(dict.fromkeys(filter(None, map(parse_number, numbers)))) if numbers else None,
        codes=_listed(query, "service_code"),
        open=_open(query),
        since=since,
        until=_through(until),
        updated_since=moment(query, "updated_after"),
        updated_until=_through(moment(query, "updated_before")),
        near=_near(query),
        limit=size,
        offset=(page - 1) * size,
    )


def moment(query: Mapping[str, str], name: str) -> datetime | None:
    """A W3C date, or date and time; UTC where no zone is given. Raises Malformed."""
    text = query.get(name, "").strip()
    if not text:
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        raise wrong(name, "date")
    day, minute, second, fraction, zone = found.groups()
    zone = (zone or "Z").upper().replace(" ", "+")  # a plus sign that was not escaped arrives as a blank
    if zone != "Z" and ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    clock = f"{minute or '00:00'}{second or ':00'}.{(fraction or '0')[:6]:0<6}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong(name, "date") from None


def _through(until: datetime | None) -> datetime | None:
    """The end of that very second: moments are shown without their fractions."""
    return None if until is None or until.year == 9999 else until + timedelta(seconds=1)


def point(fields: Mapping[str, str]) -> tuple[float, float] | None:
    """(lat, long) in degrees; None where neither is given. Raises Malformed."""
    latitude, longitude = _degrees(fields, "lat", 90), _degrees(fields, "long", 180)
    if latitude is None or longitude is None:
        if latitude is not longitude:
            raise wrong("lat, long", "both")
        return None
    return latitude, longitude


def _degrees(fields: Mapping[str, str], name: str, most: float) -> float | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    value = _number(name, text)
    if not -most <= value <= most:
        raise wrong(name, "degrees")
    return value


def _number(name: str, text: str) -> float:
    if not _NUMBER.fullmatch(text):  # no "nan", "inf", "1e400" or digits of other scripts
        raise wrong(name, "number")
    value = float(text)
    if not math.isfinite(value):
        raise wrong(name, "number")
    return value


def _near(query: Mapping[str, str]) -> tuple[float, float, float] | None:
    where = point(query)
    text = query.get("radius", "").strip()
    radius = _number("radius", text) if text else RADIUS
    if not 1 <= radius <= LARGEST_RADIUS:
        raise wrong("radius", "radius", limit=int(LARGEST_RADIUS))
    if where is None:
        if text:
            raise wrong("lat, long", "both")
        return None
    return *where, radius


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if not _WHOLE.fullmatch(text) or int(text) < 1:
        raise wrong(name, "page")
    return int(text)


def _open(query: Mapping[str, str]) -> bool | None:
    states = {each.lower() for each in _listed(query, "status")}
    if states - {"open", "closed"}:
        raise wrong("status", "status")
    return None if len(states) != 1 else "open" in states


def _listed(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The parts between commas."""
    parts = tuple(filter(None, (part.strip() for part in query.get(name, "").split(","))))
    if len(parts) > IDS:
        raise wrong(name, "ids", limit=IDS)
    return parts
