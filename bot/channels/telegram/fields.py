"""Reading a JSON object that nobody promised anything about: each function gives what was asked for, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_LARGEST = 2**63 - 1
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last moment a datetime can hold

Json = dict[str, Any]
_NOTHING: Json = {}


def obj(of: Json, name: str) -> Json:
    """The object under a name; an empty one when there is none."""
    value = of.get(name)
    return value if isinstance(value, dict) else _NOTHING


def objects(of: Json, name: str) -> list[Json]:
    """The objects in the list under a name."""
    value = of.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(of: Json, name: str) -> str:
    """The string under a name, or ""."""
    value = of.get(name)
    return value if isinstance(value, str) else ""


def integer(of: Json, name: str) -> int | None:
    """The whole number under a name, if it fits 64 bits."""
    value = of.get(name)
    return value if type(value) is int and -_LARGEST <= value <= _LARGEST else None


def size(of: Json, name: str) -> int | None:
    """The number under a name if it can be a size or a duration: whole and not negative."""
    value = integer(of, name)
    return value if value is not None and value >= 0 else None


def degrees(of: Json, name: str, most: float) -> float | None:
    """The angle under a name if it lies within ±``most``."""
    value = of.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if -most <= value <= most else None  # NaN is within nothing


def moment(of: Json, name: str, otherwise: datetime) -> datetime:
    """The Unix time under a name as aware UTC."""
    value = integer(of, name)
    return datetime.fromtimestamp(value, UTC) if value is not None and 0 < value <= _LAST_SECOND else otherwise
