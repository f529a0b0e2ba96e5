"""The command line, and the composition root: the only file that knows everyone and hands each what it needs."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.clock import SystemClock
from bot.console.options import AsJson, Config, Data
from bot.console.platforms import channels_commands, simulate_commands
from bot.console.routing import route_command
from bot.console.staff import staff_commands
from bot.errors import ConfigurationError, StoreError
from bot.settings import Settings, key_name, load

# What only some commands need is imported by them: a start must be quick, and `tickets` needs no web server.
if TYPE_CHECKING:
    from bot.console.office import Office
    from bot.doctor import Finding
    from bot.domain.people import Address
    from bot.townfile import TownWatch
    from storage.reports import Reports

CLOCK = SystemClock()
LOCALES = Path(__file__).parent / "locales"
DOOR_SECONDS, WORK_SECONDS = 3.0, 5.0
"""How long a stop waits for requests, then for what they left to do: ten in all with closing the database."""

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
def serve(context: typer.Context, config: Config = None, data: Data = None) -> None:
    """Run the desk."""
    settings = settings_for(context, config, data)
    from bot import logs

    logs.set_up(settings.log.level, settings.log.format, settings.secrets())
    asyncio.run(_serve(settings))


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


def _past(context: typer.Context, config: Path | None, data: Path | None) -> AbstractAsyncContextManager[Reports]:
    """The tickets so far, beside a running desk."""
    from storage.reports import Reports
    from storage.store import database_file

    settings = settings_for(context, config, data)
    return aclosing(Reports.opened(database_file(settings.storage.url.get_secret_value(), settings.data)))


app.command("route")(route_command(lambda *options: open_town(settings_for(*options)).guide, _past))
app.add_typer(channels_commands(settings_for, LOCALES, CLOCK), name="channels")
app.add_typer(simulate_commands(settings_for, LOCALES), name="simulate")
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


async def _serve(settings: Settings) -> None:
    """Open everything, serve until told to stop, close it in the opposite order."""
    from bot.catalogue import COMMANDS_PREFIX, Catalogue
    from bot.channels.roster import Roster
    from bot.domain.slips import Slip, signed
    from bot.domain.words import desk_word
    from bot.runtime import memory
    from bot.runtime.desk import Desk
    from bot.runtime.engine import Engine
    from bot.runtime.metrics import Metrics
    from bot.runtime.watches import TOWN, watch_backlog, watch_letters, watch_town, watch_words
    from bot.turn import Voice
    from bot.web import build_app, privacy, slip
    from bot.web.listening import Server
    from handlers.router import Router
    from handlers.staff import filing_for
    from handlers.timers.standing import standing
    from storage.media import MediaFolder
    from storage.numbers import BlockNumbers
    from storage.store import SqliteStore

    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    catalogue, town = Catalogue.load(LOCALES), open_town(settings)
    settings.make_folder()
    async with AsyncExitStack() as opened:
        url = settings.storage.url.get_secret_value()
        store = await SqliteStore.open(url, settings.data, clock=CLOCK, batch_max=settings.storage.batch_max)
        opened.push_async_callback(store.close)
        media = MediaFolder(settings.data / "media")
        home, slip_key = home_of(settings), slip.key_in(settings.data)

        async def seen(address: Address) -> None:
            await engine.dispatcher.seen(address)

        def cap() -> int:
            return town.guide.town.limits.file_max_bytes

        roster = Roster(
            settings=settings, catalogue=catalogue, media=media, reader=store.reader, clock=CLOCK, cap=cap(), seen=seen
        )
        channels = list(roster.channels())
        metrics = Metrics(channel.name for channel in channels)
        router = Router(catalogue.vocabulary(desk_word), catalogue.vocabulary(desk_word, COMMANDS_PREFIX))
        desk = Desk(
            store=store,
            clock=CLOCK,
            numbers=BlockNumbers(store.take_numbers, town.guide.town.timezone),
            guide=lambda: town.guide,
            words=catalogue.words,
            traits={channel.name: channel.traits for channel in channels},
            handle=router.handle,
            fire=router.fire,
            metrics=metrics,
            slip_url=lambda number, now: slip.address(home, signed(slip_key, number, now)),
        )
        engine = Engine(desk, channels, media, cap)
        doors = list(roster.doors(channels, engine.dispatcher.take, engine.add))
        watch_letters(engine, desk, store.path.parent)
        watch_town(engine, desk, town.refresh, standing)
        watch_backlog(engine, CLOCK, metrics, store.reports.figures, store.next_timer_at)
        watch_words(engine, store.index_words)
        loop.add_signal_handler(signal.SIGHUP, engine.wake, TOWN)

        async def ready() -> list[str]:
            problems = engine.problems()
            if not store.writable:
                problems.append("the database takes nothing any more: look at the disk, then start again")
            elif not await store.reports.alive():
                problems.append("the database does not answer")
            return problems

        async def close_doors() -> None:
            engine.begin_stop()
            await channels[0].stop()  # pages that listen would keep the server waiting
            await server.stop()

        async def slip_of(number: str, locale: str) -> Slip | None:
            ticket = await store.reader.ticket(number)
            if ticket is None or await store.reader.reporters(number):
                return None  # claimed: whoever it belongs to has it in chat
            return filing_for.slip_of(Voice(catalogue.words(locale), locale, town.guide.town), ticket)

        locales = tuple(catalogue.languages)
        doors += privacy.routes(catalogue.words, locales)
        doors += slip.routes(slip_key, slip_of, catalogue.words, locales, home, CLOCK.now)
        server = Server(build_app(doors, ready, metrics.exposition, catalogue.words), DOOR_SECONDS)
        for channel in channels:
            await channel.start()
            opened.push_async_callback(channel.stop)
        await engine.start()
        opened.push_async_callback(engine.stop, WORK_SECONDS)
        opened.push_async_callback(close_doors)
        address = await server.start(settings.web.host, settings.web.port)
        memory.settle()
        names = ", ".join(channel.name for channel in channels)
        for words in map(catalogue.words, sorted(catalogue.languages, reverse=True)):
            print(words("serve.open", url=settings.web.public_url or address))
            print(words("serve.channels", channels=names, data=settings.data.absolute()))
            print(words("serve.stop"), flush=True)
        await told_to_stop.wait()


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


async def _examined(context: typer.Context, config: Path | None, data: Path | None) -> list[Finding]:
    """Everything there is to look at; what cannot be looked at is a finding too."""
    from bot import doctor
    from bot.catalogue import Catalogue
    from bot.channels.roster import check
    from storage.reports import Reports
    from storage.store import database_file

    try:
        settings = settings_for(context, config, data)
    except ConfigurationError as error:
        return [doctor.misconfigured("settings", error)]
    found = [*doctor.settings(settings, config or context.find_root().obj[0]), *doctor.folder(settings.data)]
    try:
        path = database_file(settings.storage.url.get_secret_value(), settings.data)
        if path.exists():
            async with aclosing(Reports.opened(path)) as reports:
                found += doctor.database(await reports.health(), path)
            found.append(doctor.staff(*await _reached(settings)))
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
