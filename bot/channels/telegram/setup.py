"""Telling Telegram about the desk: commands, and where updates go. And asking how that stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.channels.telegram.settings import HOOK_PATH, TelegramSettings
from bot.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.channels.telegram.wire import Wire

CONNECTIONS = 40
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_PORTS = (None, 443, 80, 88, 8443)


@dataclass(frozen=True, slots=True)
class Standing:
    """How Telegram sees the desk. ``url``: where updates go ("" means we ask). ``problems``: what to mend, in English.

    ``commands``: how many are registered per language ("" for all others); empty when only asked.
    """

    username: str
    url: str
    pending: int
    last_error: str
    last_error_at: datetime | None
    commands: Mapping[str, int]
    problems: tuple[str, ...]


async def setup(settings: TelegramSettings, commands: Mapping[str, Sequence[tuple[str, str]]]) -> Standing:
    """Register commands and the way updates come; no waiting update is dropped.

    ``commands`` maps a language ("" for all others, "zh", "en") to (name, words) in the order shown. Raises
    ConfigurationError with what Telegram, or we, do not like.
    """
    for name, words in (entry for entries in commands.values() for entry in entries):
        if not _NAME.fullmatch(name) or not 1 <= len(words) <= 256:
            raise ConfigurationError(
                "telegram.commands", f"a command must be a-z 0-9 _ with 1 to 256 characters: {name}"
            )
    if settings.mode == "webhook":
        check_url(settings)
    return await _with_wire(settings, commands)


async def inspect(settings: TelegramSettings) -> Standing:
    """How Telegram sees the desk, changing nothing. Raises ConfigurationError when Telegram refuses us."""
    return await _with_wire(settings, None)


def check_url(settings: TelegramSettings) -> None:
    """Raises ConfigurationError when Telegram could not call the public address.

    The cloud wants https on port 443, 80, 88 or 8443 (core.telegram.org/bots/api#setwebhook).
    """
    from urllib.parse import urlsplit  # only here

    if not settings.public_url:
        raise ConfigurationError("web.public_url", f"Telegram must know where to call: https://…{HOOK_PATH}")
    parts = urlsplit(settings.public_url)
    try:
        port = parts.port
    except ValueError:
        raise ConfigurationError("web.public_url", "is not an address") from None
    if settings.cloud and (parts.scheme != "https" or port not in _PORTS):
        raise ConfigurationError("web.public_url", "Telegram calls only https:// on port 443, 80, 88 or 8443")


async def _with_wire(settings: TelegramSettings, commands: Mapping[str, Sequence[tuple[str, str]]] | None) -> Standing:
    from telegram.error import InvalidToken, TelegramError  # takes a third of a second

    from bot.channels.telegram.wire import Wire  # takes a third of a second

    wire = Wire(settings)
    await wire.open()
    try:
        username = await wire.me()
        if commands is not None:
            await _register(wire, settings, commands)
        return await _standing(wire, settings, username, {lang: len(list_) for lang, list_ in (commands or {}).items()})
    except InvalidToken:
        raise ConfigurationError("telegram.token", "Telegram does not know this token; BotFather shows it") from None
    except TelegramError as error:
        raise ConfigurationError("telegram", f"{type(error).__name__}: {error}") from None
    finally:
        await wire.close()


async def _register(wire: Wire, settings: TelegramSettings, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    for language, entries in commands.items():
        await wire.set_commands(list(entries), language)
    if settings.mode == "webhook":
        await wire.set_hook(settings.hook_url, settings.secret_token, CONNECTIONS)
    else:
        await wire.drop_hook()


async def _standing(wire: Wire, settings: TelegramSettings, username: str, commands: Mapping[str, int]) -> Standing:
    hook = await wire.hook()
    wanted = settings.hook_url if settings.mode == "webhook" else ""
    problems = []
    if hook.url != wanted:
        problems.append(
            f"updates go to {hook.url or 'nobody (polling)'} but should go to {wanted or 'nobody (polling)'}:"
            " run main.py channels setup"
        )
    if hook.last_error_message:
        problems.append(f"Telegram could not deliver: {hook.last_error_message}")
    return Standing(
        username,
        hook.url,
        hook.pending_update_count,
        hook.last_error_message or "",
        hook.last_error_date,
        commands,
        tuple(problems),
    )
