"""A steady pace for a long time: does memory, do open files, does the log beside the database stay where they are?"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contestants import Contestant, Field
from bench.figures import median
from bench.latency import paced

ROUND_SECONDS = 10
PEOPLE = 500
"""Always the same people speak, so that what grows is no cache of people that fills."""

WAL_BYTES = 64 * 1024 * 1024
WARM = 1 / 3
"""So much of the time is not looked at for the slope: caches fill."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a process had at a moment: seconds since the beginning, bytes, counts."""

    at: float
    memory: int
    files: int
    threads: int
    log: int
    database: int


def steps(minutes: float) -> int:
    """How many steps `run` takes."""
    return max(3, round(minutes * 60 / ROUND_SECONDS))


def run(field: Field, minutes: float, per_second: int, step: Callable[[str], None]) -> dict[str, Any]:
    """Figures of the product at so many messages a second for so long. Raises LoadError when one is not answered."""
    contestant = field.product()
    with contestant.process:
        contestant.check()
        began, looks, waited = time.perf_counter(), list[Look](), list[float]()
        for number in range(steps(minutes)):
            step(f"soak {number * ROUND_SECONDS // 60} min")
            waited += asyncio.run(paced(contestant, per_second, ROUND_SECONDS, f"k{number:05d}", PEOPLE))
            looks.append(_look(contestant, time.perf_counter() - began))
    waited.sort()
    settled = looks[int(len(looks) * WARM) :]
    return {
        "minutes": minutes,
        "per_second": per_second,
        "answered": len(waited),
        "p50_ms": median(waited, 2),
        "p99_ms": round(waited[int(len(waited) * 0.99)], 2),
        "max_ms": round(waited[-1], 2),
        "memory_mib": [round(looks[0].memory / 2**20, 1), round(looks[-1].memory / 2**20, 1)],
        "memory_slope_mib_per_hour": round(slope([(look.at, look.memory) for look in settled]) * 3600 / 2**20, 1),
        "memory_bytes_per_message": round(slope([(look.at, look.memory) for look in settled]) / per_second),
        "files": [min(look.files for look in settled), max(look.files for look in settled)],
        "threads": [min(look.threads for look in settled), max(look.threads for look in settled)],
        "database_mib": round(looks[-1].database / 2**20, 1),  # its pages are kept in memory, up to 112 MiB of them
        "log_max_mib": round(max(look.log for look in looks) / 2**20, 1),
        "log_within_64_mib": max(look.log for look in looks) <= WAL_BYTES,
    }


def slope(points: list[tuple[float, float]]) -> float:
    """By how much the second value grows for each of the first: the line of least squares. 0.0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    middle_x, middle_y = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def _look(contestant: Contestant, at: float) -> Look:
    process = Path("/proc") / str(contestant.process.pid)
    database = contestant.database()
    log = database.with_name(f"{database.name}-wal")
    pages = int((process / "statm").read_text().split()[1])
    return Look(
        at=at,
        memory=pages * os.sysconf("SC_PAGE_SIZE"),
        files=len(list((process / "fd").iterdir())),
        threads=len(list((process / "task").iterdir())),
        log=log.stat().st_size if log.exists() else 0,
        database=database.stat().st_size,
    )
