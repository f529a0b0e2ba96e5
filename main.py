"""The command line. With `bot.console`, which only this file knows, it is the composition root: it knows everyone and
hands each what it needs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.clock import SystemClock
from bot.console.auditing import audit_commands
from bot.console.backups import backup_command, restore_command
from bot.console.boards import boards_command
from bot.console.demo_data import demo_data_command
from bot.console.drilling import drill_command
from bot.console.forgetting import persons_commands, retention_command
from bot.console.ideas import ideas_command
from bot.console.measuring import alike_commands
from bot.console.media import media_commands
from bot.console.options import AsJson, Config, Data
from bot.console.outbox import outbox_command
from bot.console.platforms import channels_commands, simulate_commands
from bot.console.programs import open311_commands
from bot.console.routing import route_command
from bot.console.staff import staff_commands
from bot.console.tables import export_command
from bot.errors import ConfigurationError, StoreError
from bot.settings import Settings, key_name, load

# What only some commands need is imported by them: a start must be quick, and `tickets` needs no web server.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.console.office import Office
    from bot.doctor import Finding
    from bot.townfile import TownWatch
    from storage.reader import SqlReader
    from storage.reports import SqlReports

CLOCK = SystemClock()
LOCALES = Path(__file__).parent / "locales"

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def before(context: typer.Context, config: Config = None, data: Data = None) -> None:
    """Minsheng, a complaint desk that lives in chat. Both options may stand before the command too."""
    context.obj = (config, data)


def settings_for(context: typer.Context, config: Path | None, data: Path | None) -> Settings:
    """The settings of this run. Raises ConfigurationError."""
    early_config, early_data = context.find_root().obj
    return load(config or early_config, data or early_data)


@app.command()
def serve(
    context: typer.Context,
    adopt: Annotated[bool, typer.Option("--adopt", help="Take over data of another account, or of a trial.")] = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Run the desk."""
    settings = settings_for(context, config, data)
    import structlog

    from bot import failpoints, logs

    logs.set_up(settings.log.level, settings.log.format, settings.secrets())
    from bot.console.serving import serve_desk

    clock = failpoints.prepared(os.environ, structlog.get_logger("minsheng").warning)
    asyncio.run(serve_desk(settings, open_town(settings), home_of(settings), LOCALES, clock, adopt))


@app.command()
def tickets(context: typer.Context, config: Config = None, data: Data = None, as_json: AsJson = False) -> None:
    """All tickets, one a line; works beside a running desk."""
    asyncio.run(_tickets(context, config, data, as_json))


@app.command()
def doctor(context: typer.Context, config: Config = None, data: Data = None, as_json: AsJson = False) -> None:
    """What is wrong, and what to do about it. Exit code 1 when something is."""
    from bot.doctor import as_objects, fine, show

    found = asyncio.run(_examined(context, config, data))
    if as_json:
        print(json.dumps(as_objects(found), ensure_ascii=False, indent=2))
    else:
        show(found)
    raise typer.Exit(0 if fine(found) else 1)


def _office(
    context: typer.Context, config: Path | None, data: Path | None, writes: bool
) -> AbstractAsyncContextManager[Office]:
    """Where staff are brought in: in the store itself, or beside a running desk."""
    from bot.catalogue import Catalogue
    from bot.console.office import opened
    from handlers.reaching import unreached
    from storage.beside import access

    settings = settings_for(context, config, data)
    return opened(settings, open_town(settings).guide, Catalogue.load(LOCALES), CLOCK, access, unreached, writes)


def _past(context: typer.Context, config: Path | None, data: Path | None) -> AbstractAsyncContextManager[SqlReports]:
    """The tickets so far, beside a running desk."""
    from storage.beside import reports

    settings = settings_for(context, config, data)
    return reports(settings.storage.url.get_secret_value(), settings.data)


def _store(context: typer.Context, config: Path | None, data: Path | None) -> AbstractAsyncContextManager[SqlReader]:
    """Questions to the store, beside a running desk."""
    from storage.beside import reading

    settings = settings_for(context, config, data)
    return reading(settings.storage.url.get_secret_value(), settings.data)


async def _due(settings: Settings, cutoffs: Mapping[str, datetime]) -> Mapping[tuple[str, str], int]:
    """What retention would take away now, beside a running desk."""
    from storage.beside import retention_due

    return await retention_due(settings.storage.url.get_secret_value(), settings.data, cutoffs)


app.command("route")(route_command(lambda *options: open_town(settings_for(*options)).guide, _past))
app.command("ideas")(ideas_command(lambda *options: open_town(settings_for(*options)).guide.town, _store))
app.command("boards")(boards_command(lambda *options: open_town(settings_for(*options)).guide, _store, LOCALES, CLOCK))
app.command("outbox")(outbox_command(_past))
app.command("backup")(backup_command(settings_for, CLOCK))
app.command("restore")(restore_command(settings_for, CLOCK))
app.command("drill")(drill_command(settings_for, lambda *options: open_town(settings_for(*options)), LOCALES, CLOCK))
app.command("export")(export_command(lambda *options: partial(_office, *options), LOCALES))
app.command("retention")(retention_command(settings_for, _due, CLOCK))
app.command("demo-data")(demo_data_command(settings_for, CLOCK))
app.add_typer(audit_commands(settings_for, CLOCK), name="audit")
app.add_typer(alike_commands(lambda *options: open_town(settings_for(*options)).guide), name="alike")
app.add_typer(channels_commands(settings_for, LOCALES, CLOCK), name="channels")
app.add_typer(simulate_commands(settings_for, LOCALES), name="simulate")
app.add_typer(open311_commands(), name="open311")
app.add_typer(persons_commands(lambda *options: partial(_office, *options), settings_for, CLOCK), name="persons")
app.add_typer(media_commands(settings_for, _store), name="media")
app.add_typer(staff_commands(lambda *options: partial(_office, *options)), name="staff")


def open_town(settings: Settings) -> TownWatch:
    """The town, watched. Raises ConfigurationError with file and line."""
    from bot.simplified import learn_traditional
    from bot.townfile import SAMPLE, TownWatch

    learn_traditional()
    return TownWatch(settings.town or SAMPLE, privacy_url=f"{home_of(settings)}/privacy")


def home_of(settings: Settings) -> str:
    """The address people reach the desk by."""
    from bot.web.listening import here

    return (settings.web.public_url or here(settings.web.host, settings.web.port)).rstrip("/")


async def _tickets(context: typer.Context, config: Path | None, data: Path | None, as_json: bool) -> None:
    from bot.export import ticket_line, ticket_object

    units = {} if as_json else open_town(settings_for(context, config, data)).guide.town.units
    async with _past(context, config, data) as reports:
        async for report in reports.tickets():
            ticket = report.ticket
            if as_json:
                print(json.dumps(ticket_object(ticket, report.attachments, report.reporters), ensure_ascii=False))
            else:
                print(ticket_line(ticket, units[ticket.unit].name if ticket.unit in units else ticket.unit))


async def _reached(settings: Settings) -> tuple[list[str], int]:
    """Who of the staff cannot be reached, and how many there are. Raises ConfigurationError or StoreUnavailable."""
    from handlers.reaching import unreached
    from storage.beside import reading

    async with reading(settings.storage.url.get_secret_value(), settings.data) as read:
        return [staff.name for staff in await unreached(read)], len((await read.directory()).active)


async def _erasures(settings: Settings) -> tuple[int, datetime | None]:
    """How many people wait to be forgotten, and since when the first does. Raises ConfigurationError."""
    from storage.beside import erasures_waiting

    return await erasures_waiting(settings.storage.url.get_secret_value(), settings.data)


async def _examined(context: typer.Context, config: Path | None, data: Path | None) -> list[Finding]:
    """Everything there is to look at; what cannot be looked at is a finding too."""
    from bot import doctor
    from bot.catalogue import Catalogue
    from bot.channels.roster import check
    from bot.console import health
    from bot.console.media_of import media_findings

    try:
        settings = settings_for(context, config, data)
    except ConfigurationError as error:
        return [doctor.misconfigured("settings", error)]
    found = [*doctor.settings(settings, config or context.find_root().obj[0]), *doctor.folder(settings.data)]
    found += await media_findings(settings)
    found += await health.findings(settings, CLOCK)
    try:
        if await health.is_there(settings):
            found.append(doctor.staff(*await _reached(settings)))
            found.append(doctor.erasures(*await _erasures(settings), CLOCK.now()))
    except (ConfigurationError, StoreError) as error:
        found.append(doctor.unreadable("database", error))
    try:
        guide, catalogue = open_town(settings).guide, Catalogue.load(LOCALES)
    except ConfigurationError as error:
        return [*found, doctor.misconfigured("town and texts", error)]
    found.append(doctor.ok("town", f"{guide.town.name}, {len(guide.town.areas)} areas, {len(guide.town.units)} units"))
    found.append(doctor.holidays(guide.calendar.known_until, CLOCK.now().date()))
    return [*found, *await check(settings, catalogue, CLOCK)]


def main() -> None:
    """Run a command; what the operator must correct is said in one line, with exit code 2."""
    try:
        app()
    except ConfigurationError as error:
        print(f"minsheng: {key_name(error.where)}: {error.why}", file=sys.stderr)
        raise SystemExit(2) from None
    except StoreError as error:
        print(f"minsheng: the database cannot be used: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except BrokenPipeError:  # `tickets | head`
        sys.stderr.close()


if __name__ == "__main__":
    main()
