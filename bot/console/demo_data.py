"""``demo-data``: a made-up year in a data folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from bot.console.options import Config, Data
from bot.ports import Clock
from bot.settings import Settings, env_name


def demo_data_command(settings_for: Callable[..., Settings], clock: Clock) -> Callable[..., None]:
    """The command; ``settings_for`` reads the settings of a run."""

    def demo_data(
        context: typer.Context,
        tickets: Annotated[int, typer.Option(min=1, max=20_000_000, help="How many tickets the year has.")] = 14_000,
        seed: Annotated[int, typer.Option(min=0, help="The same number makes the same year.")] = 1,
        until: Annotated[str, typer.Option(help="The year's last day: 2026-09-30. Left out: yesterday.")] = "",
        sample: Annotated[bool, typer.Option("--sample", help="In the sample town, not in one made for it.")] = False,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """A made-up year of a town, for trying out. Only into a data folder that has not been used."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        from bot.console.filling import TOWN, fill

        settings = settings_for(context, config, data)
        said = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=said
        ) as bar:
            task = bar.add_task("tickets", total=tickets)
            made = fill(settings, tickets, seed, until, sample, clock, lambda count: bar.advance(task, count))
        rate, written = (made.tickets / seconds for seconds in (made.seconds, made.writing))
        said.print(f"{made.tickets:,} tickets in {made.seconds:.1f} s: {rate:,.0f} a second; written: {written:,.0f}")
        said.print(f"What is known of them: {made.known}")
        if settings.town is None and not sample:
            town = settings.data / TOWN
            said.print(f"Serve them with their town: {env_name('town')}={town}", soft_wrap=True)

    return demo_data
