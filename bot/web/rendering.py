"""Pages made of templates: escaped by default, in the reader's language, with headers that let nothing foreign in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.web.assets import Assets
from bot.web.wrong import Words

TEMPLATES = Path(__file__).parent / "templates"
LANG = "lang"
"""The cookie and the field of an address that hold the language somebody chose."""

NAMES = {"zh_CN": "\u4e2d\u6587", "en": "English"}  # languages call themselves
_YEAR = 365 * 24 * 3600
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


@dataclass(frozen=True)
class Renderer:
    """Renders templates of ``bot/web/templates``. ``words(locale)(key, **params)`` renders a text; the first of
    ``locales`` is the desk's own. ``dry``: the channels on which nothing is sent, which staff are shown.

    Every template may use ``t(key, **params)`` (a text, escaped), ``lines(text)`` (its lines with breaks between),
    ``asset(name)`` (the address of a file of ``static``), ``lang`` (as HTML wants it), ``locale``, ``languages``
    (locale, name, address of this page in it) and ``path`` (of this page) besides its own values.
    """

    words: Callable[[str], Words]
    locales: tuple[str, ...]
    assets: Assets = field(default_factory=Assets.load)
    dry: str = ""
    environment: Environment = field(init=False, repr=False)

    def __post_init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["asset"] = self.assets.address
        environment.globals["dry"] = self.dry
        environment.globals["lines"] = _lines
        object.__setattr__(self, "environment", environment)

    def locale(self, request: web.Request) -> str:
        """The language of an answer: what the address asks for, else the cookie, else the browser, else the desk's."""
        for asked in (request.query.get(LANG, ""), request.cookies.get(LANG, "")):
            if asked in self.locales:
                return asked
        for item in request.headers.get("Accept-Language", "").split(",")[:20]:
            language = item.partition(";")[0].strip().lower().split("-")[0]
            for locale in self.locales:
                if locale.lower().split("_")[0] == language:
                    return locale
        return self.locales[0]

    def text(self, template: str, request: web.Request, **values: Any) -> str:
        """The template as a text."""
        locale = self.locale(request)
        here = request.rel_url
        languages = [(each, NAMES.get(each, each), str(here.update_query({LANG: each}))) for each in self.locales]
        given: Mapping[str, Any] = {
            "t": self.words(locale),
            "locale": locale,
            "lang": locale.replace("_", "-"),
            "languages": languages,
            "path": str(request.rel_url),
        }
        return self.environment.get_template(template).render({**given, **values})

    def page(
        self, template: str, request: web.Request, *, status: int = 200, ancestors: str = "'none'", **values: Any
    ) -> web.Response:
        """The page, not to be kept, indexed, framed (but by ``ancestors``) or told of to other sites."""
        return self.answer(request, self.text(template, request, **values), status=status, ancestors=ancestors)

    def answer(self, request: web.Request, text: str, *, status: int = 200, ancestors: str = "'none'") -> web.Response:
        """A page that was rendered before, with the headers of `page`; a language that was chosen is remembered."""
        response = web.Response(text=text, status=status, content_type="text/html", headers=headers(ancestors))
        chosen = request.query.get(LANG, "")
        if chosen in self.locales and request.cookies.get(LANG) != chosen:
            response.set_cookie(LANG, chosen, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.secure)
        return response


def headers(ancestors: str = "'none'") -> dict[str, str]:
    """The headers of every page. ``ancestors``: who may frame it, as CSP writes it."""
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY.format(ancestors=ancestors),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language, Cookie",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }


def _lines(text: str) -> Markup:
    """What somebody wrote, escaped, its lines kept."""
    return Markup("<br>").join(text.split("\n"))
