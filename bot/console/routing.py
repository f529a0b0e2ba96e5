"""The command that says where matters go: one text, or all tickets of the past by today's rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol

import typer

from bot.console.options import AsJson, Config, Data
from bot.domain.guide import Guide
from bot.domain.work_calendar import WorkCalendar
from bot.errors import ConfigurationError
from bot.replay import Replay, Verdict, kind_called, unit_called

Row = tuple[str, str, str, str]
"""Number, kind, area and unit of a ticket."""


class Past(Protocol):
    """Tickets that were filed."""

    async def filed_count(self, since: datetime | None) -> int:
        """How many, all or since a moment."""
        ...

    def filed(self, since: datetime | None) -> AsyncIterator[Row]:
        """One after the other, in the order of their numbers."""
        ...


Town = Callable[[typer.Context, Path | None, Path | None], Guide]
OpenPast = Callable[[typer.Context, Path | None, Path | None], AbstractAsyncContextManager[Past]]


def route_command(guide_of: Town, past_of: OpenPast) -> Callable[..., None]:
    """The command; ``guide_of`` reads the town, ``past_of`` opens the tickets beside a running desk."""

    def route(
        context: typer.Context,
        text: Annotated[str, typer.Option(help="What somebody wrote.")] = "",
        place: Annotated[str, typer.Option(help="Where it is, in words.")] = "",
        replay: Annotated[bool, typer.Option("--replay", help="All tickets so far, by today's rules.")] = False,
        since: Annotated[str, typer.Option(help="Only tickets filed from that day on: 2026-03-01.")] = "",
        listed: Annotated[bool, typer.Option("--list", help="Name every ticket that would go elsewhere.")] = False,
        config: Config = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Which rule and which name decide where a matter goes; with --replay, what would change for past tickets."""
        if replay == bool(text):
            raise ConfigurationError("--text", "give a text, or --replay for the tickets there are")
        guide = guide_of(context, config, data)
        if replay:
            begin = _day(since, guide.calendar) if since else None
            asyncio.run(_replayed(guide, past_of(context, config, data), begin, listed, as_json))
            return
        from bot.explain import explained

        typer.echo("\n".join(explained(guide, text, place)))

    return route


def _day(written: str, calendar: WorkCalendar) -> datetime:
    try:
        day = datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=calendar.zone)
    except ValueError:
        raise ConfigurationError("--since", f"{written!r} is no day; write it as 2026-03-01") from None
    return calendar.day_bounds(day)[0]


async def _replayed(
    guide: Guide, opened: AbstractAsyncContextManager[Past], since: datetime | None, listed: bool, as_json: bool
) -> None:
    from rich.console import Console
    from rich.progress import Progress

    replay = Replay(guide)
    async with opened as past:
        with Progress(console=Console(stderr=True), transient=True, disable=as_json) as progress:
            bar = progress.add_task("tickets", total=await past.filed_count(since))
            async for row in past.filed(since):
                replay.add(*row)
                progress.advance(bar)
    if as_json:
        typer.echo(json.dumps(replay.as_object(listed=listed), ensure_ascii=False))
        return
    for line in told(replay, listed=listed):
        typer.echo(line)


def told(replay: Replay, *, listed: bool) -> list[str]:
    """The counts as a table, kinds where most would change first; then the tickets, one a line."""
    town = replay.guide.town
    head = "".join(f"{verdict.value:>10}" for verdict in Verdict)
    lines = [f"{head}  kind"]
    for kind, row in [*replay.rows(), ("", replay.total)]:
        numbers = "".join(f"{row[verdict]:>10}" for verdict in Verdict)
        lines.append(f"{numbers}  {kind_called(town, kind) if kind else 'all'}")
    if listed:
        for moved in replay.moved:
            before, after = unit_called(town, moved.before), unit_called(town, moved.after)
            lines.append(f"{moved.number}  {kind_called(town, moved.kind)}  {before} -> {after}")
    return lines
