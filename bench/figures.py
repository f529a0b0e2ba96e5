"""What was measured, summed up: medians over rounds, ratios taken round by round; tables and JSON."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

RATIOS = (
    ("product", "parse_only", 0.5),
    ("product", "hello", None),
    ("product", "commit_each", 3.0),
    ("product", "werobot", 6.0),
    ("telegram", "aiogram", 2.5),
)
"""Who is compared with whom, and the ratio that is wanted (None: for information)."""

UNITS = {
    "rate": "messages/s",
    "p50": "ms",
    "p99": "ms",
    "rss": "MB",
    "cpu_us": "us/message",
    "delivered": "answers/s",
}

_SYNCS = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of one contestant. ``rate``: messages a second; ``cpu_us``: the server's processor time for one.

    ``delivered``: answers sent through the Bot API a second, counting the time until the last one was out (0.0 where
    the answer is in the HTTP response).
    """

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    delivered: float = 0.0


def median(values: Sequence[float], digits: int = 1) -> float:
    """The median, rounded."""
    return round(statistics.median(values), digits)


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the rounds' ratios: what slows the whole machine for a round slows both."""
    return median([a / b for a, b in zip(over, under, strict=True)], 2)


def summary(rounds: Mapping[str, Sequence[Measured]], rss: Mapping[str, float]) -> dict[str, Any]:
    """The JSON object: msg/s by name, then ratios, p50, p99, RSS and what else was seen."""
    rates = {name: [m.rate for m in measured] for name, measured in rounds.items()}
    result: dict[str, Any] = {name: median(values) for name, values in rates.items()}
    result["ratios"] = {f"{a}/{b}": ratio(rates[a], rates[b]) for a, b, _ in RATIOS if a in rates and b in rates}
    result["p50"] = {name: median([m.p50_ms for m in measured], 2) for name, measured in rounds.items()}
    result["p99"] = {name: median([m.p99_ms for m in measured], 2) for name, measured in rounds.items()}
    result["rss"] = {name: round(value, 1) for name, value in rss.items()}
    result["cpu_us"] = {name: median([m.cpu_us for m in measured]) for name, measured in rounds.items()}
    delivered = {name: [m.delivered for m in measured] for name, measured in rounds.items() if measured[0].delivered}
    if delivered:
        result["delivered"] = {name: median(values) for name, values in delivered.items()}
    if {"telegram", "aiogram"} <= delivered.keys():
        result["ratios"]["telegram/aiogram delivered"] = ratio(delivered["telegram"], delivered["aiogram"])
    result["per_round"] = {name: [round(value, 1) for value in values] for name, values in rates.items()}
    result["units"] = UNITS
    return result


def table(result: Mapping[str, Any]) -> Table:
    """The same for people."""
    drawn = Table(title="Intake: medians over rounds", title_justify="left")
    for column in ("server", "msg/s", "p50 ms", "p99 ms", "CPU us/msg", "RSS MB", "answers sent/s"):
        drawn.add_column(column, justify="left" if column == "server" else "right")
    for name in result["p50"]:
        row = [result[name], *(result[column][name] for column in ("p50", "p99", "cpu_us", "rss"))]
        drawn.add_row(name, *map(str, row), str(result.get("delivered", {}).get(name, "")))
    return drawn


def ratio_table(result: Mapping[str, Any]) -> Table:
    """Ratios beside what is wanted."""
    wanted = {f"{a}/{b}": least for a, b, least in RATIOS}
    drawn = Table(title="Ratios: medians of the rounds' ratios", title_justify="left")
    for column in ("ratio", "measured", "wanted"):
        drawn.add_column(column, justify="left" if column == "ratio" else "right")
    for name, value in result["ratios"].items():
        least = wanted.get(name)
        drawn.add_row(name, f"{value:.2f}", f">= {least}" if least else "")
    return drawn


def machine(folder: Path) -> dict[str, Any]:
    """What the figures were taken on; ``sync_us`` is what one durable 4 KB write costs in that folder."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "sync_us": _sync_us(folder),
    }


def _sync_us(folder: Path) -> float:
    name, took = folder / "sync.probe", []
    with name.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(b"\0" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1e6)
    name.unlink()
    return median(took)
