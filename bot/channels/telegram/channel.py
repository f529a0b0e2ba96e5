"""Telegram as a channel of the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import structlog

from bot.channels.pictures import content_of, file_name
from bot.channels.telegram.decode import NAME
from bot.channels.telegram.pacing import TelegramPace, chat_of
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.telegram.words import TEXT_LIMIT
from bot.domain.people import Address
from bot.message import Delivery, Push, TryLater
from bot.ports import Clock, Fetched, MediaStore, Pace, Traits, Unfetchable

if TYPE_CHECKING:
    from bot.channels.telegram.wire import Wire

FLOOD_MEMORY = 5.0
"""Seconds: a 429 for a second chat within this time means the whole bot."""

_SIDE_JOBS = 64
_TYPING_EVERY = 0.2  # with more than five a second to tell, the telling would hold up the answers
_TYPING_SECONDS = 4.0  # Telegram shows it for five

log = structlog.get_logger()


class Telegram:
    """`bot.ports.Channel` for one bot. Loads python-telegram-bot only when it is started."""

    name = NAME
    traits = Traits(
        answers_at_once=False,
        quiet_window=True,
        late_card=True,
        edits=True,
        buttons=True,
        text_limit=TEXT_LIMIT,
        pictures=True,
    )

    def __init__(self, settings: TelegramSettings, clock: Clock, media: MediaStore | None = None) -> None:
        """``media`` holds the pictures that are pushed; without it none are shown."""
        self.settings = settings
        self._media = media
        self.pace: Pace = TelegramPace()
        self._clock = clock
        self._wire: Wire | None = None
        self._side_jobs: set[asyncio.Task[None]] = set()
        self._typing: dict[str, float] = {}
        self._typed_at = float("-inf")
        self._flood: tuple[str, float] = ("", float("-inf"))
        self.username = ""
        """Our name, as it stands behind commands in groups; "" until somebody spoke to us in one."""

    async def start(self) -> None:
        """Load the library and open the connections; Telegram itself need not be reachable."""
        from bot.channels.telegram.wire import Wire  # takes a third of a second

        if self._wire is None:
            wire = Wire(self.settings)
            await wire.open()
            self._wire = wire

    async def stop(self) -> None:
        """Drop what is unimportant and close the connections."""
        for job in list(self._side_jobs):
            job.cancel()
        await asyncio.gather(*self._side_jobs, return_exceptions=True)
        if self._wire is not None:
            wire, self._wire = self._wire, None
            await wire.close()

    @property
    def wire(self) -> Wire | None:
        """The open line to Telegram; None while the channel is not started."""
        return self._wire

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """Send a push. ``replaces`` is the id of the message whose slot it takes ("" for none)."""
        if self._wire is None:
            return TryLater(1.0, "not started", whole_channel=True)
        picture = push.reply.picture
        if picture is None:
            delivery = await self._wire.show(push.address, push.reply, replaces)
        else:
            content = await content_of(self._media, picture)
            if not isinstance(content, bytes):
                return content
            caption, name = push.reply.text, file_name(picture)
            delivery = await self._wire.show_picture(push.address, caption, name, picture.mime, content)
        if isinstance(delivery, TryLater) and delivery.reason == "flood":
            return self._flooded(delivery, chat_of(push.address))
        return delivery

    def _flooded(self, delivery: TryLater, chat: str) -> TryLater:
        """A 429 is for one chat, unless another chat got one just now: then it is for the whole bot."""
        now = self._clock.monotonic()
        last_chat, last_at = self._flood
        self._flood = (chat, now)
        whole = last_chat not in ("", chat) and now - last_at <= FLOOD_MEMORY
        log.warning("telegram.flood", seconds=delivery.seconds, whole_channel=whole)
        return TryLater(delivery.seconds, delivery.reason, whole_channel=whole)

    async def fetch(self, ref: str) -> Fetched | Unfetchable:
        """Open a file by its file_id; see `bot.ports.Channel.fetch`."""
        if self._wire is None:
            return Unfetchable("refused", retry=True, after=1.0)
        from bot.channels.telegram.files import open_file  # stands on the library

        return await open_file(self._wire, self.settings, ref)

    def acknowledge(self, callback: str) -> None:
        """Have a pressed button stop its spinning: soon, and at most once."""
        if self._wire is not None and callback:
            self._aside(self._wire.answer_callback(callback))

    def learn_username(self) -> None:
        """Ask Telegram for our name, unless we know it."""
        if self._wire is not None and not self.username:
            self._aside(self._learn_username(self._wire))

    async def _learn_username(self, wire: Wire) -> None:
        self.username = await wire.my_name() or self.username

    def show_typing(self, address: Address) -> None:
        """Show "typing…" in a private chat while the quiet window runs, if that is wanted and cheap just now."""
        if self._wire is None or not self.settings.typing or chat_of(address) != address.id:
            return
        now = self._clock.monotonic()
        if now - self._typed_at < _TYPING_EVERY:
            return
        if (
            now - self._typing.get(address.id, float("-inf")) < _TYPING_SECONDS
            or len(self._side_jobs) > _SIDE_JOBS // 4
        ):
            return
        if len(self._typing) > 1024:
            self._typing.clear()
        self._typing[address.id] = self._typed_at = now
        self._aside(self._wire.show_typing(address))

    def _aside(self, job: Coroutine[Any, Any, None]) -> None:
        if len(self._side_jobs) >= _SIDE_JOBS:
            job.close()  # Telegram is slow; what matters goes through the outbox
            return
        task = asyncio.get_running_loop().create_task(job)
        self._side_jobs.add(task)
        task.add_done_callback(self._side_jobs.discard)
