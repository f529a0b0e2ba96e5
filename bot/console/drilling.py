"""``drill``: a backup is put back for trial, looked at, filed a ticket into, and thrown away. A backup that nobody has
ever put back is none (GitLab, 2017: five ways of backing up, not one that could be restored)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import stamps
from bot.console.backups import SettingsFor, progress
from bot.console.options import Config, Data
from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.townfile import TownWatch
    from storage.restoring import Restored
    from storage.sql_store import SqlStore

PROGRAM, WHO = "open311", "drill"
"""Who files the ticket: a program."""


@dataclass(slots=True)
class Drilled:
    """What the drill found. ``objections``: what is wrong, in words."""

    tickets: int = 0
    files: int = 0
    number: str = ""
    objections: list[str] = field(default_factory=list)


def drill_command(
    settings_for: SettingsFor, town_for: Callable[..., TownWatch], locales: Path, clock: Clock
) -> Callable[..., None]:
    """The command ``drill``."""

    def drill(
        context: typer.Context,
        folder: Annotated[Path, typer.Argument(help="A backup, or a folder of backups: then the newest.", exists=True)],
        scratch: Annotated[Path | None, typer.Option(help="Where there is room for all of it for a while.")] = None,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Put a backup back for trial: every byte, the database's own check, whether all fits together, and whether a
        ticket can be filed. Nothing of it is kept."""
        from storage import backup_list, restoring
        from storage.store import FILE, SqliteStore

        settings = settings_for(context, config, data)
        backup, began = backup_list.newest(folder), clock.monotonic()
        place = Path(tempfile.mkdtemp(prefix=".drill-", dir=scratch or backup.parent))
        town = town_for(context, config, data)
        try:
            if backup_list.read(backup)["database"]["name"] == FILE:
                with progress() as told:
                    found = restoring.restore(backup, place / "data", told)
                opening = partial(SqliteStore.open, "", place / "data", clock=clock)
                done = asyncio.run(_looked_at(opening, place / "data", town, locales, clock))
            else:
                found, done = _on_a_server(settings, backup, place / "data", town, locales, clock)
        except OSError as error:
            raise ConfigurationError(str(place), f"the drill was not finished: {error.strerror}") from None
        finally:
            shutil.rmtree(place, ignore_errors=True)
        seconds = clock.monotonic() - began
        typer.echo(f"{backup}: {done.tickets:,} tickets and {found.files:,} files were back after {seconds:.0f} s")
        for objection in done.objections:
            typer.echo(f"But: {objection}", err=True)
        if done.objections:
            raise typer.Exit(1)
        typer.echo(f"All fits together, and a ticket could be filed ({done.number}). Nothing of it was kept.")
        if settings.data.is_dir():
            stamps.put(settings.data, "drill", clock.now())

    return drill


def _on_a_server(
    settings: Settings, backup: Path, data: Path, town: TownWatch, locales: Path, clock: Clock
) -> tuple[Restored, Drilled]:
    """The same with a dump: in a database that is there for it, and empty again afterwards."""
    from bot.console.postgres_backups import DRILL_URL, put_back
    from storage.postgres.dumping import clear
    from storage.postgres.store import PostgresStore

    url = settings.storage.drill_url.get_secret_value()
    if not url:
        why = "names no empty database, so a dump cannot be put back for trial: createdb minsheng_drill, and set it"
        raise ConfigurationError(DRILL_URL, why)
    with progress() as told:
        found = put_back(url, data, backup, told)
    try:
        opening = partial(PostgresStore.open, url, clock=clock, must_answer=True)
        return found, asyncio.run(_looked_at(opening, data, town, locales, clock))
    finally:
        clear(url)


async def _looked_at(
    opening: Callable[[], Awaitable[SqlStore]], data: Path, town: TownWatch, locales: Path, clock: Clock
) -> Drilled:
    from storage import soundness
    from storage.backup_files import MEDIA, files

    done = Drilled()
    store = await opening()  # brings it to the schema of this program
    try:
        health = await store.reports.health()
        done.objections += [health.problem] if health.problem else []
        done.objections += await store.reports.ask(soundness.objections)
        there = {path.name for path in files(data / MEDIA)}
        missing = await store.reports.ask(lambda connection: soundness.files_missing(connection, there))
        done.objections += [f"{missing} files are missing"] if missing else []
        done.tickets, done.files = await store.reports.filed_count(), len(there)
        done.number = await _filed(store, town, locales, clock)
        if not done.number:
            done.objections.append("no ticket could be filed")
    finally:
        await store.close()
    return done


async def _filed(store: SqlStore, town: TownWatch, locales: Path, clock: Clock) -> str:
    """The number of a ticket that was filed and read again; "" when it was not."""
    from bot.catalogue import COMMANDS_PREFIX, Catalogue
    from bot.domain.people import Address
    from bot.domain.words import desk_word
    from bot.message import Form, InboundMessage, MessageKind
    from bot.runtime.desk import NO_TRAITS, Desk
    from bot.runtime.dispatcher import Dispatcher
    from bot.runtime.metrics import Metrics
    from handlers.open311.filing import offered
    from handlers.router import Router
    from storage.numbers import BlockNumbers

    catalogue, guide = Catalogue.load(locales), town.guide
    router = Router(catalogue.vocabulary(desk_word), catalogue.vocabulary(desk_word, COMMANDS_PREFIX))
    desk = Desk(
        store=store,
        clock=clock,
        numbers=BlockNumbers(store.take_numbers, guide.town.timezone),
        guide=lambda: guide,
        words=catalogue.words,
        traits={PROGRAM: NO_TRAITS},
        handle=router.handle,
        fire=router.fire,
        metrics=Metrics([PROGRAM]),
    )
    form = Form(kind=offered(guide.town)[0].code, area=next(iter(guide.town.areas)))
    address, now = Address(PROGRAM, WHO), clock.now()
    message = InboundMessage(address=address, key=f"{WHO}:{now}", kind=MessageKind.FORM, at=now, text=WHO, form=form)
    answer = await Dispatcher(desk).take(message)
    number = answer.reply.ticket if answer.reply is not None else ""
    return number if number and await store.reader.ticket(number) is not None else ""
