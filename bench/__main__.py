"""``python -m bench``: how fast the desk is, beside others. See docs/performance.md."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import (
    alike,
    audit,
    boards,
    dashboard,
    figures,
    flood,
    growth,
    intake,
    latency,
    million,
    outbox,
    profiling,
    soak,
    staff,
    start,
    timers,
    workers,
)
from bench.contestants import ROOT, Field
from bench.load import LoadError, sample_places, write_texts, wrk

_SAID = Console(stderr=True)
"""Tables and progress; standard output is for the JSON alone."""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Seconds = Annotated[int, typer.Option(min=1, max=240, help="How long a server is loaded in a round.")]
Rounds = Annotated[int, typer.Option(min=1, help="How many rounds; medians are taken over them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Folder = Annotated[Path, typer.Option(help="Where databases are put: the disk that is measured.")]
Keep = Annotated[bool, typer.Option(help="Leave databases and logs there.")]
PerSecond = Annotated[int, typer.Option(min=1, help="Messages a second.")]
Tickets = Annotated[int, typer.Option(min=1, help="How many old tickets.")]
Times = Annotated[int, typer.Option(min=1, help="How often.")]

_FOLDER = ROOT / ".cache" / "bench"


@app.command("intake")
def intake_(
    seconds: Seconds = 10,
    rounds: Rounds = 3,
    as_json: AsJson = False,
    only: Annotated[str, typer.Option(help="Some of the servers, separated by commas.")] = ",".join(intake.NAMES),
    profile: Annotated[bool, typer.Option(help="Show where the product's time goes afterwards.")] = False,
    folder: Folder = _FOLDER,
    keep: Keep = False,
) -> None:
    """Messages a second of the product and of the others, in one run."""
    with _field(folder, keep) as field:
        result = _intake(field, tuple(only.split(",")), seconds, rounds)
        if profile:
            profiling.run(_beside(field, "profile"), "wechat", seconds, _SAID)
    _finish(result, as_json)


@app.command("latency")
def latency_(
    per_second: PerSecond = 200, seconds: Seconds = 20, as_json: AsJson = False, folder: Folder = _FOLDER
) -> None:
    """How long people wait at a steady pace (open loop)."""
    with _field(folder) as field:
        _finish(_told(latency.run(field, per_second, seconds)), as_json)


@app.command("flood")
def flood_(
    per_second: PerSecond = 50,
    seconds: Seconds = 10,
    rounds: Rounds = 3,
    messages: Annotated[int, typer.Option(min=10, help="How many one person sends in all.")] = 10_000,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """How long others wait while one person sends thousands of messages as fast as they are taken."""
    with _field(folder) as field, _progress(flood.steps(rounds)) as step:
        result = flood.run(field, per_second, seconds, rounds, messages, step)
        result["machine"] = figures.machine(folder)
    _finish(_told(result), as_json)


@app.command("workers")
def workers_(seconds: Seconds = 10, rounds: Rounds = 3, as_json: AsJson = False, folder: Folder = _FOLDER) -> None:
    """Messages a second on SQLite, and of one, two and four workers on PostgreSQL."""
    with _field(folder) as field, _progress(workers.steps(rounds)) as step:
        result = workers.run(field, seconds, rounds, step)
    _finish(_told(result), as_json)


@app.command("million")
def million_(
    pushes: Annotated[int, typer.Option(min=50_000, help="How many lie in the outbox.")] = 1_000_000,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """An outbox of a million rows, on both databases: claims, an urgent push, a start."""
    with _field(folder) as field, _progress(million.steps()) as step:
        result = million.run(field, pushes, step)
    _finish(_told(result), as_json)


@app.command("growth")
def growth_(
    tickets: Tickets = 1_000_000,
    seconds: Seconds = 10,
    rounds: Rounds = 3,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """Messages a second with an empty database and with many old tickets."""
    with _field(folder) as field, _progress(growth.steps(rounds)) as step:
        result = growth.run(field, tickets, seconds, rounds, step)
    _finish(_told(result), as_json)


@app.command("start")
def start_(times: Times = 5, as_json: AsJson = False, folder: Folder = _FOLDER) -> None:
    """From the start of the process to the first answer, and memory at rest."""
    with _field(folder) as field:
        _finish(_told(start.run(field, times)), as_json)


@app.command("profile")
def profile_(
    channel: Annotated[str, typer.Argument(help="wechat or telegram")] = "wechat",
    seconds: Seconds = 10,
    folder: Folder = _FOLDER,
) -> None:
    """Where the product's processor time goes under load."""
    with _field(folder) as field:
        profiling.run(field, channel, seconds, _SAID)


@app.command("staff")
def staff_(
    tickets: Tickets = 1_000_000,
    open_: Annotated[int, typer.Option("--open", min=1, help="How many of them are open.")] = 100_000,
    times: Times = 100,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """How long staff wait for their lists, cards and searches. The tickets are made once and kept in the folder."""
    with _saying_errors():
        _finish(_staff(folder, tickets, open_, times), as_json)


@app.command("alike")
def alike_(
    tickets: Tickets = 1_000_000,
    open_: Annotated[int, typer.Option("--open", min=1, help="How many of them are open.")] = 100_000,
    times: Times = 2_000,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """What it costs to look for cases that may be the same. The tickets are those of ``staff``."""
    with _saying_errors():
        folder.mkdir(parents=True, exist_ok=True)
        with _progress(alike.steps(times)) as step:
            result = alike.run(folder, tickets, open_, times, step)
        result["machine"] = figures.machine(folder)
        _SAID.print(alike.table(result))
        _finish(result, as_json)


@app.command("audit")
def audit_(
    entries: Annotated[int, typer.Option(min=1000, help="How many entries are verified.")] = 1_000_000,
    tamperings: Annotated[int, typer.Option(min=1, help="How often somebody tampers.")] = 10_000,
    as_json: AsJson = False,
) -> None:
    """What the audit record costs, how fast it is verified, and whether any tampering stays unseen."""
    with _saying_errors():
        with _progress(audit.STEPS) as step:
            result = audit.run(entries, tamperings, step)
        _finish(_told(result), as_json)


@app.command("boards")
def boards_(tickets: Tickets = 1_000_000, times: Times = 3, as_json: AsJson = False, folder: Folder = _FOLDER) -> None:
    """How long boards take beside a year of so many tickets. The year is made once and kept in the folder."""
    with _saying_errors():
        folder.mkdir(parents=True, exist_ok=True)
        with _progress(boards.steps(times)) as step:
            result = boards.run(folder, tickets, times, step)
        result["machine"] = figures.machine(folder)
        _SAID.print(boards.table(result))
        _finish(result, as_json)


@app.command("dashboard")
def dashboard_(
    tickets: Tickets = 1_000_000,
    open_: Annotated[int, typer.Option("--open", min=1, help="How many of them are open.")] = 100_000,
    times: Times = 200,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """How long the dashboard and the boards take, and how much is sent. The tickets are those of ``staff``."""
    with _saying_errors():
        folder.mkdir(parents=True, exist_ok=True)
        with _progress(dashboard.steps(times)) as step:
            result = dashboard.run(folder, tickets, open_, times, step)
        result["machine"] = figures.machine(folder)
        _SAID.print(dashboard.table(result))
        _finish(result, as_json)


@app.command("timers")
def timers_(
    pile: Annotated[int, typer.Option(min=1, help="How many timers are due when the desk starts.")] = 100_000,
    times: Times = 200,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """How quickly due timers are found beside many, and how long a pile of them takes."""
    with _saying_errors():
        _finish(_timers(folder, timers.SIZES, pile, times), as_json)


@app.command("outbox")
def outbox_(
    pushes: Annotated[int, typer.Option(min=5, help="How many lie in the outbox.")] = 10_000,
    rounds: Rounds = 3,
    seconds: Seconds = 60,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """Pushes a second to a platform that takes everything, and to one that limits."""
    with _saying_errors():
        _finish(_outbox(folder, pushes, rounds, seconds), as_json)


@app.command("soak")
def soak_(
    minutes: Annotated[float, typer.Option(min=0.5, help="How long.")] = 20.0,
    per_second: PerSecond = 50,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """Memory, open files and the database's log under a steady pace for a long time."""
    with _saying_errors(), _fresh(folder) as fresh, _progress(soak.steps(minutes)) as step:
        result = soak.run(Field(fresh, write_texts(fresh, sample_places())), minutes, per_second, step)
    result["machine"] = figures.machine(folder)
    _finish(_told(result), as_json)


@app.command("all")
def all_(
    seconds: Seconds = 6,
    rounds: Rounds = 3,
    tickets: Tickets = 200_000,
    as_json: AsJson = False,
    folder: Folder = _FOLDER,
) -> None:
    """Everything, with modest figures. ``growth``, ``staff`` and ``timers`` by themselves take a million."""
    with _field(folder) as field:
        result = _intake(_beside(field, "intake"), intake.NAMES, seconds, rounds)
        result["latency"] = _told(latency.run(_beside(field, "latency"), 200, 20))
        result["start"] = _told(start.run(_beside(field, "start"), 3))
        with _progress(growth.steps(rounds)) as step:
            result["growth"] = growth.run(_beside(field, "growth"), tickets, seconds, rounds, step)
        _told(result["growth"])
    with _saying_errors():
        result["staff"] = _staff(folder, 50_000, 10_000, 50)
        result["timers"] = _timers(folder, timers.SIZES[:2], 5_000, 50)
        result["outbox"] = _outbox(folder, 5_000, 1, 20)
    _finish(result, as_json)


def _intake(field: Field, names: tuple[str, ...], seconds: int, rounds: int) -> dict[str, Any]:
    around = figures.machine(field.folder)
    with _progress(intake.steps(names, rounds)) as step:
        result = intake.run(field, names, seconds, rounds, step)
    result["machine"] = around
    _SAID.print(figures.table(result), figures.ratio_table(result))
    return result


def _timers(folder: Path, sizes: tuple[int, ...], pile: int, times: int) -> dict[str, Any]:
    with _fresh(folder) as fresh, _progress(timers.steps(sizes, times)) as step:
        result = timers.run(folder, fresh, sizes, pile, times, step)
    result["machine"] = figures.machine(folder)
    _told(result["found"] | result["pile"])
    return result


def _outbox(folder: Path, pushes: int, rounds: int, seconds: int) -> dict[str, Any]:
    with _fresh(folder) as fresh, _progress(outbox.steps(rounds)) as step:
        result = outbox.run(fresh, pushes, rounds, seconds, step)
    result["machine"] = figures.machine(folder)
    return _told(result)


def _staff(folder: Path, tickets: int, open_: int, times: int) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    with _progress(staff.steps(times)) as step:
        result = staff.run(folder, tickets, open_, times, step)
    result["machine"] = figures.machine(folder)
    _SAID.print(staff.table(result))
    _told({name: result[name] for name in ("p50", "p99", "cpu_p99", "wanted", "missed", "verified")})
    return result


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=_SAID, transient=True) as progress:
        task = progress.add_task("", total=steps)
        yield lambda what: progress.update(task, advance=1, description=what)


def _beside(field: Field, name: str) -> Field:
    """A folder of its own in the same run, so that equal names do not meet."""
    folder = field.folder / name
    folder.mkdir()
    return Field(folder, field.texts)


@contextmanager
def _field(folder: Path, keep: bool = False) -> Iterator[Field]:
    """A fresh folder for one run under load."""
    # Ended from outside, as by timeout(1), it must still end its servers, some of which are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with _saying_errors():
        wrk()
        with _fresh(folder, keep) as fresh:
            yield Field(fresh, write_texts(fresh, sample_places()))


@contextmanager
def _fresh(folder: Path, keep: bool = False) -> Iterator[Path]:
    """A folder for one run."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    try:
        yield fresh
    finally:
        if not keep:
            shutil.rmtree(fresh)


@contextmanager
def _saying_errors() -> Iterator[None]:
    """What goes wrong is said in a line and ends the program with 1."""
    try:
        yield
    except LoadError as error:
        _SAID.print(f"bench: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _told(result: dict[str, Any]) -> dict[str, Any]:
    for name, value in result.items():
        _SAID.print(f"{name}: {value}", highlight=False)
    return result


def _finish(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    app(prog_name="python -m bench")
