"""Everything that goes wrong in a request, in one fixed shape that tells nothing of the inside."""

from __future__ import annotations

import html
import secrets
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType

import structlog
from aiohttp import web

from bot.errors import BadRequest, Forged, NotFound, StoreUnavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Words = Callable[..., str]

log = structlog.get_logger(__name__)

ERROR_KEYS = {
    400: "web.error.malformed",
    403: "web.error.forged",
    404: "web.error.not_found",
    405: "web.error.not_allowed",
    413: "web.error.too_big",
    429: "web.error.slow_down",
    500: "web.error.unexpected",
    503: "web.error.unavailable",
}
"""The text of each status that the application answers with; others get that of their class."""
_PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>{title}</title><h1>{title}</h1><p>{message}</p><p><a href="/">{back}</a></p></html>'
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Makes bad answers: ``{"error": {"code", "message"[, "incident"]}}``, or a small page for whoever wants HTML."""

    words: Callable[[str], Words]
    locales: tuple[str, ...]

    def guarded(self, handler: Handler) -> Handler:
        """The handler, except that whatever it raises becomes an answer. Cancellation passes through."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                if error.status < 400:
                    raise
                return self.answer(request, error.status, headers=_kept_headers(error))
            except BadRequest as error:
                return self.answer(request, 403 if isinstance(error, Forged) else 400)
            except NotFound:
                return self.answer(request, 404)
            except (StoreUnavailable, TimeoutError):
                return self.answer(request, 503, headers={"Retry-After": "2"})
            except ConnectionError:
                # The other side is gone; there is nobody to tell, and nothing of ours is broken.
                return self.answer(request, 400)
            except Exception as error:
                incident = secrets.token_hex(4)
                log.error("request failed", incident=incident, route=_route(request), **described(error))
                return self.answer(request, 500, incident=incident)

        return handle

    def answer(
        self, request: web.Request, status: int, *, incident: str = "", headers: dict[str, str] | None = None
    ) -> web.StreamResponse:
        """A bad answer. ``incident`` is the name under which the log knows more."""
        locale = self._locale(request)
        words = self.words(locale)
        key = ERROR_KEYS.get(status) or ERROR_KEYS[500 if status >= 500 else 400]
        message = words(key, incident=incident or "-")
        together = {**_HEADERS, **(headers or {})}
        if "text/html" in request.headers.get("Accept", ""):
            page = _PAGE.format(
                lang=locale.replace("_", "-"),
                title=html.escape(words("web.error.title")),
                message=html.escape(message),
                back=html.escape(words("web.error.back")),
            )
            return web.Response(text=page, status=status, content_type="text/html", headers=together)
        error = {"code": key.removeprefix("web.error."), "message": message}
        if incident:
            error["incident"] = incident
        return web.json_response({"error": error}, status=status, headers=together)

    def _locale(self, request: web.Request) -> str:
        """The first of our languages that the browser names, else our first."""
        for item in request.headers.get("Accept-Language", "").split(",")[:20]:
            language = item.partition(";")[0].strip().lower().split("-")[0]
            for locale in self.locales:
                if locale.lower().split("_")[0] == language:
                    return locale
        return self.locales[0]


def described(error: BaseException) -> dict[str, object]:
    """An error for the log: its kind and where it happened, nothing that anybody wrote."""
    return {"kind": type(error).__qualname__, "where": _places(error.__traceback__)}


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def _route(request: web.Request) -> str:
    """Method and the route's pattern; the address itself may hold somebody's ids."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource else '?'}"


def _kept_headers(error: web.HTTPException) -> dict[str, str]:
    return {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
