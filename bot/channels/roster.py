"""Which channels there are: opened by settings, given their doors, checked and registered with their platforms."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import doctor
from bot.catalogue import DEFAULT_LOCALE, Catalogue
from bot.doctor import Finding
from bot.errors import ConfigurationError
from bot.message import Answer, InboundMessage
from bot.ports import Channel, Clock, MediaStore
from bot.ports.leasing import channel_lease
from bot.settings import Settings

if TYPE_CHECKING:  # each channel is loaded only where it is switched on
    from aiohttp import web

    from bot.channels.telegram.settings import TelegramSettings
    from bot.channels.webchat.desk import KeptFor, Seen, Talk
    from bot.channels.webhook import Receiver
    from bot.channels.wechat.channel import WeChat
    from bot.channels.wechat.menu import SetupStep
    from bot.channels.wechat.settings import WeChatSettings

COMMANDS = ("new", "status", "help", "human", "cancel", "mydata")
"""What Telegram lists when somebody types "/", in this order."""

OPERATOR = "en"
"""Operators are told in English."""

Take = Callable[[InboundMessage], Awaitable[Answer]]
Repeat = Callable[[str, Callable[[], Awaitable[int]], float, Callable[[], None], str], None]
"""Has something repeated: name, what to repeat, seconds between when there is nothing, how to make it return soon, and
the lease of the worker that does it."""


def wechat_settings(settings: Settings) -> WeChatSettings:
    """The WeChat account. Raises ConfigurationError."""
    from bot.channels.wechat.settings import WeChatSettings
    from bot.channels.wechat.templates import Template, Templates

    given = settings.wechat.plain()
    given["templates"] = Templates({name: Template(name, **set_.plain()) for name, set_ in given["templates"].items()})
    return WeChatSettings(**given)


def telegram_settings(settings: Settings, file_limit: int | None = None) -> TelegramSettings:
    """The Telegram bot; ``file_limit`` in bytes. Raises ConfigurationError."""
    from bot.channels.telegram.settings import CLOUD_FILE_LIMIT, TelegramSettings

    given = {**settings.telegram.plain(), "mode": settings.telegram.way, "public_url": settings.web.public_url}
    return TelegramSettings(**given, file_limit=min(file_limit or CLOUD_FILE_LIMIT, CLOUD_FILE_LIMIT))


def receivers(settings: Settings) -> list[Receiver]:
    """The programs that are told what happens, in the order of the settings. Raises ConfigurationError."""
    from bot.channels.webhook import Receiver, signing

    found = []
    for place, hook in enumerate(settings.webhooks):
        try:
            found.append(Receiver(hook.url, signing.key_of(hook.secret.get_secret_value())))
        except ValueError as error:
            raise ConfigurationError(f"webhooks.{place}.secret", str(error)) from None
    if len({each.id for each in found}) < len(found):
        raise ConfigurationError("webhooks", "an address stands there twice: name all its events in one")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Opens channels. ``cap``: bytes of the largest file; ``seen`` hears of people who are shown their whole talk.
    ``kept_for`` tells what is kept for somebody, where other workers serve pages too."""

    settings: Settings
    catalogue: Catalogue
    media: MediaStore
    reader: Talk
    clock: Clock
    cap: int
    seen: Seen
    kept_for: KeptFor | None = None

    def channels(self) -> Iterator[Channel]:
        """Everybody who is switched on; the web chat always is, and comes first. Raises ConfigurationError."""
        from bot.channels.webchat import WebChat
        from bot.channels.webchat.desk import PROXIES

        web = self.settings.web
        yield WebChat(
            words=self.catalogue.words,
            media=self.media,
            reader=self.reader,
            clock=self.clock,
            public_url=web.public_url,
            file_max_bytes=self.cap,
            seen=self.seen,
            kept_for=self.kept_for,
            proxies=PROXIES | set(web.trusted_proxies),
            embed=web.embed_origins,
        )
        if self.settings.wechat.touched:
            from bot.channels.wechat.channel import WeChat

            yield WeChat(wechat_settings(self.settings), self.clock, media=self.media)
        if self.settings.telegram.touched:
            from bot.channels.telegram import Telegram

            yield Telegram(telegram_settings(self.settings, self.cap), self.clock, self.media)
        if self.settings.webhooks:
            from bot.channels.webhook import Webhooks

            yield Webhooks(receivers(self.settings), self.clock)

    def doors(
        self, channels: Iterable[Channel], take: Take, repeat: Repeat, hurried: Take | None = None
    ) -> Iterator[web.RouteDef]:
        """The routes by which messages come in. Where we must ask for them, asking is what is repeated.

        ``hurried`` takes the messages of platforms that hang up soon and give up in the end.
        """
        from bot.channels.webchat import WebChat

        for channel in channels:
            match channel.name:
                case "telegram":
                    from bot.channels.telegram import Intake, Polling, Telegram, routes

                    assert isinstance(channel, Telegram)  # noqa: S101  # the name says so
                    polls = channel.settings.mode == "polling"  # then Telegram keeps what we do not acknowledge
                    intake = Intake(channel, take if polls or hurried is None else hurried, self.clock)
                    yield from routes(channel.settings, intake)
                    if polls:
                        polling = Polling(channel, intake, self.clock)
                        # Whoever sends polls too: Telegram gives updates to one at a time.
                        repeat("telegram_polling", polling.once, 0.0, polling.stop, channel_lease(channel.name))
                case "wechat":
                    from bot.channels.wechat.channel import WeChat

                    assert isinstance(channel, WeChat)  # noqa: S101  # the name says so
                    yield from channel.routes(hurried or take)
                case "webhook":
                    pass  # nobody talks there
                case _:
                    assert isinstance(channel, WebChat)  # noqa: S101  # the only other there is
                    yield from channel.routes(take)


async def check(settings: Settings, catalogue: Catalogue, clock: Clock) -> list[Finding]:
    """Whether the platforms that are switched on let us in; changes nothing."""
    found: list[Finding] = []
    if settings.wechat.touched:
        try:
            found += await _with_wechat(settings, catalogue, clock, lambda wechat: wechat.check())
        except ConfigurationError as error:
            found.append(doctor.misconfigured("wechat", error))
    else:
        found.append(doctor.ok("wechat", "off"))
    if settings.telegram.touched:
        from bot.channels.telegram.setup import inspect

        try:
            standing = await inspect(telegram_settings(settings))
            found.append(doctor.ok("telegram", f"@{standing.username}, {standing.pending} updates wait"))
            found += [doctor.problem("telegram", text, "see docs/telegram.md") for text in standing.problems]
        except ConfigurationError as error:
            found.append(doctor.misconfigured("telegram", error))
    else:
        found.append(doctor.ok("telegram", "off"))
    return found


async def set_up(settings: Settings, catalogue: Catalogue, clock: Clock) -> list[Finding]:
    """Register menus, commands and the webhook with the platforms that are switched on."""
    found: list[Finding] = []
    if settings.wechat.touched:
        from bot.channels.wechat.menu import LABELS

        words = catalogue.words(DEFAULT_LOCALE)  # one menu for all who follow the account
        labels = {name: words(f"menu.{name}") for name in LABELS}
        found += await _with_wechat(settings, catalogue, clock, lambda wechat: wechat.setup(labels))
    if settings.telegram.touched:
        from bot.channels.telegram.setup import setup

        commands = {
            language: [(name, catalogue.words(locale)(f"command.{name}")) for name in COMMANDS]
            for language, locale in (("", DEFAULT_LOCALE), ("zh", "zh_CN"), ("en", "en"))
        }
        standing = await setup(telegram_settings(settings), commands)
        found.append(doctor.ok("telegram", f"@{standing.username}, updates come by {settings.telegram.way}"))
        found += [doctor.problem("telegram", text, "see docs/telegram.md") for text in standing.problems]
    return found


async def simulated(settings: Settings, lines: Iterable[str], url: str, person: str) -> int:
    """Play a person on WeChat against the desk at ``url`` and print the talk; how many steps the desk failed."""
    from bot.channels.wechat.simulate import play, step_of

    def say(who: str, text: str) -> None:
        sys.stdout.write(f"{who + ':':<10}" + text.replace("\n", "\n" + " " * 10) + "\n")
        sys.stdout.flush()

    return await play(url, wechat_settings(settings), (step_of(line) for line in lines), say, person=person)


async def _with_wechat(
    settings: Settings,
    catalogue: Catalogue,
    clock: Clock,
    act: Callable[[WeChat], Awaitable[Iterable[SetupStep]]],
) -> list[Finding]:
    from bot.channels.wechat.channel import WeChat

    words = catalogue.words(OPERATOR)
    wechat = WeChat(wechat_settings(settings), clock)
    await wechat.start()
    try:
        steps = await act(wechat)
    finally:
        await wechat.stop()
    found = []
    for step in steps:
        says = words(step.key, **step.params)
        found.append(doctor.ok("wechat", says) if step.ok else doctor.problem("wechat", says, "see docs/wechat.md"))
    return found
