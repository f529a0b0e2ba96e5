"""A resident's page of one ticket, by its signed link: it shows, and every act on it is a form of its own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import segno
from aiohttp import web

from bot.buckets import Buckets
from bot.errors import Malformed, NotFound
from bot.message import Answer, Attachment
from bot.views.resident_page import Holder, ResidentPage, Said
from bot.web.rendering import LANG, Renderer

PATH = "/t/"
FIND = "/find"
AT_ONCE, PER_SECOND = 20.0, 1 / 3
"""Forms of one link at once, and after that: one every three seconds, far above what anybody does by hand."""

UPLOADS_AT_ONCE, UPLOADS_PER_SECOND = 15.0, 1 / 20
"""Forms that may bring files, which are read before anything else can be decided about them."""

CALL_BACK, LANGUAGE = "call_back", "language"
ERRORS = {"web.error.too_long": 413, "web.error.too_much": 413}
KEYS = frozenset({"web.error.slow_down", "web.error.malformed", *ERRORS, "web.error.too_many"})
"""Texts it asks for besides those of its templates."""

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_ACT = re.compile(r"[a-z_]{1,20}")
_VALUE = re.compile(r"[A-Za-z0-9_/]{0,20}")


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds: which one (``nonce``, the same when it is sent again), what is to be done, words and files."""

    nonce: str
    act: str
    value: str = ""
    text: str = ""
    files: tuple[Attachment, ...] = field(default=())


class Desk(Protocol):
    """What the page needs of the desk."""

    async def holder(self, link: str) -> Holder | None:
        """Whose page a link opens; None for one that is not good, whatever the reason."""
        ...

    async def seen(self, holder: Holder, locale: str) -> ResidentPage:
        """What the page shows. Raises NotFound."""
        ...

    async def said(self, holder: Holder, nonce: str) -> Said | None:
        """What a form was answered."""
        ...

    async def done(self, holder: Holder, form: Form, locale: str) -> Answer:
        """Do what a form asks for, once. Raises StoreUnavailable."""
        ...

    async def received(self, request: web.Request) -> tuple[dict[str, str], tuple[Attachment, ...]]:
        """The fields of a multipart form, its files in the media store. Raises Malformed."""
        ...

    def said_now(self, holder: Holder, answer: Answer) -> Said | None:
        """What an answer says on the page."""
        ...


@dataclass(frozen=True, slots=True)
class Pages:
    """The handlers. ``home`` is what the code on a slip leads to; ``monotonic`` gives seconds that never go back."""

    desk: Desk
    renderer: Renderer
    home: str
    monotonic: Callable[[], float]
    limits: Buckets
    uploads: Buckets

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page; with ``?said=`` also what that form was answered. Nothing changes by looking."""
        holder = await self._holder(request)
        if holder is None:
            return self.gone(request)
        nonce = request.query.get("said", "")
        said = await self.desk.said(holder, nonce) if _NONCE.fullmatch(nonce) else None
        return await self._page(request, holder, said)

    async def slip(self, request: web.Request) -> web.StreamResponse:
        """A slip to print: the number, and where it can be looked up. Nothing of the matter: paper lies about."""
        holder = await self._holder(request)
        if holder is None:
            return self.gone(request)
        page = await self.desk.seen(holder, self._locale(request, holder))
        address = f"{self.home}{FIND}?number={holder.number}"
        code = segno.make_qr(address, error="m").svg_data_uri(border=2)
        values = {**self._common(request, holder), "page": page, "code": code, "find": f"{self.home}{FIND}"}
        return self.renderer.page("resident/slip.html", request, **values)

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Do what a form asks for, then show the page with the answer."""
        holder = await self._holder(request)
        if holder is None:
            return self.gone(request)
        locale = self._locale(request, holder)
        words = self.renderer.words(locale)
        whose = f"{holder.number}|{holder.address}"
        wait = self.limits.wait(whose)
        if not wait and request.content_type == "multipart/form-data":
            wait = self.uploads.wait(whose)
        if wait:
            said = Said(words("web.error.slow_down"))
            return await self._page(request, holder, said, 429, {"Retry-After": str(int(wait) + 1)})
        try:
            form = await self._form(request)
        except Malformed as error:
            said = Said(words(error.key, **error.params))
            return await self._page(request, holder, said, ERRORS.get(error.key, 400))
        answer = await self.desk.done(holder, form, locale)
        if form.act == CALL_BACK:  # this very link is worth nothing now: its page cannot be led back to
            return self.renderer.page(
                "resident/called_back.html",
                request,
                **self._words(locale),
                languages=(),  # they lead to this address
                said=self.desk.said_now(holder, answer),
            )
        chosen = form.value if form.act == LANGUAGE else request.query.get(LANG, "")
        chosen = chosen if chosen in self.renderer.locales else ""
        query = {"said": form.nonce, **({LANG: chosen} if chosen else {})}
        raise web.HTTPSeeOther(request.rel_url.with_query(query).with_fragment("said"))

    def gone(self, request: web.Request) -> web.Response:
        """The one answer to every link that is not good."""
        return self.renderer.page("resident/gone.html", request, status=404)

    async def _holder(self, request: web.Request) -> Holder | None:
        return await self.desk.holder(request.match_info["link"])

    async def _page(
        self,
        request: web.Request,
        holder: Holder,
        said: Said | None,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> web.StreamResponse:
        try:
            page = await self.desk.seen(holder, self._locale(request, holder))
        except NotFound:
            return self.gone(request)
        response = self.renderer.page(
            "resident/page.html", request, status=status, **self._common(request, holder), page=page, said=said
        )
        response.headers.update(headers or {})
        return response

    def _common(self, request: web.Request, holder: Holder) -> dict[str, Any]:
        here, asked = f"{PATH}{request.match_info['link']}", request.query.get(LANG, "")
        return {
            **self._words(self._locale(request, holder)),
            "here": here,
            "action": f"{here}?{LANG}={asked}" if asked in self.renderer.locales else here,
            "file_base": f"{here}/files/",
            "nonce": lambda: secrets.token_urlsafe(16),
        }

    def _words(self, locale: str) -> dict[str, Any]:
        return {"t": self.renderer.words(locale), "locale": locale, "lang": locale.replace("_", "-")}

    def _locale(self, request: web.Request, holder: Holder) -> str:
        """What the address or the cookie says, else the language the desk speaks to them, else the browser's."""
        for asked in (request.query.get(LANG, ""), request.cookies.get(LANG, ""), holder.locale):
            if asked in self.renderer.locales:
                return asked
        return self.renderer.locale(request)

    async def _form(self, request: web.Request) -> Form:
        """What was sent. Raises Malformed."""
        files: tuple[Attachment, ...] = ()
        if request.content_type == "multipart/form-data":
            fields, files = await self.desk.received(request)
        else:
            posted = await request.post()
            fields = {name: value for name, value in posted.items() if isinstance(value, str)}
        nonce, act, value = fields.get("nonce", ""), fields.get("act", ""), fields.get("value", "")
        if not (_NONCE.fullmatch(nonce) and _ACT.fullmatch(act) and _VALUE.fullmatch(value)):
            raise Malformed("web.error.malformed")
        return Form(nonce, act, value, fields.get("text", ""), files)


def routes(
    desk: Desk, renderer: Renderer, home: str, monotonic: Callable[[], float], limits: Buckets | None = None
) -> list[web.RouteDef]:
    """The page of every link, its forms and its slip."""
    usual = limits or Buckets(monotonic, AT_ONCE, PER_SECOND)
    pages = Pages(desk, renderer, home, monotonic, usual, Buckets(monotonic, UPLOADS_AT_ONCE, UPLOADS_PER_SECOND))
    return [
        web.get(PATH + "{link}", pages.show),
        web.post(PATH + "{link}", pages.act),
        web.get(PATH + "{link}/slip", pages.slip),
    ]
