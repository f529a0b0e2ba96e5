"""A whole desk on one stage: real channels over HTTP, real store, real workers, a clock that the script moves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer
from aiohttp.web import RouteDef

from bot.api_settings import WebhookSection
from bot.catalogue import COMMANDS_PREFIX, Catalogue
from bot.changes import Changes
from bot.channels.roster import receivers
from bot.channels.telegram import Intake, Telegram, TelegramSettings
from bot.channels.telegram import routes as telegram_routes
from bot.channels.webchat import WebChat
from bot.channels.webhook import Webhooks
from bot.channels.wechat.channel import WeChat
from bot.channels.wechat.settings import WeChatSettings
from bot.clock import FixedClock
from bot.console import pages, premises, programs
from bot.console.export_pages import exporter_for
from bot.domain import invitations, slips, words
from bot.domain.guide import Guide
from bot.domain.people import DESK, Address, Invitation, Role
from bot.ports import Channel
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.media_fetcher import MediaFetcher
from bot.runtime.metrics import Metrics
from bot.runtime.picture_drawer import PictureDrawer
from bot.runtime.picture_looker import PictureLooker
from bot.runtime.push_sender import PushSender
from bot.runtime.rendition_maker import RenditionMaker
from bot.runtime.sessions import unreachable
from bot.runtime.timer_firer import TimerFirer
from bot.settings import Settings
from bot.simplified import learn_traditional
from bot.townfile import SAMPLE, load_town
from bot.turn import Voice
from bot.web import build_app, slip
from bot.web.rendering import Renderer
from handlers.router import Router
from handlers.staff import filing_for
from handlers.timers.standing import standing
from storage.media import MediaFolder
from storage.numbers import BlockNumbers
from storage.postgres.store import PostgresStore
from storage.sql_store import SqlStore
from storage.store import SqliteStore
from tests.dialogue.facts import kinds_due, next_push_at
from tests.dialogue.phones import Phone, TelegramPhone, WebPhone, WeChatPhone
from tests.fakes import postgres
from tests.fakes.photos import Here
from tests.fakes.programs import PROGRAMS
from tests.fakes.recordings import CopiedHere
from tests.fakes.sketcher import Sketcher
from tests.fakes.telegram_api import SECRET, FakeTelegram
from tests.fakes.wechat_api import FakeWeChat

HOME = "https://desk.example"
SLIP_KEY = bytes(32)
WECHAT_TOKEN = "dialogue"
WECHAT_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
QUIET = timedelta(seconds=3)
STUCK = 50
"""How often in a row the clock may stand at one moment because more is due there."""


@cache
def texts() -> Catalogue:
    return Catalogue.load(Path(__file__).parent.parent.parent / "locales")


@cache
def sample_guide() -> Guide:
    learn_traditional()
    return Guide.of(load_town(SAMPLE))


async def _nobody(address: Address, keys: Collection[str] | None = None) -> None:
    """Who cannot be reached is of no interest here."""


@dataclass
class Stage:
    """The desk, everybody's phones by the name of who holds them, and a shop with more of them."""

    clock: FixedClock
    guide: Guide
    store: SqlStore
    phones: dict[str, Phone]
    new_phone: Callable[[str], Awaitable[Phone]]
    firer: TimerFirer
    senders: tuple[PushSender, ...]
    fetcher: MediaFetcher
    looker: PictureLooker
    drawer: PictureDrawer
    maker: RenditionMaker
    url: str
    """Where its pages are, with a slash at the end."""
    routes: tuple[RouteDef, ...] = ()
    """Every page it has."""
    jobs: list[Callable[[], Awaitable[int]]] = field(default_factory=list)
    """What else works in the background here."""

    async def settle(self) -> None:
        """Let everything that is due happen, and look at all phones."""
        for _ in range(20):
            done = await self.firer.once() + await self.fetcher.once() + await self.store.index_words()
            done += await self.looker.once() + await self.drawer.once() + await self.maker.once()
            done += sum([await job() for job in self.jobs])
            for sender in self.senders:
                done += await sender.once()
                await sender.drain(5)
            if not done:
                break
        for phone in self.phones.values():
            await phone.look()

    async def advance(self, step: timedelta, until: Callable[[], bool] = lambda: False) -> None:
        """Move the clock, stopping at every timer and held push on the way as a real day would.

        ``until``: stay where this becomes true.
        """
        end = self.clock.now() + step
        stuck = 0
        while not until():
            due = min(filter(None, (await self.store.next_timer_at(), await next_push_at(self.store))), default=None)
            if due is None or due > end:
                self.clock.at = end
                await self.settle()
                return
            stuck = stuck + 1 if due <= self.clock.at else 0
            assert stuck < STUCK, f"something due at {due} does not go away: {await self.pending(due)}"
            self.clock.at = max(self.clock.at, due)
            await self.settle()

    async def pending(self, due: datetime) -> list[str]:
        """The kinds of the timers that are due by then."""
        return await kinds_due(self.store, due)

    async def open(self) -> None:
        """What every start of the desk does: its own timers are set."""
        await self.store.commit(standing(self.guide, self.clock.now()))

    async def employ(self, phone: Phone, role: str, details: Mapping[str, str]) -> None:
        """Have whoever holds a phone join by a code, as the command line invites them.

        ``details``: ``unit``, ``area`` (several with commas), ``name``, ``walled``.
        """
        code = invitations.code_of(uuid.uuid4().hex)
        invitation = Invitation(
            digest=invitations.digest_of(code),
            role=Role(role),
            unit=details.get("unit", ""),
            areas=tuple(filter(None, details.get("area", "").split(","))),
            walled="walled" in details,
            name=details.get("name", role),
            by=DESK,
            made_at=self.clock.now(),
            expires_at=self.clock.now() + invitations.LIFE,
        )
        await self.store.commit(Changes(at=self.clock.now(), invitations=[invitation]))
        await phone.look()
        await phone.say(f"绑定 {code}")
        await self.settle()
        directory = await self.store.reader.directory()
        assert directory.at(phone.address), f"joining failed: {phone.screen[-1:]}"


async def _opened(stack: AsyncExitStack, folder: Path, clock: FixedClock, on_postgres: bool) -> SqlStore:
    store: SqlStore
    if on_postgres:
        url = postgres.desk_database()
        stack.callback(postgres.drop, url)
        store = await PostgresStore.open(url, clock=clock, must_answer=True)
    else:
        store = await SqliteStore.open("", folder, clock=clock)
    stack.push_async_callback(store.close)
    return store


@asynccontextmanager
async def stage(
    channel: str,
    folder: Path,
    start: datetime,
    *,
    staffed: bool = False,
    told: tuple[WebhookSection, ...] = (),
    on_postgres: bool = False,
) -> AsyncIterator[Stage]:
    """Open a desk with a resident's phone of that channel: wechat, service (WeChat that may push), telegram or web.

    Where staff take part (``staffed``), the account may push unless the resident's must not. ``told`` are the programs
    that hear what happens; others file and read with the keys of `tests.fakes.programs`. The database is a file,
    or with ``on_postgres`` one of a real server.
    """
    async with AsyncExitStack() as stack:
        clock, guide, catalogue = FixedClock(start), sample_guide(), texts()
        store = await _opened(stack, folder, clock, on_postgres)
        media = MediaFolder(folder / "media")
        fake_wechat = await stack.enter_async_context(FakeWeChat())
        fake_telegram = await stack.enter_async_context(FakeTelegram())

        wechat = WeChat(
            WeChatSettings(
                app_id=fake_wechat.app_id,
                app_secret=fake_wechat.app_secret,
                token=WECHAT_TOKEN,
                encoding_aes_key=WECHAT_KEY,
                api_base=fake_wechat.url,
                customer_service=channel == "service" or (staffed and channel != "wechat"),
            ),
            clock,
            media=media,
        )
        telegram = Telegram(
            TelegramSettings(
                token=fake_telegram.token,
                mode="webhook",
                secret_token=SECRET,
                api_base=fake_telegram.base,
                public_url="https://desk.example",
            ),
            clock,
            media,
        )
        web = WebChat(
            words=catalogue.words,
            media=media,
            reader=store.reader,
            clock=clock,
            public_url="",
            file_max_bytes=guide.town.limits.file_max_bytes,
            seen=_nobody,
        )
        links = premises.link_keys(folder)
        settings = Settings(open311=PROGRAMS, webhooks=told)
        channels: tuple[Channel, ...] = (wechat, telegram, web, Webhooks(receivers(settings), clock))
        for each in channels:
            await each.start()
            stack.push_async_callback(each.stop)

        router = Router(
            catalogue.vocabulary(words.desk_word),
            catalogue.vocabulary(words.desk_word, COMMANDS_PREFIX),
            programs.hooks(settings),
        )
        metrics = Metrics()
        waiting: list[TimerFirer] = []

        def committed(changes: Changes) -> None:
            for timer in changes.timers:
                waiting[0].expect(timer.due_at)
            if changes.told and changes.at is not None:
                waiting[0].expect(changes.at)

        desk = Desk(
            store=store,
            clock=clock,
            numbers=BlockNumbers(store.take_numbers, guide.town.timezone),
            guide=lambda: guide,
            words=catalogue.words,
            traits={each.name: each.traits for each in channels},
            handle=router.handle,
            fire=router.fire,
            metrics=metrics,
            committed=committed,
            slip_url=lambda number, now: slip.address(HOME, slips.signed(SLIP_KEY, number, now)),
            page_url=premises.residents_page(HOME, links),
            staff_url=lambda path: f"{HOME}{premises.STAFF_PATH}{path}",
        )
        dispatcher = Dispatcher(desk)
        firer = TimerFirer(store, clock, dispatcher.fire, asyncio.Event())
        waiting.append(firer)

        async def gone(address: Address) -> None:
            await dispatcher.amend(address, unreachable)

        async def ready() -> list[str]:
            return []

        async def slip_of(number: str, locale: str) -> slips.Slip | None:
            ticket = await store.reader.ticket(number)
            if ticket is None or await store.reader.reporters(number):
                return None
            return filing_for.slip_of(Voice(catalogue.words(locale), locale, guide.town), ticket)

        exporter = exporter_for(folder, lambda: dispatcher, clock.now)
        stack.push_async_callback(exporter.close)
        its_pages = premises.Premises(
            home=HOME,
            renderer=Renderer(catalogue.words, ("zh_CN", "en")),
            sign_in=premises.sign_in_for(folder, store.reader, clock),
            links=links,
            read=store.reader,
            media=media,
            guide=lambda: guide,
            clock=clock,
            catalogue=catalogue,
            dispatcher=lambda: dispatcher,
            take=dispatcher.take,
            exporter=exporter,
            public=True,
            open311=PROGRAMS,
        )
        routes = tuple(pages.page_routes(its_pages))
        app = build_app(
            [
                *routes,
                *slip.routes(SLIP_KEY, slip_of, catalogue.words, ("zh_CN", "en"), HOME, clock.now),
                *wechat.routes(dispatcher.take),
                *telegram_routes(telegram.settings, Intake(telegram, dispatcher.take, clock)),
                *web.routes(dispatcher.take),
            ],
            ready,
            metrics.exposition,
            catalogue.words,
        )
        server = TestServer(app)
        await server.start_server()
        stack.push_async_callback(server.close)
        url = str(server.make_url("")).rstrip("/")

        async def new_phone(which: str) -> Phone:
            jar = aiohttp.CookieJar(unsafe=True)
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
            if which in ("wechat", "service"):
                return WeChatPhone(http, url, clock.now, fake_wechat, WECHAT_TOKEN, WECHAT_KEY)
            if which == "telegram":
                return TelegramPhone(http, url, clock.now, fake_telegram, SECRET)
            return WebPhone(http, url)

        yield Stage(
            clock,
            guide,
            store,
            {"resident": await new_phone(channel)},
            new_phone,
            firer,
            tuple(PushSender(each, store, clock, metrics, gone, asyncio.Event(), firer.expect) for each in channels),
            MediaFetcher(desk, {each.name: each for each in channels}, media, lambda: guide.town.limits.file_max_bytes),
            PictureLooker(store, media, Here(), clock.now, lambda: guide.calendar.zone),
            PictureDrawer(store, media, clock, metrics, committed, Sketcher()),
            RenditionMaker(store, media, CopiedHere()),
            url,
            routes,
        )
        assert (await store.audit.verify()).problems == []  # whatever was said and done, the chained record tells it
