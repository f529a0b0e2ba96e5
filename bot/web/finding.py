"""Looking a ticket up by its number and its code, without any link: it shows, and nothing can be done."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from bot.buckets import Buckets, block
from bot.views.resident_page import ResidentPage
from bot.web.rendering import Renderer
from bot.web.resident_page import FIND

AT_ONCE, PER_SECOND = 30.0, 0.5
"""Forms from one network at once, and after that; a village may share one. What counts is what the desk allows: this
only keeps machines from filling it."""

KEYS = frozenset({"web.error.slow_down"})
STATUS = {"claim.wait": 429}
"""The status of what is said; for all that is wrong it is the same."""

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LONGEST = 40
_FIELDS_BYTES = 4096


class Lookup(Protocol):
    """What the page needs of the desk."""

    async def __call__(
        self, network: str, nonce: str, number: str, code: str, locale: str
    ) -> tuple[ResidentPage | None, str, str]:
        """What number and code open (None: nothing), the key of what is said then, and its text."""
        ...


def routes(
    lookup: Lookup,
    renderer: Renderer,
    network: Callable[[web.Request], str],
    monotonic: Callable[[], float],
    limits: Buckets | None = None,
) -> list[web.RouteDef]:
    """The form, and what it finds. The answer to a form is shown at once: an address that led to it could be kept."""
    buckets = limits or Buckets(monotonic, AT_ONCE, PER_SECOND)

    def asking(request: web.Request, number: str, problem: str, status: int) -> web.Response:
        return renderer.page(
            "resident/find.html",
            request,
            status=status,
            number=number,
            problem=problem,
            nonce=secrets.token_urlsafe(16),
        )

    async def form(request: web.Request) -> web.StreamResponse:
        return asking(request, request.query.get("number", "")[:_LONGEST], "", 200)

    async def find(request: web.Request) -> web.StreamResponse:
        locale = renderer.locale(request)
        visitor = block(network(request))
        posted = await request.post()
        number, code, nonce = (str(posted.get(name, ""))[:64].strip() for name in ("number", "code", "nonce"))
        if wait := buckets.wait(visitor):
            response = asking(request, number, renderer.words(locale)("web.error.slow_down"), 429)
            response.headers["Retry-After"] = str(int(wait) + 1)
            return response
        nonce = nonce if _NONCE.fullmatch(nonce) else secrets.token_urlsafe(16)
        page, key, text = await lookup(visitor, nonce, number[:_LONGEST], code[:_LONGEST], locale)
        if page is None:
            return asking(request, number[:_LONGEST], text, STATUS.get(key, 404))
        claim = f"/#claim={page.number}.{code}"
        return renderer.page("resident/found.html", request, page=page, claim=claim)

    return [web.get(FIND, form), web.post(FIND, find)]
