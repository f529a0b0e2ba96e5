"""``python -m bench``: how fast the desk is, beside others. See docs/performance.md."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import figures, intake
from bench.contestants import ROOT, Field
from bench.load import LoadError, stand_in_places, write_texts, wrk

_TROUBLE = Console(stderr=True)

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Seconds = Annotated[int, typer.Option(min=1, max=240, help="How long each server is loaded in a round.")]
Rounds = Annotated[int, typer.Option(min=1, help="How many rounds; medians are taken over them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Folder = Annotated[Path, typer.Option(help="Where databases are put: the disk that is measured.")]
Keep = Annotated[bool, typer.Option(help="Leave databases and logs there.")]

_FOLDER = ROOT / ".cache" / "bench"


@app.callback()
def _bench() -> None:
    """How fast the desk is, beside others."""


@app.command("intake")
def intake_(
    seconds: Seconds = 10,
    rounds: Rounds = 3,
    as_json: AsJson = False,
    only: Annotated[str, typer.Option(help="Some of the servers, separated by commas.")] = ",".join(intake.NAMES),
    folder: Folder = _FOLDER,
    keep: Keep = False,
) -> None:
    """Messages a second of the product and of the others, in one run."""
    with _field(folder, keep) as field:
        _finish(_intake(field, tuple(only.split(",")), seconds, rounds), as_json)


def _intake(field: Field, names: tuple[str, ...], seconds: int, rounds: int) -> dict[str, Any]:
    around = figures.machine(field.folder)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=_TROUBLE, transient=True) as progress:
        task = progress.add_task("", total=intake.steps(names, rounds))
        result = intake.run(
            field, names, seconds, rounds, lambda what: progress.update(task, advance=1, description=what)
        )
    result["machine"] = around
    _TROUBLE.print(figures.table(result), figures.ratio_table(result))
    return result


@contextmanager
def _field(folder: Path, keep: bool) -> Iterator[Field]:
    """A fresh folder for one run. What goes wrong in it is said in a line and ends the program with 1."""
    try:
        wrk()
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
        try:
            yield Field(fresh, write_texts(fresh, stand_in_places()))
        finally:
            if not keep:
                shutil.rmtree(fresh)
    except LoadError as error:
        _TROUBLE.print(f"bench: {error}", style="red", markup=False)
        raise typer.Exit(1) from None


def _finish(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    app(prog_name="python -m bench")
