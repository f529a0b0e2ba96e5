"""What a person is shown: the talk so far, what the desk says now, and their own files."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from aiohttp import web

from bot.channels.webchat import files
from bot.channels.webchat.desk import HISTORY, Desk, read_body
from bot.channels.webchat.live import Stream
from bot.channels.webchat.wire import bad, picture_in
from bot.errors import BadRequest, StoreUnavailable
from bot.message import JsonObject

BEAT_SECONDS = 20.0
"""A stream that has nothing to say says so this often: the page notices a dead line, and proxies keep it open."""
POLL_SECONDS = 25.0
NO_STORE = {"Cache-Control": "no-store"}
STREAM = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Listening:
    """Handlers for an open page."""

    desk: Desk

    async def history(self, request: web.Request) -> web.StreamResponse:
        """The talk, oldest line first: ``{lines}``."""
        visitor = self.desk.door.known(request)
        try:
            lines = await self.desk.talk(visitor.address) if visitor else []
        except (StoreUnavailable, TimeoutError):
            return self.desk.unavailable(request)
        return web.json_response({"lines": lines}, headers=NO_STORE)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: ``hello`` once, ``line`` for each thing the desk says, ``beat`` while it is silent."""
        visitor = self.desk.door.known(request)
        if visitor is None:
            return self.desk.not_found(request)
        response = web.StreamResponse(headers=STREAM)
        stream = self.desk.live.open(visitor.address)
        try:
            await response.prepare(request)
            await _tell(response, stream)
        except ConnectionError:
            pass  # the page was closed, which is how most streams end
        finally:
            self.desk.live.close(stream)
        return response

    async def updates(self, request: web.Request) -> web.StreamResponse:
        """For networks that hold streams back: ``{lines}`` after the line ``after``, or the next one when it comes."""
        visitor = self.desk.door.known(request)
        if visitor is None:
            return self.desk.not_found(request)
        stream = self.desk.live.open(visitor.address)
        try:
            lines = await self.desk.talk(visitor.address)
            ids = [line["id"] for line in lines]
            after = request.query.get("after", "")
            fresh = lines[ids.index(after) + 1 :] if after in ids else lines
            if not fresh:
                async with asyncio.timeout(POLL_SECONDS):
                    line = await stream.next()
                    fresh = [line] if line else []
        except StoreUnavailable:
            return self.desk.unavailable(request)
        except TimeoutError:
            fresh = []
        finally:
            self.desk.live.close_soon(stream)
        return web.json_response({"lines": fresh}, headers=NO_STORE)

    async def shown(self, request: web.Request) -> web.StreamResponse:
        """The page says which lines it shows: ``{ids}``."""
        if refused := self.desk.refused(request):
            return refused
        visitor = self.desk.door.known(request)
        try:
            ids = [str(line_id) for line_id in json.loads(await read_body(request))["ids"][:100]]
        except (ValueError, TypeError, LookupError, RecursionError, BadRequest):
            return bad(400, "malformed", self.desk.words_for(request)("web.error.malformed"))
        if visitor is not None:
            for line_id in ids:
                self.desk.live.shown(visitor.address, line_id)
            if self.desk.shared:  # it may be another worker that wrote the line to the page
                try:
                    await self.desk.seen(visitor.address, ids)
                except (StoreUnavailable, TimeoutError):
                    return self.desk.unavailable(request)
        return web.Response(status=204)

    async def attachment(self, request: web.Request) -> web.StreamResponse:
        """A file of the person who asks. Anybody else's does not exist."""
        visitor = self.desk.door.known(request)
        try:
            records = await self.desk.reader.attachments([request.match_info["id"]]) if visitor else []
        except (StoreUnavailable, TimeoutError):
            return self.desk.unavailable(request)
        for record in records:
            if visitor and record.address == visitor.address and record.state == "stored" and record.sha256:
                return await files.send(request, record, self.desk.media)
        return self.desk.not_found(request)

    async def picture(self, request: web.Request) -> web.StreamResponse:
        """A picture the desk showed to the person who asks. Anybody else's does not exist."""
        visitor = self.desk.door.known(request)
        try:
            lines = await self.desk.reader.talk(visitor.address, HISTORY) if visitor else ()
        except (StoreUnavailable, TimeoutError):
            return self.desk.unavailable(request)
        picture = picture_in(lines, request.match_info["sha256"])
        if picture is None or not await self.desk.media.exists(picture.sha256):
            return self.desk.not_found(request)
        return await files.send_picture(request, picture, self.desk.media)


async def _tell(response: web.StreamResponse, stream: Stream) -> None:
    """Write lines as they come until the page is let go."""
    await response.write(_event("hello", {}))
    while True:
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                line = await stream.next()
        except TimeoutError:
            await response.write(_event("beat", {}))
            continue
        if line is None:
            break
        await response.write(_event("line", line))
    await response.write_eof()


def _event(name: str, data: JsonObject) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
