"""``python -m tests.chaos``: break desks and look what became of them. See docs/reliability.md."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.chaos import report
from tests.chaos.desks import Nursery
from tests.chaos.oracle import Violation
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.stage import Result, Size, Stage

_SAID = Console(stderr=True, width=None if sys.stderr.isatty() else 150)
"""Progress and tables; standard output is for the JSON alone."""

LIMIT = 420.0
"""Seconds after which a scenario of the usual size is given up."""

USUAL_KILLS = 300

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def chaos(
    scenario: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    kills: Annotated[int, typer.Option(min=2, help="How often desks are killed in kill9.")] = USUAL_KILLS,
    per_second: Annotated[float, typer.Option(min=1, help="Messages a second in kill9.")] = 200.0,
    factor: Annotated[float, typer.Option(min=0.01, help="How often the rest is done: 2 is twice as often.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="What chance begins with; a new one is told if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    keep: Annotated[bool, typer.Option(help="Leave databases and logs where they are.")] = False,
) -> None:
    """Run the scenarios. Exit code 1 when a promise was broken, or a control was not caught."""
    names = scenario or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise typer.BadParameter(f"there is no {unknown[0]}; there are {', '.join(SCENARIOS)}")
    seed = secrets.randbits(32) if seed is None else seed
    size = Size(kills=kills, per_second=per_second, factor=factor)
    folder = Path(tempfile.mkdtemp(prefix="minsheng-chaos-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was begun is ended, and the folder goes
    began = time.monotonic()
    try:
        results = asyncio.run(_run({name: SCENARIOS[name] for name in names}, folder, seed, size))
    finally:
        if keep:
            _SAID.print(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    seconds = time.monotonic() - began
    report.show(_SAID, results, seed, seconds)
    if as_json:
        typer.echo(
            json.dumps(
                {"seed": seed, "seconds": round(seconds, 1), "results": [asdict(r) for r in results]}, default=str
            )
        )
    raise typer.Exit(0 if all(result.well for result in results) else 1)


async def _run(scenarios: Mapping[str, Scenario], folder: Path, seed: int, size: Size) -> list[Result]:
    """One after the other, and those that can be played beside others at the same time."""
    together = [name for name, scenario in scenarios.items() if scenario.beside]
    alone = [[name] for name in scenarios if name not in together]
    limit = LIMIT * max(1.0, size.factor, size.kills / USUAL_KILLS)
    results: dict[str, Result] = {}
    with Progress(
        TextColumn("{task.description:<42}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=_SAID
    ) as progress:
        async with Nursery() as nursery:
            for names in (*alone, together):
                stages = []
                for name in names:
                    step = _stepper(progress, name, scenarios[name].steps(size))
                    stages.append(Stage(folder, nursery, seed, size, step, name))
                found = await asyncio.gather(
                    *(_one(stage.name, scenarios[stage.name], stage, limit) for stage in stages)
                )
                results |= {result.name: result for result in found}
    return [results[name] for name in scenarios]


def _stepper(progress: Progress, name: str, steps: int) -> Callable[[str], None]:
    """What moves a bar of its own on by one step."""
    task = progress.add_task(name, total=steps)

    def step(what: str) -> None:
        progress.update(task, advance=1, description=f"{name:<16} {what[:24]}")

    return step


async def _one(name: str, scenario: Scenario, stage: Stage, limit: float) -> Result:
    began = time.monotonic()
    result = Result(name)
    try:
        async with asyncio.timeout(limit):
            result = await scenario.run(stage)
    except TimeoutError:
        result.violations.append(Violation("END", f"not over after {limit:.0f} s", 1, ()))
    except Exception as error:
        # What breaks one scenario must not hide what the others found.
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {error}"
        result.violations.append(Violation("END", said, 1, (f"{where.filename}:{where.lineno}",)))
    result.name = name
    result.seconds = round(time.monotonic() - began, 1)
    return result


if __name__ == "__main__":
    app()
