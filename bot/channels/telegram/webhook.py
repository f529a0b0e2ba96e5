"""POST /hooks/telegram: proven first, then read, then stored, then acknowledged."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.channels.telegram.decode import parse
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.settings import HOOK_PATH, TelegramSettings
from bot.errors import Malformed, StoreError
from bot.failpoints import reach

BODY_LIMIT = 1 << 20
RETRY_AFTER_SECONDS = 5
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the header's name

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(settings: TelegramSettings, intake: Intake) -> list[web.RouteDef]:
    """The webhook for the application; none when the bot polls."""
    return [web.post(HOOK_PATH, webhook(settings, intake))] if settings.mode == "webhook" else []


def webhook(settings: TelegramSettings, intake: Intake) -> Handler:
    """The handler of Telegram's calls.

    Answers 200 when the update is on disk or holds nothing for the desk, 403 to anybody without the secret, 413 above
    1 MiB, 400 to what is no JSON, 503 with Retry-After when nothing could be stored: Telegram then sends it again, up
    to 24 hours.
    """
    secret = settings.secret_token.encode()
    if not secret:
        raise ValueError("no webhook without a secret")

    async def handle(request: web.Request) -> web.StreamResponse:
        shown = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(shown, secret):
            return web.Response(status=403)
        body = await _body(request)
        if body is None:
            return web.Response(status=413)
        try:
            update = parse(body)
        except Malformed:
            return web.Response(status=400)
        decoded = intake.read(update, body)
        if decoded is not None:
            reach("intake.before")
            try:
                await intake.settle(decoded)
            except StoreError:
                return web.Response(status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
        reach("answer.before")
        return web.Response()

    return handle


async def _body(request: web.Request) -> bytes | None:
    """The body, or None when it is larger than any update."""
    length = request.content_length
    if length is not None:
        return None if length > BODY_LIMIT else await request.content.read(-1)
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)
