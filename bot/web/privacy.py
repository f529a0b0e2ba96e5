"""What is kept, for how long, and how to have it erased: the page that the first contact links to."""

from __future__ import annotations

import html
from collections.abc import Callable

from aiohttp import web

from bot.web.wrong import Words

PATH = "/privacy"
KEYS = frozenset({"privacy.title", "privacy.body", "web.error.back"})

_PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title><h1>{title}</h1>{body}<p>{others}</p>"
    '<p><a href="/">{back}</a></p></html>'
)
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}
_NAMES = {"zh_CN": "\u4e2d\u6587", "en": "English"}  # languages call themselves


def routes(words: Callable[[str], Words], locales: tuple[str, ...]) -> list[web.RouteDef]:
    """The page in the language of ``?lang=``, else of the browser."""

    async def page(request: web.Request) -> web.StreamResponse:
        locale = request.query.get("lang", "")
        if locale not in locales:
            wanted = request.headers.get("Accept-Language", "").lower()
            found = {wanted.find(each.lower().split("_")[0]): each for each in locales}
            locale = next((each for at, each in sorted(found.items()) if at >= 0), locales[0])
        text = words(locale)
        body = "".join(f"<p>{html.escape(line)}</p>" for line in text("privacy.body").split("\n"))
        others = " ".join(f'<a href="{PATH}?lang={each}">{_NAMES.get(each, each)}</a>' for each in locales)
        return web.Response(
            text=_PAGE.format(
                lang=locale.replace("_", "-"),
                title=html.escape(text("privacy.title")),
                body=body,
                others=others,
                back=html.escape(text("web.error.back")),
            ),
            content_type="text/html",
            headers=_HEADERS,
        )

    return [web.get(PATH, page)]
