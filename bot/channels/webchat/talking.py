"""What a person sends: words, buttons, places and files, given to the desk once however often they are sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from bot.channels.webchat.desk import Desk, Take, read_body
from bot.channels.webchat.incoming import Sender, Upload, said
from bot.channels.webchat.wire import answer_id, bad, message_key, moment, reply_line
from bot.domain.people import Address
from bot.errors import Malformed, StoreUnavailable
from bot.message import Answer, InboundMessage, JsonObject

UPLOADS_OF_ONE = 4
"""Uploads of one person that may run at once."""
_STATUS = {"web.error.too_long": 413, "web.error.too_much": 413}


@dataclass(frozen=True, slots=True)
class Talking:
    """The handler of what a person sends."""

    desk: Desk
    take: Take
    _uploading: dict[Address, int] = field(default_factory=dict)

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """Take a JSON message or a multipart upload; see `bot.channels.webchat.incoming` for their fields.

        Answers ``{key, at, problems, reply}``: ``problems`` names what is wrong with each file ("" for nothing),
        ``reply`` is the desk's line or null. 503 and 429 mean: send the very same again, with the same key.
        """
        upload = request.content_type == "multipart/form-data"
        if refused := self.desk.refused(request, upload=upload):
            return refused
        visitor = self.desk.door.visitor(request)
        words = self.desk.words_for(request)
        wait = self.desk.wait(request, visitor)
        if upload and not wait:
            busy = self._uploading.get(visitor.address, 0) >= UPLOADS_OF_ONE
            wait = 2.0 if busy else self.desk.wait_upload(request, visitor)
        if wait:
            return bad(429, "slow_down", words("web.error.slow_down"), retry_after=wait)
        sender = Sender(visitor.address, self.desk.clock.now(), self.desk.locale(request))
        try:
            message = await self._upload(request, sender) if upload else said(sender, await read_body(request))
            answer = await self.take(message)
        except Malformed as error:
            code = error.key.removeprefix("web.error.")
            return bad(_STATUS.get(error.key, 400), code, words(error.key, **error.params))
        except (StoreUnavailable, TimeoutError, OSError):
            return self.desk.unavailable(request)
        response = web.json_response(_told(message, answer), headers={"Cache-Control": "no-store"})
        self.desk.door.remember(response, visitor)
        return response

    async def _upload(self, request: web.Request, sender: Sender) -> InboundMessage:
        self._uploading[sender.address] = self._uploading.get(sender.address, 0) + 1
        try:
            return await Upload(self.desk.media, self.desk.cap).read(request, sender)
        finally:
            left = self._uploading.pop(sender.address) - 1
            if left:
                self._uploading[sender.address] = left


def _told(message: InboundMessage, answer: Answer) -> JsonObject:
    key = message.key.removeprefix(message_key(message.address, ""))
    reply = reply_line(answer_id(key), answer.at, answer.reply) if answer.reply else None
    problems = [file.problem for file in message.attachments]
    return {"key": key, "at": moment(answer.at), "problems": problems, "reply": reply}
