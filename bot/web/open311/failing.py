"""What goes wrong, said in GeoReport's form and in the program's language."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.errors import BadRequest, NotFound, StoreUnavailable
from bot.web.open311 import writing

Words = Callable[..., str]
Handler = Callable[[web.Request], Awaitable[web.Response]]

STATUSES = {"open311.wrong.key": 403, "open311.wrong.media_type": 415}
"""The status of a bad request, where that is not 400."""


class TooBig(BadRequest):
    """More than is taken."""

    key = "open311.wrong.too_big"


class TooOften(BadRequest):
    """Too many requests; ``seconds`` until the next may come."""

    key = "open311.wrong.too_often"

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds=math.ceil(seconds))
        self.seconds = math.ceil(seconds)


@dataclass(frozen=True, slots=True)
class Guard:
    """Stands before every handler. ``words`` gives the texts of a language, of which the first of ``locales`` is the
    desk's own; ``field_bytes`` and ``cap()`` are the bytes of all fields and of a file that are taken."""

    words: Callable[[str], Words]
    locales: tuple[str, ...]
    field_bytes: int
    cap: Callable[[], int]

    def locale(self, request: web.Request) -> str:
        """The first of our languages that is asked for, else the desk's own."""
        for item in request.headers.get("Accept-Language", "").split(",")[:20]:
            language = item.partition(";")[0].strip().lower().split("-")[0]
            for locale in self.locales:
                if locale.lower().split("_")[0] == language:
                    return locale
        return self.locales[0]

    def words_for(self, request: web.Request) -> Words:
        """The texts in the language that is asked for."""
        return self.words(self.locale(request))

    def guarded(self, handler: Handler) -> Handler:
        """The handler, except that what it raises is answered. What nobody expected passes through."""

        async def handle(request: web.Request) -> web.Response:
            words = self.words_for(request)
            try:
                return await handler(request)
            except TooOften as error:
                headers = {"Retry-After": str(error.seconds)}
                return writing.failure(request, 429, words(error.key, **error.params), headers)
            except TooBig as error:
                told = words(error.key, limit=self.field_bytes // 1024, file=self.cap() // 2**20)
                return writing.failure(request, 413, told)
            except NotFound as error:
                return writing.failure(request, 404, words(error.key, **error.params))
            except BadRequest as error:
                return writing.failure(request, STATUSES.get(error.key, 400), _said(words, error))
            except (StoreUnavailable, TimeoutError):
                told = words("open311.wrong.unavailable")
                return writing.failure(request, 503, told, {"Retry-After": "2"})

        return handle


def _said(words: Words, error: BadRequest) -> str:
    params = dict(error.params)
    if why := params.pop("why", ""):
        limits = {"limit": params.pop("limit")} if "limit" in params else {}
        return words(error.key, why=words(f"open311.why.{why}", **limits), **params)
    return words(error.key, **params)
