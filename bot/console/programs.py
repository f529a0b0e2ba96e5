"""What programs have of the desk: Open311, the command that makes a key, and who is told what happened."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.api_settings import Open311Section, proper_name
from bot.domain.people import Address
from bot.errors import ConfigurationError, StoreUnavailable
from bot.message import InboundMessage
from bot.settings import Settings
from bot.views.open311 import Asked, Definition, Objection, Request, Service, Taken, Update

if TYPE_CHECKING:
    from aiohttp import web

    from bot.console.premises import Premises
    from bot.turn import Turn
    from handlers.webhooks import Hook

T = TypeVar("T")

SAME = timedelta(minutes=10)
"""The same content from the same key within this time is one ticket: a program that was not answered sends again."""


def hooks(settings: Settings) -> tuple[Hook, ...]:
    """Who is told of what, as handlers know it. Raises ConfigurationError."""
    from bot.channels.roster import receivers
    from handlers.webhooks import Hook

    return tuple(
        Hook(receiver.id, frozenset(hook.events), str(Address("open311", hook.key)) if hook.key else "")
        for hook, receiver in zip(settings.webhooks, receivers(settings), strict=True)
    )


def open311_routes(premises: Premises, settings: Open311Section | None, locales: tuple[str, ...]) -> list[web.RouteDef]:
    """The addresses of Open311, where it is enabled."""
    if settings is None or not settings.enabled:
        return []
    from bot.web.open311 import Guard, Key, Keyring, Open311
    from bot.web.open311.receiving import FIELD_BYTES

    keys = (Key(name, key.digest, frozenset(key.rights), key.per_minute) for name, key in settings.keys.items())

    def cap() -> int:
        return premises.guide().town.limits.file_max_bytes

    return Open311(
        home=premises.home,
        serving=Programs(premises),
        keyring=Keyring(keys, settings.reads_per_minute, premises.clock.monotonic),
        media=premises.media,
        cap=cap,
        now=premises.clock.now,
        guard=Guard(premises.catalogue.words, locales, FIELD_BYTES, cap),
        proxies=premises.proxies,
        jurisdiction=settings.jurisdiction_id,
        contact=settings.contact,
        open_reading=settings.open_reading,
    ).routes()


@dataclass(frozen=True, slots=True)
class Programs:
    """`bot.web.open311.Serving`: looks and hands in through the dispatcher, as every page does."""

    premises: Premises

    async def services(self, locale: str) -> Sequence[Service]:
        """Every kind that can be handed in."""
        from handlers.open311 import reading

        return await self._look("", reading.services, locale)

    async def definition(self, code: str, locale: str) -> Definition:
        """What a kind asks. Raises NotFound."""
        from handlers.open311 import reading

        return await self._look("", lambda turn: reading.definition(turn, code), locale)

    async def requests(self, asked: Asked, key: str, locale: str) -> Sequence[Request]:
        """Tickets that may be read."""
        from handlers.open311 import reading

        return await self._look(key, lambda turn: reading.requests(turn, asked, key), locale)

    async def request(self, number: str, key: str, locale: str) -> Request:
        """One of them. Raises NotFound."""
        from handlers.open311 import reading

        return await self._look(key, lambda turn: reading.request(turn, number, key), locale)

    async def updates(self, number: str, key: str, locale: str) -> Sequence[Update]:
        """Its steps. Raises NotFound."""
        from handlers.open311 import reading

        return await self._look(key, lambda turn: reading.updates(turn, number, key), locale)

    async def hand_in(self, message: InboundMessage) -> Taken | Objection:
        """File it, or add it to a ticket. Raises StoreUnavailable where something broke: nothing was filed."""
        from msgspec.structs import replace

        from handlers.open311 import filing

        span = int(message.at.timestamp() // SAME.total_seconds())
        before = await self.premises.read.answered(message.address.channel, f"{message.key}:{span - 1}")
        if before is not None and before.reply is not None and before.reply.ticket and message.at - before.at < SAME:
            reply = before.reply
        else:
            refused = await self._look(
                str(message.address), lambda turn: filing.objection(turn, message), message.locale
            )
            if refused is not None:
                return refused
            answer = await self.premises.take(replace(message, key=f"{message.key}:{span}"))
            if answer.reply is None or not answer.reply.ticket:
                raise StoreUnavailable(why="not filed")
            reply = answer.reply
        return Taken(reply.slot or reply.ticket, reply.text)

    async def _look(self, key: str, see: Callable[[Turn], Awaitable[T]], locale: str) -> T:
        who = Address.parse(key) if key else Address("open311", "anybody")
        return await self.premises.dispatcher().look(who, see, locale)


def open311_commands() -> typer.Typer:
    """``open311 key NAME``."""
    commands = typer.Typer(no_args_is_help=True, help="Keys for programs.")

    @commands.callback()
    def about() -> None:
        """Keys for programs that read and file by Open311."""

    @commands.command("key")
    def key(name: Annotated[str, typer.Argument(help="What the program is called: a-z, 0-9, hyphens.")]) -> None:
        """Make a key for a program. It is shown once; the lines below it belong into the settings."""
        from bot.web.open311.keys import digest_of

        if not proper_name(name):
            raise ConfigurationError("NAME", "a key is named with up to 32 small letters, digits and hyphens")
        secret = secrets.token_urlsafe(32)
        print(f"Key for {name}, shown only now:\n\n    {secret}\n\nFor the settings file:\n")
        print(f'[open311.keys.{name}]\ndigest = "{digest_of(secret)}"')
        print('rights = ["read", "file", "update"]\nper_minute = 60')

    return commands
