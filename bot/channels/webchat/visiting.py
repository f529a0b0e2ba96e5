"""The page itself, its files, and its form for browsers without scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from bot.channels.webchat.desk import Desk, Take, fresh_key, read_body
from bot.channels.webchat.identity import Visitor
from bot.channels.webchat.incoming import Sender, said, words_of
from bot.channels.webchat.page import Note, Page
from bot.errors import BadRequest, StoreUnavailable
from bot.message import JsonObject, MessageKind

NOT_KEPT = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Visiting:
    """Handlers for whoever opens the page."""

    desk: Desk
    page: Page
    take: Take

    async def index(self, request: web.Request) -> web.StreamResponse:
        """The page with the talk in it; ``?lang=`` chooses its language."""
        return await self._opened(request, self.desk.door.visitor(request))

    async def embedded(self, request: web.Request) -> web.StreamResponse:
        """The same page in a frame of another site."""
        return await self._opened(request, self.desk.door.embedded(request))

    async def _opened(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        chosen = request.query.get("lang", "")
        if chosen in self.desk.locales:
            moved = web.Response(status=303, headers={"Location": visitor.home, **NOT_KEPT})
            self.desk.door.speak(moved, chosen, embedded=visitor.embedded)
            return moved
        return await self._show(request, visitor, Note(refresh="sent" in request.query))

    async def static(self, request: web.Request) -> web.StreamResponse:
        """One of the page's files."""
        found = self.page.assets.response(request.match_info["version"], request.match_info["name"])
        return found or self.desk.not_found(request)

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Words or a button from a form, and the page again."""
        visitor = self.desk.door.visitor(request)
        words = self.desk.words_for(request)
        form = await _form(request)
        if form is None or not visitor.wrote(form.get("token", "")) or not self.desk.door.same_origin(request):
            return await self._show(request, visitor, Note(words("web.error.forged")), 403)
        text = words_of(form.get("text", ""))
        if self.desk.wait(request, visitor):
            return await self._show(request, visitor, Note(words("web.error.slow_down"), text), 429)
        fields = {"kind": MessageKind.TEXT.value, "key": form.get("key", ""), "text": text}
        if "press" in form:
            fields |= {"kind": MessageKind.PRESS.value, "press": form["press"]}
        sender = Sender(visitor.address, self.desk.clock.now(), self.desk.locale(request))
        try:
            await self.take(said(sender, json.dumps(fields).encode()))
        except BadRequest as error:
            return await self._show(request, visitor, Note(words(error.key, **error.params), text), 400)
        except (StoreUnavailable, TimeoutError):
            return await self._show(request, visitor, Note(words("web.error.unavailable"), text), 503)
        return web.Response(status=303, headers={"Location": f"{visitor.home}?sent=1#composer", **NOT_KEPT})

    async def _show(self, request: web.Request, visitor: Visitor, note: Note, status: int = 200) -> web.StreamResponse:
        lines: list[JsonObject] = []
        if not visitor.fresh:
            try:
                lines = await self.desk.talk(visitor.address)
            except (StoreUnavailable, TimeoutError):
                note, status = Note(self.desk.words_for(request)("web.error.unavailable"), note.text), 503
        response = self.page.render(visitor, self.desk.locale(request), lines, fresh_key, note)
        response.set_status(status)
        self.desk.door.remember(response, visitor)
        return response


async def _form(request: web.Request) -> dict[str, str] | None:
    """The fields of an ordinary form, or None when it is none."""
    if request.content_type != "application/x-www-form-urlencoded":
        return None
    try:
        body = (await read_body(request)).decode("utf-8", "replace")
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=20))
    except (BadRequest, ValueError):
        return None
