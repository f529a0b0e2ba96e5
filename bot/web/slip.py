"""The page of a slip: number, code and a code to scan, made to be printed."""

from __future__ import annotations

import html
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime

import segno
from aiohttp import web

from bot.domain.slips import Slip, opened
from bot.web.wrong import Words

KEYS = frozenset({"slip.print", "slip.find", "slip.gone.title", "slip.gone.text", "web.error.back"})
PATH = "/slip/"

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:1.5rem auto;padding:0 1rem;color:#111}"
    "h1{font-size:1.25rem;margin:0 0 .5rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem .75rem;margin:0}"
    "dt{color:#555}dd{margin:0}.code{font:700 1.5rem/1.2 ui-monospace,monospace}"
    ".scan{display:block;width:11rem;height:11rem;margin:1rem 0}p{margin:.5rem 0}"
    "@page{margin:12mm}@media print{body{margin:0;max-width:none;width:72mm;padding:0}.screen{display:none}}"
)
_PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>{title}</title><style nonce="{nonce}">{style}</style>'
    "<h1>{title}</h1><dl>{lines}</dl>{scan}<p>{how}</p>{foot}</html>"
)
Look = Callable[[str, str], Awaitable[Slip | None]]
"""(number, locale) -> the slip; None when there is none any more, because somebody has claimed the ticket."""


def address(home: str, name: str) -> str:
    """Where the slip of that signed name can be opened."""
    return f"{home.rstrip('/')}{PATH}{name}"


def routes(
    key: bytes,
    look: Look,
    words: Callable[[str], Words],
    locales: tuple[str, ...],
    home: str,
    now: Callable[[], datetime],
) -> list[web.RouteDef]:
    """The page of every slip, in the language of ``?lang=``, else of the desk. ``home`` is what the code leads to."""

    async def page(request: web.Request) -> web.StreamResponse:
        asked = request.query.get("lang", "")
        locale = asked if asked in locales else locales[0]
        number = opened(key, request.match_info["name"], now())
        slip = await look(number, locale) if number else None
        if slip is None:
            return _response(_gone(words(locale), locale), "", 404)
        nonce = secrets.token_urlsafe(12)
        return _response(_printed(slip, words(locale), locale, home, nonce), nonce, 200)

    return [web.get(PATH + "{name:[0-9A-Za-z._-]{1,80}}", page)]


def claim_address(home: str, slip: Slip) -> str:
    """The chat page with the claim in its box. It stands behind the # that no server ever sees."""
    return f"{home.rstrip('/')}/#claim={slip.number}.{slip.code}"


def _printed(slip: Slip, text: Words, locale: str, home: str, nonce: str) -> str:
    lines = "".join(f"<dt>{html.escape(name)}</dt><dd>{_value(slip, value)}</dd>" for name, value in slip.lines)
    find = text("slip.find", url=f"{home.rstrip('/')}/find")
    code = segno.make_qr(claim_address(home, slip), error="m").svg_inline(svgclass="scan", omitsize=True, border=2)
    return _PAGE.format(
        lang=locale.replace("_", "-"),
        title=html.escape(slip.title),
        nonce=nonce,
        style=_STYLE,
        lines=lines,
        scan=code,
        how=html.escape(slip.how),
        foot=f'<p>{html.escape(find)}</p><p class="screen">{html.escape(text("slip.print"))}</p>',
    )


def _value(slip: Slip, value: str) -> str:
    shown = html.escape(value)
    return f'<span class="code">{shown}</span>' if value in (slip.number, slip.code) else shown


def _gone(text: Words, locale: str) -> str:
    back = f'<p><a href="/">{html.escape(text("web.error.back"))}</a></p>'
    return _PAGE.format(
        lang=locale.replace("_", "-"),
        title=html.escape(text("slip.gone.title")),
        nonce="",
        style="",
        lines="",
        scan="",
        how=html.escape(text("slip.gone.text")),
        foot=back,
    )


def _response(body: str, nonce: str, status: int) -> web.Response:
    style = f"'nonce-{nonce}'" if nonce else "'none'"
    policy = f"default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return web.Response(text=body, status=status, content_type="text/html", headers=headers)
