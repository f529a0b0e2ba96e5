"""How long a board takes beside a year of a million tickets, and how much memory; and how fast such a year is made.

The year is a made-up one (`bot.demo_town`); it is kept and used again. Each board is counted in a process of its own,
whose peak of memory is told beside what it had before it began.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.contestants import ROOT
from bench.load import LoadError
from bot.clock import SystemClock
from bot.console.filling import processors, write_year
from bot.demo_town.making import make_town, towns_for
from bot.domain.guide import Guide
from bot.townfile import load_town
from storage.store import FILE

UNTIL = datetime(2026, 9, 30, 16, tzinfo=UTC)
PERIODS = ("2026-W38", "2026-08", "2026-Q3")
WANTED_SECONDS, WANTED_MB = 2.0, 200
"""Of a weekly board: seconds, and memory in all."""


def run(cache: Path, tickets: int, times: int, step: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Seconds (median) and memory of each board. Raises LoadError when a board does not come about."""
    made = kept(cache, tickets, step)
    rows = []
    for period in PERIODS:
        found = []
        for number in range(times):
            step(f"{period}, {number + 1} of {times}")
            found.append(_counted(Path(made["folder"]), period))
        rows.append(
            {
                "period": period,
                "tickets": found[0]["tickets"],
                "seconds": round(statistics.median(each["seconds"] for each in found), 2),
                "cpu": round(statistics.median(each["cpu"] for each in found), 2),
                "memory_mb": max(each["memory_mb"] for each in found),
                "before_mb": max(each["before_mb"] for each in found),
            }
        )
    week = rows[0]
    missed = week["seconds"] > WANTED_SECONDS or week["memory_mb"] > WANTED_MB
    return {**made, "rows": rows, "missed": ["week"] if missed else [], "wanted": f"{WANTED_SECONDS} s, {WANTED_MB} MB"}


def steps(times: int) -> int:
    """How often `run` calls ``step``, but for the year when it is made."""
    return len(PERIODS) * times + 1


def kept(cache: Path, tickets: int, step: Callable[[str], None]) -> dict[str, Any]:
    """The year in its folder, made when it is not there yet; how fast that went (the last time it was made)."""
    folder = cache / f"year-{tickets}-{_recipe()}"
    report = folder / "made.json"
    step(f"a year of {tickets:,} tickets")
    if not report.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make_town(folder / "town", *towns_for(tickets), seed=1)
        guide = Guide.of(load_town(folder / "town"))
        begun = time.monotonic()
        writing = write_year(folder / FILE, guide, tickets, 1, UNTIL, processors(), lambda _: None, SystemClock())
        seconds = time.monotonic() - begun
        made = {"per_second": round(tickets / seconds), "written_per_second": round(tickets / writing)}
        report.write_text(json.dumps({"tickets": tickets, **made}), "utf-8")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return {**found, "folder": str(folder), "database_mb": round((folder / FILE).stat().st_size / 2**20)}


def table(result: dict[str, Any]) -> Table:
    """The same for people."""
    title = (
        f"Boards of a year of {result['tickets']:,} tickets; made at {result['per_second']:,} a second,"
        f" written at {result['written_per_second']:,}"
    )
    drawn = Table(title=title, title_justify="left")
    for column in ("period", "tickets", "seconds", "cpu", "memory_mb", "before_mb"):
        drawn.add_column(column, justify="left" if column == "period" else "right")
    for row in result["rows"]:
        drawn.add_row(*(str(row[column.header]) for column in drawn.columns))
    return drawn


def _recipe() -> str:
    """What a year is made by, as a few letters."""
    here = Path(__file__).resolve().parent.parent
    made_by = [*sorted((here / "bot" / "demo_town").glob("*.*")), here / "storage" / "bulk.py"]
    made_by += sorted((here / "storage").glob("schema*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in made_by if path.is_file())).hexdigest()[:10]


def _counted(folder: Path, period: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.boards", str(folder), period]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LoadError(f"the board of {period} did not come about: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    if not found["tickets"]:
        raise LoadError(f"the board of {period} is empty")
    return found


def _peak_mb() -> int:
    """The most memory this program has held; what `resource` tells is that of who started it, too."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def main(folder: Path, key: str) -> None:
    """Count one board and print what it took."""
    import asyncio

    from bot.domain.boards import periods
    from handlers.reckoning import board_of
    from storage.beside import reading

    guide = Guide.of(load_town(folder / "town"))
    period = periods.read(key, guide.calendar.zone)
    assert period is not None
    before = _peak_mb()

    async def count() -> tuple[int, float, float]:
        async with reading("", folder) as read:
            begun, cpu = time.monotonic(), time.process_time()
            board = await board_of(read, guide, period, UNTIL)
            return sum(row.tickets for row in board.rows), time.monotonic() - begun, time.process_time() - cpu

    tickets, seconds, cpu = asyncio.run(count())
    figures = {"tickets": tickets, "seconds": seconds, "cpu": cpu, "memory_mb": _peak_mb(), "before_mb": before}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
