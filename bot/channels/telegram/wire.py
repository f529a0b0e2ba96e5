"""Talking to the Bot API: python-telegram-bot's ExtBot over our aiohttp wire. Imported only when configured."""

from __future__ import annotations

import logging
from typing import Any, cast
from urllib.parse import urlencode

import structlog
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    WebhookInfo,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.ext import ExtBot
from telegram.request import RequestData

from bot.channels.telegram.keyboard import INLINE, keyboard
from bot.channels.telegram.outcome import edit_lost, failed, nothing_new
from bot.channels.telegram.pacing import chat_of
from bot.channels.telegram.request import AiohttpRequest, Asked, FloodedError, Upload
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.telegram.words import fitting
from bot.domain.people import Address
from bot.message import Delivered, Delivery, JsonObject, Reply, TryLater, Unclear

UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What we ask Telegram to tell us."""

CAPTION = 1024
"""Characters below a picture (core.telegram.org/bots/api#sendphoto)."""

log = structlog.get_logger()

_NO_PREVIEW = {"is_disabled": True}  # a preview fetches the link, and may use it up
_RETRY_EDIT_SECONDS = 2.0


class Wire:
    """An open line to the Bot API. Call `open` first and `close` at the end."""

    def __init__(self, settings: TelegramSettings) -> None:
        logging.getLogger("telegram").setLevel(logging.WARNING)  # below that it writes down what people are told
        # Telegram is not reachable from everywhere, so the environment's proxy counts; an own server stands nearby.
        self.request = AiohttpRequest(trust_env=settings.cloud)
        self._base = f"{settings.api_base}/bot"
        self._url = f"{self._base}{settings.token}"
        self.bot: ExtBot[None] = ExtBot(
            settings.token,
            base_url=self._base,
            base_file_url=f"{settings.api_base}/file/bot",
            request=self.request,
            get_updates_request=self.request,
        )

    async def open(self) -> None:
        """Open the connections; nothing is sent yet."""
        await self.request.initialize()

    async def close(self) -> None:
        """Close them."""
        await self.request.shutdown()

    async def call(self, method: str, read_timeout: float | None = None, **parameters: Any) -> Any:
        """The raw result of a method, not made into the library's types. Raises TelegramError."""
        try:
            return await self.request.post(f"{self._url}/{method}?{urlencode(parameters)}", read_timeout=read_timeout)
        except KeyError:
            raise TelegramError("an answer without a result") from None

    async def show(self, address: Address, reply: Reply, replaces: str) -> Delivery:
        """Show a reply: in the place of an earlier message if that can still be edited, else as a new one."""
        text, markup = fitting(reply.text), keyboard(reply)
        try:
            if replaces.isdecimal() and (markup is None or INLINE in markup):  # those cannot be edited in
                edited = await self._edit(address, text, markup, int(replaces))
                if edited is not None:
                    return edited
            sent = await self._ask("sendMessage", chat_of(address), text, markup)
        except TelegramError as error:
            return failed(error, address)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # the library could not read the answer
            return Unclear(f"unreadable answer: {type(error).__name__}")
        return Delivered(str(sent["message_id"]))

    async def show_picture(self, address: Address, caption: str, name: str, mime: str, content: bytes) -> Delivery:
        """Show a picture with words below it."""
        parameters = {"chat_id": chat_of(address), "caption": caption[:CAPTION]}
        asked = cast(RequestData, Upload(parameters, name, mime, content))
        try:
            sent: Any = await self.request.post(f"{self._url}/sendPhoto", asked)
            return Delivered(str(sent["message_id"]))
        except TelegramError as error:
            return failed(error, address)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # the library could not read the answer
            return Unclear(f"unreadable answer: {type(error).__name__}")

    async def _ask(self, method: str, chat: str, text: str, markup: JsonObject | None, **more: Any) -> Any:
        """The raw result of saying something. Making it into the library's objects would cost more than sending it."""
        asked = {"chat_id": chat, "text": text, "link_preview_options": _NO_PREVIEW, **more}
        if markup is not None:
            asked["reply_markup"] = markup
        return await self.request.post(f"{self._url}/{method}", cast(RequestData, Asked(asked)))

    async def _edit(self, address: Address, text: str, markup: JsonObject | None, message_id: int) -> Delivery | None:
        """How editing went; None when that message cannot be edited any more."""
        try:
            await self._ask("editMessageText", chat_of(address), text, markup, message_id=message_id)
        except BadRequest as error:
            if nothing_new(error):
                return Delivered(str(message_id))
            if edit_lost(error):
                return None
            raise
        except TelegramError as error:
            outcome = failed(error, address)
            # Editing twice shows the same as editing once: what is unclear may simply be done again.
            return TryLater(_RETRY_EDIT_SECONDS, outcome.reason) if isinstance(outcome, Unclear) else outcome
        return Delivered(str(message_id))

    async def answer_callback(self, callback: str) -> None:
        """Stop a pressed button's spinning. Too late is no matter."""
        try:
            await self.bot.answer_callback_query(callback)
        except TelegramError as error:
            log.debug("telegram.callback_unanswered", error=type(error).__name__)

    async def show_typing(self, address: Address) -> None:
        """Show that somebody is at it. Failing is no matter."""
        try:
            await self.bot.send_chat_action(chat_of(address), ChatAction.TYPING)
        except TelegramError as error:
            log.debug("telegram.typing_unshown", error=type(error).__name__)

    async def updates(self, offset: int | None, seconds: int) -> list[Any]:
        """What happened since: waits up to ``seconds`` for something. Raises TelegramError."""
        names = "[" + ",".join(f'"{name}"' for name in UPDATES) + "]"
        asked: dict[str, Any] = {"timeout": seconds, "limit": 100, "allowed_updates": names}
        if offset is not None:
            asked["offset"] = offset
        result = await self.call("getUpdates", read_timeout=seconds + 10.0, **asked)
        return result if isinstance(result, list) else []

    async def me(self) -> str:
        """The bot's user name. Raises TelegramError."""
        return (await self.bot.get_me()).username or ""

    async def my_name(self) -> str:
        """The bot's user name; "" when Telegram does not say. Failing is no matter."""
        try:
            return await self.me()
        except TelegramError as error:
            log.debug("telegram.nameless", error=type(error).__name__)
            return ""

    async def hook(self) -> WebhookInfo:
        """How Telegram reaches us. Raises TelegramError."""
        return await self.bot.get_webhook_info()

    async def set_hook(self, url: str, secret: str, connections: int) -> None:
        """Have updates sent to us; those that wait are kept. Raises TelegramError."""
        await self.bot.set_webhook(url, secret_token=secret, allowed_updates=list(UPDATES), max_connections=connections)

    async def drop_hook(self) -> None:
        """Have updates kept until we ask. Those that wait are kept. Raises TelegramError."""
        await self.bot.delete_webhook(drop_pending_updates=False)

    async def set_commands(self, commands: list[tuple[str, str]], language: str) -> None:
        """Register the commands people see for a language ("" for all others). Raises TelegramError."""
        await self.bot.set_my_commands(
            [BotCommand(name, words) for name, words in commands],
            scope=BotCommandScopeAllPrivateChats(),
            language_code=language or None,
        )


def is_token_refused(error: TelegramError) -> bool:
    """Whether Telegram does not know our token."""
    return isinstance(error, InvalidToken)


def flooded_for(error: TelegramError) -> float:
    """Seconds that Telegram wants no request of this kind; 0.0 when it did not say so."""
    return error.seconds if isinstance(error, FloodedError) else 0.0
