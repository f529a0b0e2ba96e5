"""``persons forget`` and ``retention``: what an operator does about people's data."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.changes import Changes
from bot.console.options import AsJson, Config, Data
from bot.conversation.session import Session, blank
from bot.domain.people import Address
from bot.errors import ConfigurationError, Conflict
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.console.office import OpenOffice
    from bot.settings import Settings

Opening = Callable[[typer.Context, Path | None, Path | None], "OpenOffice"]
SettingsFor = Callable[[typer.Context, Path | None, Path | None], "Settings"]
Due = Callable[["Settings", Mapping[str, datetime]], Awaitable[Mapping[tuple[str, str], int]]]
"""Counts what would go, by class and table, in the database of a desk that may be running."""

HOLDERS = frozenset({"filer", "claimed"})
ROUNDS = 5
"""How often it is decided again when the person writes meanwhile."""


def persons_commands(opening: Opening, settings_for: SettingsFor, clock: Clock) -> typer.Typer:
    """The group of commands about people who use the desk."""
    app = typer.Typer(help="People who wrote to the desk.", no_args_is_help=True)

    @app.command()
    def forget(
        context: typer.Context,
        address: Annotated[str, typer.Argument(help="CHANNEL:ID, as the channel calls them.")] = "",
        ticket: Annotated[str, typer.Option(help="Those who filed or claimed this ticket, instead.")] = "",
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Erase a person as if they had asked for it in the chat: their tickets' facts stay, they go."""
        if bool(address) == bool(ticket):
            raise ConfigurationError("persons forget", "give an address, or --ticket NUMBER")
        asyncio.run(_forget(opening(context, config, data), address, ticket, yes))

    @app.command()
    def purge(context: typer.Context, config: Config = None, data: Data = None) -> None:
        """Wipe what erased people left in a database too large to be written anew beside the work. The desk must be
        stopped; it takes about ten seconds for each GB, and as much room on the disk again."""
        asyncio.run(_purge(settings_for(context, config, data), clock))

    return app


async def _purge(settings: Settings, clock: Clock) -> None:
    import sys

    from bot.console.discreet import list_of
    from bot.console.media_of import media_of
    from bot.runtime.forgetter import Forgetter
    from storage.stores import open_store

    store = await open_store(settings.storage.url.get_secret_value(), settings.data, clock=clock)
    try:
        work = Forgetter(
            store=store.personal,
            media=media_of(settings),
            clock=clock,
            list=list_of(settings.data),
            exports=settings.data / "exports",
            hour=lambda _at: 0,
            rest_seconds=0.0,
            small=sys.maxsize,
        )
        await store.reader.forgotten.recognise(work.list.digest)
        done = await work.once()
        left, _ = await store.personal.backlog()
    finally:
        await store.close()
    typer.echo(f"{done:,} people are forgotten to the last byte." + (f" {left:,} must wait a day yet." if left else ""))


async def _forget(opened: OpenOffice, address: str, ticket: str, yes: bool) -> None:
    async with opened(True) as office:
        if ticket:
            people = [r.address for r in await office.read.reporters(ticket) if r.role in HOLDERS]
        else:
            try:
                people = [Address.parse(address)]
            except ValueError:
                raise ConfigurationError(address, "is no address; it looks like wechat:oX1...") from None
        if not people:
            raise ConfigurationError(ticket, "nobody is known to whom this ticket belongs")
        for person in people:
            tickets = await office.read.tickets_of(person, 1000)
            session = await office.read.session(person)
            if session is None and not tickets:
                raise ConfigurationError(str(person), "the desk knows nobody of that address")
            drafts = 0 if session is None else len(session.drafts)
            typer.echo(f"{person}: {len(tickets)} tickets stay without them; {drafts} drafts and all talk go.")
            if not yes and not typer.confirm("Forget this person? It cannot be undone."):
                raise typer.Exit(1)
            for _ in range(ROUNDS):
                session = await office.read.session(person) or Session(address=person)
                now = office.clock.now()
                left = blank(session, now)
                changes = Changes(at=now, session=_next(left), erased=[person])
                try:
                    await office.commit(changes)
                except Conflict:
                    continue
                break
            else:
                raise ConfigurationError(str(person), "writes to the desk just now; try again")
        typer.echo("Their words are gone. The running desk takes the rest within a day; `doctor` says if it cannot.")


def _next(session: Session) -> Session:
    from msgspec.structs import replace

    return replace(session, seq=session.seq + 1)


def retention_command(settings_for: SettingsFor, due: Due, clock: Clock) -> Callable[..., None]:
    """The command ``retention``."""

    def retention(
        context: typer.Context,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go now, too.")] = False,
        config: Config = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """How long what is kept, and why; with --dry-run of how many rows something would go. Takes nothing away:
        the running desk does that every night."""
        asyncio.run(_retention(settings_for(context, config, data), due, clock, dry_run, as_json))

    return retention


async def _retention(settings: Settings, due: Due, clock: Clock, dry_run: bool, as_json: bool) -> None:
    import json

    from bot.retention import CLASSES, cutoffs

    days = settings.retention.plain()
    counts: dict[str, int] = {}
    if dry_run:
        for (name, _), count in (await due(settings, cutoffs(days, clock.now()))).items():
            counts[name] = counts.get(name, 0) + count
    if as_json:
        said = [
            {"class": each.name, "days": days[each.name], "due": counts.get(each.name, 0) if dry_run else None}
            for each in CLASSES
        ]
        typer.echo(json.dumps(said))
        return
    for each in CLASSES:
        kept = f"{days[each.name]:>5} days" if days[each.name] else "  for ever"
        over = f"{counts.get(each.name, 0):>10,} due  " if dry_run else ""
        typer.echo(f"{each.name:<12} {kept}  {over}{each.what}; {each.why}")
