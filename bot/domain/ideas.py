"""The idea store: residents' ideas, and what was learnt from special cases (rule book, "Ideas")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt. ``source`` names the special case; ``area`` and ``kind`` are codes ("" where it has none)."""

    source: str
    area: str
    kind: str
    text: str
    by: str
    at: datetime
