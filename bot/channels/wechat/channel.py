"""The channel: answers inside the request, pushes by customer-service messages where the account may."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from aiohttp import web

from bot.channels.wechat.api import Api, Lost, Result, Said
from bot.channels.wechat.decode import CHANNEL, decode
from bot.channels.wechat.fields import read_fields
from bot.channels.wechat.media import Files
from bot.channels.wechat.menu import SetupStep, check, set_up
from bot.channels.wechat.model import word
from bot.channels.wechat.outcome import TOO_LONG, delivery_of, knocked
from bot.channels.wechat.pictures import Uploads
from bot.channels.wechat.render import TEXT_LIMIT, fitted, passive
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.wire import Wire
from bot.errors import BadRequest, Forged, StoreError
from bot.failpoints import reach
from bot.message import (
    Answer,
    Delivered,
    Delivery,
    InboundMessage,
    Kept,
    Lane,
    MessageKind,
    Picture,
    Push,
    Refused,
    Reply,
)
from bot.ports import Clock, Fetched, MediaStore, NoPace, Pace, Traits, Unfetchable

log = structlog.get_logger(__name__)

PATH = "/hooks/wechat"
TEMPLATE_PATH = "/cgi-bin/message/template/send"
BODY_CAP = 64 * 1024
"""Bytes of a request; WeChat's longest are a few thousand."""
BUDGET_SECONDS = 4.0
"""WeChat hangs up after 5 s and asks again."""
SHORTER = 1200
"""Bytes to try when WeChat finds `TEXT_LIMIT` too long after all."""

Take = Callable[[InboundMessage], Awaitable[Answer]]
"""Answers a message, the same for every copy of it. Raises StoreError when nothing was made durable."""

_MESSAGE = (5, timedelta(hours=48))
_TAP = (3, timedelta(minutes=1))
CREDITS: Mapping[MessageKind, tuple[int, timedelta]] = {
    MessageKind.TEXT: _MESSAGE,
    MessageKind.ATTACHMENT: _MESSAGE,
    MessageKind.PLACE: _MESSAGE,
    MessageKind.UNKNOWN: _MESSAGE,
    MessageKind.PRESS: _TAP,
    MessageKind.FOLLOW: _TAP,
}
"""Customer-service messages each action allows, and for how long (rule since June 2023, api_sendcustommessage)."""

_SUCCESS = b"success"
_PLAIN = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
_XML = {"Content-Type": "application/xml; charset=utf-8"}


class WeChat:
    """One Official Account. ``refusals`` counts unproven or unreadable requests by their cause."""

    name = CHANNEL
    pace: Pace = NoPace()

    def __init__(
        self,
        settings: WeChatSettings,
        clock: Clock,
        budget: float = BUDGET_SECONDS,
        media: MediaStore | None = None,
    ) -> None:
        """``media`` holds the pictures that are pushed; without it none are shown."""
        self.settings = settings
        self.traits = Traits(
            answers_at_once=True,
            quiet_window=False,
            late_card=settings.customer_service,
            edits=False,
            buttons=False,
            text_limit=TEXT_LIMIT,
            text_unit="bytes",
            credits=CREDITS if settings.customer_service else {},
            credits_reserved=2,
            tells_kept=True,
            pictures=settings.customer_service,
        )
        self.refusals: Counter[str] = Counter()
        self._clock = clock
        self._budget = budget
        self._wire = Wire.of(settings)
        self._api = Api(settings, clock)
        self._files = Files(self._api, clock)
        self._uploads = Uploads(self._api, clock, media)

    async def start(self) -> None:
        """Open the connection pool."""
        self._api.open()

    async def stop(self) -> None:
        """Close it."""
        await self._files.close()
        await self._api.close()

    # Coming in

    def routes(self, take: Take) -> list[web.RouteDef]:
        """The two routes WeChat calls. What is not proven and readable gets one 403, whatever the cause."""

        async def receive(request: web.Request) -> web.Response:
            return await self._receive(request, take)

        return [web.get(PATH, self._handshake, allow_head=False), web.post(PATH, receive)]

    async def _handshake(self, request: web.Request) -> web.Response:
        try:
            echo = self._wire.handshake(request.query, self._now())
        except BadRequest as problem:
            return self._refuse(problem)
        return web.Response(body=echo.encode("utf-8", "replace"), headers=_PLAIN)

    async def _receive(self, request: web.Request, take: Take) -> web.Response:
        message: InboundMessage | None = None
        try:
            async with asyncio.timeout(self._budget):
                try:
                    opened = self._wire.open(request.query, await _body(request), self._now())
                    fields = read_fields(opened.xml)
                    message = decode(fields, opened.xml)
                except BadRequest as problem:
                    return self._refuse(problem)
                reach("intake.before")
                answer = await take(message)
        except (TimeoutError, StoreError):
            if message is None:
                return self._refuse(Forged(cause="slow"))
            # Nothing is acknowledged, so WeChat sends it again; the second copy finds what the first one wrote.
            log.warning("wechat.unanswered")
            return web.Response(status=503)
        reach("answer.before")
        text = fitted(answer.reply) if answer.reply is not None else ""
        if not text:
            return web.Response(body=_SUCCESS, headers=_PLAIN)
        at = int(answer.at.timestamp())
        xml = passive(text, message.address.id, word(fields, "ToUserName"), at)
        if opened.box is not None:
            xml = self._wire.seal(xml, opened.box, message.key, at)
        return web.Response(body=xml, headers=_XML)

    def _refuse(self, problem: BadRequest) -> web.Response:
        cause = str(problem.params.get("cause", ""))
        self.refusals[cause] += 1
        count = self.refusals[cause]
        if count & (count - 1) == 0:  # the 1st, 2nd, 4th, ...: a flood must not fill the log
            log.warning("wechat.refused", cause=cause, count=count)
        return web.Response(status=403, headers=_PLAIN)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    # Going out

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """Send a push as a customer-service text, else by a template; nothing shown can be replaced, so ``replaces``
        does not matter. Numbers are shown only for what the person has just asked: later they would mean another list.
        """
        if push.reply.picture is not None:
            return await self._show(push.address.id, push.reply.picture)
        if not self.settings.customer_service:
            return await self._knock(push, Kept("no customer service"))
        reply = push.reply if push.lane is Lane.REPLY else Reply(push.reply.typed)
        text = fitted(reply)
        if not text:
            return Delivered()
        result = await self._say(push.address.id, text)
        if isinstance(result, Said) and result.code == TOO_LONG:
            result = await self._say(push.address.id, fitted(reply, SHORTER))
        delivery = delivery_of(result, self._clock.now())
        return await self._knock(push, delivery) if isinstance(delivery, Kept) else delivery

    async def deliver_brief(self, push: Push) -> Delivery:
        """Send a push by a template; see `bot.ports.BriefChannel`."""
        return await self._knock(push, Kept("no credits"))

    async def _knock(self, push: Push, kept: Kept) -> Delivery:
        """Let the person know by a template. Whatever comes of it, the whole of the push is kept for when they come."""
        message = self.settings.templates.message(push)
        if message is None:
            return kept
        result = await self._api.post(TEMPLATE_PATH, message)
        if isinstance(result, Lost):
            result = await self._api.post(TEMPLATE_PATH, message)  # WeChat knows it by its client_msg_id
        return knocked(result, kept, self._clock.now())

    async def _show(self, to: str, picture: Picture) -> Delivery:
        """Send a picture, or drop it: kept for later it would come without the words before it."""
        if not self.settings.customer_service:
            return Refused("no customer service")
        uploaded = await self._uploads.media_id(picture)
        if not isinstance(uploaded, str):
            return uploaded
        asked = {"touser": to, "msgtype": "image", "image": {"media_id": uploaded}}
        delivery = delivery_of(await self._api.post("/cgi-bin/message/custom/send", asked), self._clock.now())
        return Refused(delivery.reason) if isinstance(delivery, Kept) else delivery

    async def _say(self, to: str, text: str) -> Result:
        return await self._api.post(
            "/cgi-bin/message/custom/send", {"touser": to, "msgtype": "text", "text": {"content": text}}
        )

    async def fetch(self, ref: str) -> Fetched | Unfetchable:
        """Open a file by its media id. WeChat forgets it after 3 days."""
        return await self._files.fetch(ref)

    async def check(self) -> tuple[SetupStep, ...]:
        """Whether the account lets us in; changes nothing, and is for `doctor`."""
        return await check(self._api)

    async def setup(self, labels: Mapping[str, str]) -> tuple[SetupStep, ...]:
        """Check the account and make its menu; see `bot.channels.wechat.menu`."""
        return await set_up(self._api, labels)


async def _body(request: web.Request) -> bytes:
    """The body, of which no more than `BODY_CAP` bytes are ever held. Raises Forged."""
    if (request.content_length or 0) > BODY_CAP:
        raise Forged(cause="too_large")
    if "Content-Encoding" in request.headers:
        raise Forged(cause="compressed")  # WeChat never does, and it would unpack to any size
    body = await request.content.readany()
    while not request.content.at_eof():
        body += await request.content.readany()
        if len(body) > BODY_CAP:
            raise Forged(cause="too_large")
    return body
