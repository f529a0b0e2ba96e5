"""The running desk put together: everything opened, served until told to stop, closed in the opposite order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection
from contextlib import AsyncExitStack
from pathlib import Path

from bot.catalogue import COMMANDS_PREFIX, Catalogue
from bot.channels.roster import Roster
from bot.console import pages, playing, premises, programs, tending, trials
from bot.console.discreet import Discretion
from bot.console.export_pages import exporter_for
from bot.console.head_keeping import Heads, recorded_standing
from bot.console.leaving import STOP_SECONDS, Leaving, answers_soon
from bot.console.media_of import media_of
from bot.console.sharing import share
from bot.console.spooling import Spooling
from bot.console.supervised import Supervisor
from bot.domain.people import Address
from bot.domain.slips import Slip, signed
from bot.domain.words import desk_word
from bot.pictures.copier import Copier
from bot.pictures.viewer import Viewer
from bot.ports import Clock
from bot.runtime import memory
from bot.runtime.desk import Desk
from bot.runtime.engine import Engine
from bot.runtime.leases import Leases
from bot.runtime.metrics import Metrics
from bot.runtime.picture_drawer import PictureDrawer
from bot.runtime.picture_looker import PictureLooker
from bot.runtime.rendition_maker import RenditionMaker
from bot.runtime.transcriber import Transcriber
from bot.runtime.watches import (
    TOWN,
    watch_backlog,
    watch_copies,
    watch_drawings,
    watch_letters,
    watch_pictures,
    watch_town,
    watch_voices,
    watch_words,
)
from bot.settings import Settings
from bot.speech import SpeechService
from bot.townfile import TownWatch
from bot.turn import Voice
from bot.web import build_app, keys, privacy, slip
from bot.web.listening import Server
from bot.web.rendering import Renderer
from bot.web.visitors import LOCAL, among
from handlers.router import Router
from handlers.staff import filing_for
from handlers.timers.standing import standing
from storage.numbers import BlockNumbers
from storage.stores import open_store

DOOR_SECONDS = 3.0
"""How long a stop waits for requests."""

EXPORTS_SECONDS = 60.0


async def serve_desk(
    settings: Settings, town: TownWatch, home: str, locales_folder: Path, clock: Clock, adopt: bool = False
) -> None:
    """Run the desk. ``home`` is the address people reach it by; ``adopt`` takes over data of another account. Raises
    ConfigurationError."""
    plays = playing.allowed(settings)
    loop, leaving, supervisor = asyncio.get_running_loop(), Leaving(), Supervisor()
    catalogue = Catalogue.load(locales_folder)
    settings.make_folder()
    async with AsyncExitStack() as opened:
        opened.callback(leaving.over)
        url = settings.storage.url.get_secret_value()
        listen_url = settings.storage.listen_url.get_secret_value()
        batch_max = settings.storage.batch_max
        store = await open_store(url, settings.data, clock=clock, batch_max=batch_max, listen_url=listen_url)
        opened.push_async_callback(store.close)
        belonging = trials.Belonging(store.claim_data, settings, adopt, leaving.begin)
        await belonging.check()
        media = media_of(settings)
        if not store.alone:
            await premises.common_keys(settings.data, store.shared_key)
        links = premises.link_keys(settings.data)
        slip_key = keys.key_in(settings.data, "slip")

        async def seen(address: Address, keys: Collection[str] | None = None) -> None:
            await engine.dispatcher.seen(address, keys)

        def cap() -> int:
            return town.guide.town.limits.file_max_bytes

        roster = Roster(
            settings=settings,
            catalogue=catalogue,
            media=media,
            reader=store.reader,
            clock=clock,
            cap=cap(),
            seen=seen,
            kept_for=None if store.alone else store.reader.kept,
        )
        channels = list(roster.channels())
        metrics = Metrics(channel.name for channel in channels)
        spooling = await Spooling.opened(settings.data, clock, metrics)
        opened.push_async_callback(spooling.spool.close)
        router = Router(
            catalogue.vocabulary(desk_word), catalogue.vocabulary(desk_word, COMMANDS_PREFIX), programs.hooks(settings)
        )
        desk = Desk(
            store=store,
            clock=clock,
            numbers=BlockNumbers(store.take_numbers, town.guide.town.timezone),
            guide=lambda: town.guide,
            words=catalogue.words,
            traits={channel.name: channel.traits for channel in channels},
            handle=router.handle,
            fire=router.fire,
            metrics=metrics,
            hazards=spooling.hazards,
            knows=router.knows,
            flood=settings.limits.figures,
            slip_url=lambda number, now: slip.address(home, signed(slip_key, number, now)),
            page_url=premises.residents_page(home, links),
            staff_url=lambda path: f"{home}{premises.STAFF_PATH}{path}",
        )
        metrics.live(lambda: trials.samples(settings))
        leases = Leases(store, clock, settings.storage.lease_seconds)
        engine = Engine(desk, trials.sending(channels, settings), media, cap, leases)
        share(engine, store, channels[0], leases, metrics)
        engine.add("belonging", belonging.once, trials.BELONGING_SECONDS)
        reception = spooling.reception(engine, desk, store.attempts, lambda: town.guide)
        doors = list(roster.doors(channels, engine.dispatcher.take, engine.add, reception.take))
        watch_letters(engine, desk, settings.data if store.path is None else store.path.parent)
        watch_town(engine, desk, town.refresh, recorded_standing(standing, lambda: town.digest))
        watch_backlog(engine, clock, metrics, store.reports.figures, store.next_timer_at)
        watch_words(engine, store.index_words)
        discretion = Discretion(store, media, settings.data, clock, town.guide, settings.retention)
        discretion.forgetter.spool = spooling.spool
        await discretion.begin(engine, metrics, others=not store.alone)
        looker = PictureLooker(store, media, Viewer(), clock.now, lambda: town.guide.calendar.zone)
        watch_pictures(engine, looker.once)
        watch_drawings(engine, PictureDrawer(store, media, clock, metrics, engine.committed).once)
        watch_copies(engine, RenditionMaker(store, media, Copier(), words_wanted=settings.speech.touched).once)
        if settings.speech.touched:
            speech = settings.speech
            service = SpeechService(speech.url, speech.key, speech.model, speech.language)
            opened.push_async_callback(service.close)
            watch_voices(engine, Transcriber(store, media, service, clock.now, engine.committed).once)
        loop.add_signal_handler(signal.SIGHUP, engine.wake, TOWN)

        chain_heads = Heads(store.audit, settings, clock)
        chain_heads.begin(engine, metrics)
        opened.push_async_callback(chain_heads.close)
        leaving.watch(lambda: store.writable)
        vitals = tending.tend(engine, store, settings.data, store.path, metrics, clock, supervisor)

        async def ready() -> list[str]:
            problems = [*engine.problems(), *filter(None, [spooling.spool.problem]), *vitals.problems()]
            if not store.writable:
                problems.append("the database takes nothing any more: look at the disk, then start again")
            elif not await answers_soon(store.reports.alive()):
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

        locales = tuple(sorted(catalogue.languages, reverse=True))
        doors += privacy.routes(catalogue.words, locales)
        doors += slip.routes(slip_key, slip_of, catalogue.words, locales, home, clock.now)
        shelf = None if store.alone else store.shelf
        exporter = exporter_for(settings.data, lambda: engine.dispatcher, clock.now, shelf)
        opened.push_async_callback(exporter.close)
        engine.add("exports", exporter.tidy, EXPORTS_SECONDS)
        its_pages = premises.Premises(
            home=home,
            renderer=Renderer(catalogue.words, locales, dry=", ".join(sorted(settings.outbox.dry))),
            sign_in=premises.sign_in_for(settings.data, store.reader, clock),
            links=links,
            read=store.reader,
            media=media,
            guide=lambda: town.guide,
            clock=clock,
            catalogue=catalogue,
            dispatcher=lambda: engine.dispatcher,
            take=engine.dispatcher.take,
            exporter=exporter,
            public=settings.web.public_page,
            open311=settings.open311,
            proxies=LOCAL | set(settings.web.trusted_proxies),
        )
        doors += pages.page_routes(its_pages)
        if plays:
            rehearsals = playing.Rehearsals(settings.data / "demo", desk, locales)
            opened.push_async_callback(rehearsals.close)
            doors += rehearsals.routes()
        notices = trials.notices(settings)
        operators = among(settings.web.operators, its_pages.proxies)
        app = build_app(doors, ready, metrics.exposition, catalogue.words, notices=notices, operators=operators)
        server = Server(app, DOOR_SECONDS)
        for channel in channels:
            await channel.start()
            opened.push_async_callback(channel.stop)
        await engine.start()
        opened.push_async_callback(lambda: engine.stop(leaving.left(STOP_SECONDS)))
        opened.push_async_callback(close_doors)
        address = await server.start(settings.web.host, settings.web.port)
        memory.settle()
        names = ", ".join(channel.name for channel in channels)
        for words in map(catalogue.words, sorted(catalogue.languages, reverse=True)):
            print(words("serve.open", url=settings.web.public_url or address))
            print(words("serve.channels", channels=names, data=settings.data.absolute()))
            if plays:
                print(words("serve.demo", url=address.rstrip("/") + playing.PATH))
            if settings.outbox.dry:
                print(words("serve.dry", channels=", ".join(sorted(settings.outbox.dry))))
            print(words("serve.stop"), flush=True)
        supervisor.ready()
        await leaving.told.wait()
        supervisor.going()
        if belonging.error is not None:
            raise belonging.error
    leaving.check()
