"""The demonstration put together: a desk of its own, in a folder of its own, opened when somebody looks at it."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot.channels.demo import CHANNEL, PATH, DemoChannel, Play, routes
from bot.clock import ShiftedClock
from bot.drawings.artist import Artist
from bot.errors import ConfigurationError
from bot.runtime.desk import Desk
from bot.runtime.metrics import Metrics
from bot.runtime.picture_drawer import Lasting, PictureDrawer
from bot.runtime.rehearsal import Rehearsal
from bot.settings import Settings, env_name
from bot.turn import no_own_page, no_page, no_staff_page
from handlers.timers.standing import standing
from storage.media import MediaFolder
from storage.numbers import BlockNumbers
from storage.store import FILE, SqliteStore
from storage.stores import shared

__all__ = ["PATH", "Rehearsals", "allowed"]


def allowed(settings: Settings) -> bool:
    """Whether the demonstration is shown: with the sample town, on loopback, with no platform configured.

    Raises ConfigurationError when it was asked for where it must not be.
    """
    why = _against(settings)
    if settings.demo and why:
        raise ConfigurationError(env_name("demo"), f"the demonstration cannot be shown {why}")
    return not why and settings.demo is not False


def _against(settings: Settings) -> str:
    if settings.town is not None:
        return "with a town of your own"
    if shared(settings.storage.url.get_secret_value()):
        return "where several workers may serve"
    if settings.wechat.touched or settings.telegram.touched:
        return "with a platform configured"
    if settings.web.public_url:
        return "under a public address"
    host = settings.web.host
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    return "" if local else f"on {host}, which others can reach"


class Rehearsals:
    """The one rehearsal there is at a time, opened when it is first looked at and begun again when asked for."""

    def __init__(self, folder: Path, desk: Desk, locales: tuple[str, ...]) -> None:
        """``desk`` is the real one: town, texts and use cases are its own, the store and the clock are not."""
        self._folder, self._desk, self._locales = folder, desk, locales
        self._open: AsyncExitStack | None = None
        self._playing: Rehearsal | None = None
        self._turning = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """The demonstration's page and acts."""
        return routes(self._desk.words, self._locales, self.play)

    async def play(self, anew: bool) -> Play:
        """The rehearsal; with ``anew`` from the beginning. Raises ConfigurationError or StoreUnavailable."""
        async with self._turning:
            if anew:
                await self._close()
            if self._playing is None:
                self._playing = await self._opened()
            return self._playing

    async def close(self) -> None:
        """End it."""
        async with self._turning:
            await self._close()

    async def _close(self) -> None:
        self._playing, opened, self._open = None, self._open, None
        if opened is not None:
            await opened.aclose()

    async def _opened(self) -> Rehearsal:
        from bot.console.backdrop import paint  # a desk that nobody plays on needs none of it

        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        clock, channel = ShiftedClock(), DemoChannel()
        async with AsyncExitStack() as opening:
            await asyncio.to_thread(paint, self._folder / FILE, self._desk.guide(), clock.now())
            store = await SqliteStore.open("", self._folder, clock=clock)
            opening.push_async_callback(store.close)
            desk = replace(
                self._desk,
                store=store,
                clock=clock,
                numbers=BlockNumbers(store.take_numbers, self._desk.guide().town.timezone),
                traits={CHANNEL: channel.traits},
                metrics=Metrics([CHANNEL]),
                # The pages show the real desk, which knows nothing of what is played here.
                slip_url=no_page,
                page_url=no_own_page,
                staff_url=no_staff_page,
            )
            media, artist = MediaFolder(self._folder / "media"), Artist()
            opening.push_async_callback(artist.close)
            drawer = PictureDrawer(store, media, clock, desk.metrics, lambda changes: None, Lasting(artist))
            play = Rehearsal(desk, clock, channel, media, store.index_words, drawer.once)
            opening.push_async_callback(play.close)
            await play.open(standing)
            self._open = opening.pop_all()
        return play
