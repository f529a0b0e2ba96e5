"""What the harness found, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.chaos.oracle import INVARIANTS
from tests.chaos.stage import Result

ALWAYS = (
    "acknowledged",
    "lost",
    "tickets",
    "duplicate_tickets",
    "pushes",
    "lost_pushes",
    "duplicate_pushes",
    "misordered",
)


def show(console: Console, results: Sequence[Result], seed: int, seconds: float) -> None:
    """Print one line a scenario, its other figures, and everything that is broken."""
    table = Table(title=f"chaos, seed {seed}, {seconds:.0f} s")
    table.add_column("scenario")
    for name in ALWAYS:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("verdict")
    for result in results:
        table.add_row(
            result.name,
            *(f"{result.figures[name]:,}" if name in result.figures else "" for name in ALWAYS),
            f"{result.seconds:.1f}",
            verdict(result),
        )
    console.print(table)
    for result in results:
        more = {name: value for name, value in result.figures.items() if name not in ALWAYS}
        if more:
            console.print(
                f"[bold]{result.name}[/bold]: " + ", ".join(f"{name} {value}" for name, value in more.items())
            )
    for result in results:
        if result.caught is None:
            for violation in result.violations:
                console.print(f"[red]{result.name}[/red] {violation} ({INVARIANTS.get(violation.invariant, '')})")
        elif not result.caught:
            console.print(f"[red]{result.name}[/red]: what was broken on purpose was not noticed")


def broken(result: Result) -> str:
    """What is broken, a line each."""
    return "\n".join(map(str, result.violations))


def verdict(result: Result) -> str:
    """How it went, in a word or two."""
    if result.not_run:
        return f"not run: {result.not_run}"
    if result.caught is not None:
        return "caught" if result.caught else "NOT CAUGHT"
    return "kept" if result.well else f"BROKEN ({len(result.violations)})"
