"""``python -m tests.fuzz``: a million inputs for each decoder, and a table of what came of them."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.fuzz.all import BY_NAME, DECODERS
from tests.fuzz.decoder import Decoder
from tests.fuzz.running import BATCH, MOST_BYTES, MOST_SECONDS, Told
from tests.fuzz.working import batch, begin

FOUND = Path(__file__).parent / "found"


def fuzz(
    decoder: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(BY_NAME)}; left out: all.")] = None,
    inputs: Annotated[int, typer.Option(help="Inputs for each decoder.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same inputs.")] = 1,
    seconds: Annotated[float, typer.Option(help="At most so long for each decoder; 0: until all are done.")] = 0.0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    keep: Annotated[Path, typer.Option(help="Where what is found is put.")] = FOUND,
) -> None:
    """Give odd inputs to everything that reads what comes from outside. Exit code 1 when something is found."""
    unknown = [name for name in decoder or () if name not in BY_NAME]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(BY_NAME)}")
    chosen = [each for each in DECODERS if not decoder or each.name in decoder]
    told: dict[str, Told] = {}
    with _own_folder(), ProcessPoolExecutor(jobs, get_context("spawn"), begin) as pool:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            for each in chosen:
                batches = max(1, round(inputs * each.share / BATCH))
                task = bar.add_task(each.name, total=batches * BATCH)
                told[each.name] = Told()
                for part in _told(pool, each, seed, batches, jobs, seconds):
                    told[each.name].add(part)
                    bar.advance(task, part.inputs)
                if not bar.console.is_terminal:  # somebody may be reading along in a log
                    bar.console.print(f"{each.name}: {', '.join(_row(told[each.name]))}")
    _show(told)
    _kept(told, keep)
    sys.exit(0 if all(each.fine for each in told.values()) else 1)


def _told(
    pool: ProcessPoolExecutor, decoder: Decoder, seed: int, batches: int, jobs: int, seconds: float
) -> Iterator[Told]:
    """What came of each batch; a few are always waiting, so that no process does."""
    end = time.monotonic() + seconds if seconds else None
    numbers = iter(range(batches))
    running: set[Future[Told]] = set()
    while True:
        while len(running) < 2 * jobs and (end is None or time.monotonic() < end):
            number = next(numbers, None)
            if number is None:
                break
            running.add(pool.submit(batch, decoder.name, seed, number))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for each in done:
            yield each.result()


@contextmanager
def _own_folder() -> Iterator[None]:
    """Everything that is written goes into one folder, in memory where there is one, and goes with it."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="minsheng-fuzz-", dir=shared if shared.is_dir() else None) as folder:
        os.environ["TMPDIR"] = folder
        yield


def _row(told: Told) -> tuple[str, ...]:
    return (
        f"{told.inputs:,}",
        f"{told.refused / max(told.inputs, 1):.0%}",
        f"{told.unhandled:,}",
        f"{told.slowest * 1000:.1f}",
        f"{told.biggest / 2**20:.1f}",
        f"{told.largest:,}",
        f"{told.inputs / told.seconds if told.seconds else 0.0:,.0f}",
    )


def _show(told: dict[str, Told]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("decoder")
    for heading in ("inputs", "refused", "unhandled", "slowest ms", "biggest MB", "largest input", "inputs/s"):
        table.add_column(heading, justify="right")
    for name, each in told.items():
        table.add_row(name, *_row(each))
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(
        f"Allowed: 0 unhandled, {MOST_SECONDS * 1000:.0f} ms of one processor and {MOST_BYTES / 2**20:.0f} MB for each"
        " input. Inputs/s: while it decodes, on one processor."
    )


def _kept(told: dict[str, Told], keep: Path) -> None:
    for each in told.values():
        for finding in each.findings:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / finding.name).write_bytes(finding.raw)
            typer.echo(f"{keep / finding.name}: {finding.why}", err=True)


if __name__ == "__main__":
    typer.run(fuzz)
