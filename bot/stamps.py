"""When something outside the desk last went well: small files in the data folder that the metrics show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

NAMES = ("backup", "drill")
"""A backup that was made, and one that was put back for trial and found whole."""


def put(folder: Path, name: str, at: datetime) -> None:
    """Write down that it went well at a moment. Raises OSError."""
    path = _path(folder, name)
    coming = path.with_name(f"{path.name}.coming")
    with open(coming, "w", encoding="ascii", opener=_for_us_alone) as file:
        file.write(at.isoformat() + "\n")
    coming.rename(path)


def read(folder: Path) -> Mapping[str, datetime]:
    """When each last went well; what never did, or is not readable, is left out."""
    found = {}
    for name in NAMES:
        try:
            moment = datetime.fromisoformat(_path(folder, name).read_text("ascii").strip())
        except (OSError, ValueError):
            continue
        if moment.tzinfo is not None:
            found[name] = moment
    return found


def _path(folder: Path, name: str) -> Path:
    return folder / f"last-{name}"


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
