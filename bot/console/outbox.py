"""``outbox``: what waits to be sent, and what a trial would have sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.options import AsJson, Config, Data

if TYPE_CHECKING:
    from storage.reports import SqlReports

Past = Callable[[typer.Context, Path | None, Path | None], AbstractAsyncContextManager["SqlReports"]]


def outbox_command(past: Past) -> Callable[..., None]:
    """The command ``outbox``."""

    def outbox(
        context: typer.Context,
        dry: Annotated[bool, typer.Option("--dry", help="Show what would have been sent, in full.")] = False,
        limit: Annotated[int, typer.Option(min=1, help="How many of them.")] = 20,
        config: Config = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """How many pushes wait, by channel; beside a running desk."""
        asyncio.run(_outbox(past(context, config, data), dry, limit, as_json))

    return outbox


async def _outbox(opening: AbstractAsyncContextManager[SqlReports], dry: bool, limit: int, as_json: bool) -> None:
    from bot.channels.dry import DRY, shown
    from storage import outbox_report

    async with opening as reports:
        if not dry:
            for each in await reports.ask(outbox_report.lying):
                fact = {"channel": each.channel, "state": each.state, "count": each.count}
                since = each.oldest_at.isoformat(timespec="seconds")
                line = f"{each.channel:<9} {each.state:<10} {each.count:>9,}  since {since}"
                typer.echo(json.dumps({**fact, "oldest_at": since}) if as_json else line)
            return
        for at, push in await reports.ask(partial(outbox_report.tried, reason=DRY, limit=limit)):
            text, when = shown(push), at.isoformat(timespec="seconds")
            if as_json:
                fact = {"at": when, "to": str(push.address), "ticket": push.ticket, "text": text}
                typer.echo(json.dumps(fact, ensure_ascii=False))
            else:
                typer.echo(f"-- {when} to {push.address} {push.ticket}".rstrip() + f"\n{text}")
