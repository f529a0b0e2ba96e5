"""The web chat as a channel: what it can do, its routes, and how pushes reach open pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import web

from bot.channels.webchat.desk import PROXIES, Desk, KeptFor, Seen, Take, Talk, Words
from bot.channels.webchat.identity import CHANNEL, EMBED, Door
from bot.channels.webchat.incoming import TEXT_LIMIT
from bot.channels.webchat.limits import Limits
from bot.channels.webchat.listening import Listening
from bot.channels.webchat.live import Live
from bot.channels.webchat.page import Page
from bot.channels.webchat.talking import Talking
from bot.channels.webchat.visiting import Visiting
from bot.channels.webchat.wire import push_line
from bot.domain.people import Address
from bot.errors import StoreUnavailable
from bot.message import Delivered, Delivery, Kept, Push
from bot.ports import Clock, MediaStore, NoPace, Pace, Traits, Unfetchable


class WebChat:
    """The web chat.

    ``words(locale)(key, **params)`` renders a text (`bot.channels.webchat.KEYS` are the keys it asks for).
    ``seen(address)`` is told whenever a person is shown the talk: pushes kept for that person have been seen then.
    ``kept_for``: given where other workers serve pages too. Then a push is kept, whoever has the page open shows it,
    and it is told when the page says so, to whichever worker.
    ``public_url`` is where people reach the desk ("" when not known), ``file_max_bytes`` the largest file.
    ``proxies`` are the network addresses whose X-Forwarded-For is believed. ``patience`` is how many seconds an open
    page has to say that it shows a push. ``embed`` are the origins of sites that may show the page in a frame.
    """

    name: str = CHANNEL
    traits = Traits(
        answers_at_once=True,
        quiet_window=True,
        late_card=True,
        edits=True,
        buttons=True,
        text_limit=TEXT_LIMIT,
        pictures=True,
    )

    def __init__(
        self,
        *,
        words: Callable[[str], Words],
        media: MediaStore,
        reader: Talk,
        clock: Clock,
        public_url: str,
        file_max_bytes: int,
        seen: Seen,
        kept_for: KeptFor | None = None,
        locales: tuple[str, ...] = ("zh_CN", "en"),
        proxies: frozenset[str] = PROXIES,
        limits: Limits | None = None,
        patience: float = 4.0,
        embed: tuple[str, ...] = (),
    ) -> None:
        self.pace: Pace = NoPace()
        self._page = Page(words, locales, file_max_bytes, embed)
        self._desk = Desk(
            words=words,
            reader=reader,
            media=media,
            clock=clock,
            seen=seen,
            locales=locales,
            proxies=proxies,
            cap=file_max_bytes,
            door=Door(public_url, bool(embed)),
            limits=limits or Limits.usual(clock.monotonic),
            live=Live(patience),
            shared=kept_for is not None,
        )
        self._kept_for = kept_for
        self._showing: set[asyncio.Task[None]] = set()

    def routes(self, take: Take) -> list[web.RouteDef]:
        """What the web chat answers to. ``take`` gives a message to the desk."""
        visiting = Visiting(self._desk, self._page, take)
        talking = Talking(self._desk, take)
        listening = Listening(self._desk)
        embedded = [web.get(EMBED, visiting.embedded)] if self._page.embed else []
        return [
            *embedded,
            web.get("/", visiting.index),
            web.post("/chat/say", visiting.say),
            web.get("/chat/static/{version}/{name:.+}", visiting.static),
            web.post("/chat/messages", talking.messages),
            web.get("/chat/history", listening.history),
            web.get("/chat/events", listening.events, allow_head=False),
            web.get("/chat/updates", listening.updates, allow_head=False),
            web.post("/chat/shown", listening.shown),
            web.get("/chat/attachments/{id}", listening.attachment),
            web.get("/chat/pictures/{sha256}", listening.picture),
        ]

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """Show a push on the person's open pages.

        Delivered only when a page has said that it shows it. Otherwise it is Kept: the talk holds it, and every
        page shows a line once, whichever way it came.
        """
        if self._desk.shared:
            return Kept("pages are open elsewhere too")
        if await self._desk.live.show(push.address, push_line(push, self._desk.clock.now())):
            return Delivered(push.key)
        return Kept("page closed")

    def kept(self, address: Address) -> None:
        """Something is kept for somebody now: if they have a page open here, it is shown there."""
        if self._desk.shared and self._desk.live.watching(address):
            task = asyncio.get_running_loop().create_task(self._offer(address))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    async def look(self) -> int:
        """Show all open pages what is kept for them, in case nobody told us of it; 0. Raises StoreUnavailable."""
        for address in self._desk.live.open_pages():
            await self._offered(address)
        return 0

    async def _offer(self, address: Address) -> None:
        with contextlib.suppress(StoreUnavailable):  # it is looked for again
            await self._offered(address)

    async def _offered(self, address: Address) -> None:
        if self._kept_for is not None:
            for each in await self._kept_for(address):
                self._desk.live.offer(address, push_line(each.push, self._desk.clock.now()))

    async def fetch(self, ref: str) -> Unfetchable:
        """Files come with their message, so there is never one to fetch."""
        return Unfetchable("expired")

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Let the open pages go; they come back when there is a server again."""
        self._desk.live.stop()
        for task in list(self._showing):
            task.cancel()
        await asyncio.gather(*self._showing, return_exceptions=True)
