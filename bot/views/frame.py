"""What stands around every page of staff."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """Who looks (``name``, ``role`` and ``unit`` in words), and ``menu``: address, label, whether it is this page, for
    each page this person may open."""

    name: str
    role: str
    unit: str
    menu: tuple[tuple[str, str, bool], ...] = ()
