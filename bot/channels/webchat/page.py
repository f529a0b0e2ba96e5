"""The page: its template filled in, its files, and the talk as plain HTML for browsers without scripts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from bot.channels.webchat.assets import STATIC, Assets
from bot.channels.webchat.identity import Visitor
from bot.channels.webchat.incoming import FILES, TEXT_LIMIT
from bot.channels.webchat.wire import DESK
from bot.message import JsonObject

Words = Callable[..., str]

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=(self)",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_REFRESH = '<noscript><meta http-equiv="refresh" content="4;url={home}"></noscript>'
_FIELD = re.compile(r"\{\{([a-z_.]+)\}\}")
_LINK = re.compile(r"https?://[\w\-.~:/?#@!$&*+=%]*[\w/#&=]", re.ASCII)

SCRIPT_KEYS = (
    "web.you",
    "web.desk",
    "web.status.live",
    "web.status.connecting",
    "web.status.offline",
    "web.sending",
    "web.waiting",
    "web.failed",
    "web.again",
    "web.edit",
    "web.remove",
    "web.files.too_large",
    "web.files.too_many",
    "web.files.left",
    "web.files.problem",
    "web.files.photo",
    "web.files.video",
    "web.files.voice",
    "web.files.audio",
    "web.files.file",
    "web.place.sent",
    "web.place.finding",
    "web.place.here",
    "web.place.denied",
    "web.place.failed",
    "web.place.rough",
    "web.place.line",
    "web.place.ask",
    "web.voice.unavailable",
    "web.voice.denied",
    "web.voice.hold",
    "web.voice.tap",
    "web.voice.limit",
    "web.voice.short",
    "web.choices",
    "web.yesterday",
    "web.unread",
    "web.progress",
    "web.count",
    "web.problem.too_large",
    "web.problem.unsupported",
    "web.problem.expired",
    "web.error.network",
    "web.cookies",
)
"""The texts the scripts need. Fields such as ``{n}`` stay in them and are filled in by the page."""
SCRIPT_FIELDS = {name: f"{{{name}}}" for name in ("n", "size", "limit", "name", "metres")}
ERROR_KEYS = (
    "web.error.malformed",
    "web.error.empty",
    "web.error.too_long",
    "web.error.too_much",
    "web.error.too_many",
    "web.error.unavailable",
    "web.error.slow_down",
    "web.error.forged",
    "web.error.not_found",
)
_TEMPLATE = (STATIC / "index.html").read_text("utf-8")
KEYS = frozenset(
    (
        *SCRIPT_KEYS,
        *ERROR_KEYS,
        "web.greeting",
        *(name for name in _FIELD.findall(_TEMPLATE) if name.startswith("web.")),
    )
)
"""Every key of the catalogue that the web chat asks for."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a page says above the text box, and the words it puts back into it."""

    message: str = ""
    text: str = ""
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The page in all languages. ``locales`` in the order of preference; ``cap`` is the largest file in bytes;
    ``embed`` are the origins in whose frames it may stand."""

    words: Callable[[str], Words]
    locales: tuple[str, ...]
    cap: int
    embed: tuple[str, ...] = ()
    assets: Assets = field(default_factory=Assets.load)

    def render(
        self, visitor: Visitor, locale: str, lines: Sequence[JsonObject], key: Callable[[], str], note: Note
    ) -> web.Response:
        """The whole page with the talk in it. ``key()`` is a fresh id for each of its forms."""
        words = self.words(locale)
        other = next((other for other in self.locales if other != locale), locale)
        plain, home = _Plain(words, visitor.form_token, key), visitor.home
        given = {
            "home": home,
            "lang": _language(locale),
            "other": other,
            "other_lang": _language(other),
            "static": f"/chat/static/{self.assets.version}",
            "symbols": self.assets.symbols(),
            "page": _inline_json(self._for_scripts(words, locale)),
            "log": "".join(map(plain.line, lines)) or plain.greeting(),
            "refresh": _REFRESH.format(home=home) if note.refresh else "",
            "notice": html.escape(note.message),
            "notice_hidden": "" if note.message else "hidden",
            "text": html.escape(note.text),
            "text_limit": str(TEXT_LIMIT),
            "form_token": visitor.form_token,
            "key": key(),
        }

        def filled(match: re.Match[str]) -> str:
            name = match[1]
            return html.escape(words(name)) if name.startswith("web.") else given[name]

        headers = {**HEADERS, "Vary": "Accept-Language"}
        if visitor.embedded and self.embed:
            ancestors = f"frame-ancestors {' '.join(self.embed)}"
            policy = HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", ancestors)
            headers["Content-Security-Policy"] = policy
        return web.Response(text=_FIELD.sub(filled, _TEMPLATE), content_type="text/html", headers=headers)

    def _for_scripts(self, words: Words, locale: str) -> JsonObject:
        return {
            "words": {key.removeprefix("web."): words(key, **SCRIPT_FIELDS) for key in SCRIPT_KEYS},
            "greeting": words("web.greeting"),
            "locale": _language(locale),
            "file_bytes": self.cap,
            "files": FILES,
            "text_limit": TEXT_LIMIT,
        }


@dataclass(frozen=True, slots=True)
class _Plain:
    """Lines of a talk as HTML that needs no script; `static/log.js` makes the same of them, and more."""

    words: Words
    form_token: str
    key: Callable[[], str]

    def line(self, line: JsonObject) -> str:
        who = "desk" if line["who"] == DESK else "resident"
        speaker = self.words("web.desk" if who == DESK else "web.you")
        parts = [f'<span class="sr">{html.escape(speaker)}</span>']
        parts += [self._attachment(a) for a in line.get("attachments", ())]
        if picture := line.get("picture"):
            source, alt = html.escape(picture["src"]), html.escape(picture["alt"])
            parts.append(f'<a href="{source}"><img class="drawn" src="{source}" alt="{alt}" loading="lazy"></a>')
        if line["text"]:
            parts.append(f'<p class="text">{linked(line["text"])}</p>')
        elif line.get("place"):
            parts.append(f'<p class="text">{html.escape(self.words("web.place.sent", **SCRIPT_FIELDS))}</p>')
        choices = "".join(map(self._choice, line.get("choices", ())))
        if choices:
            choices = f'<div class="choices">{choices}</div>'
        return (
            f'<li class="line {who}"><div class="stack"><div class="bubble">{"".join(parts)}</div>{choices}</div></li>'
        )

    def greeting(self) -> str:
        return self.line({"who": DESK, "text": self.words("web.greeting")})

    def _choice(self, choice: JsonObject) -> str:
        hidden = {"token": self.form_token, "key": self.key(), "text": choice["label"]}
        fields = "".join(f'<input type="hidden" name="{n}" value="{html.escape(v)}">' for n, v in hidden.items())
        token, label = html.escape(choice["token"]), html.escape(choice["label"])
        return (
            f'<form method="post" action="/chat/say">{fields}'
            f'<button class="choice" name="press" value="{token}">{label}</button></form>'
        )

    def _attachment(self, attachment: JsonObject) -> str:
        name = html.escape(attachment["name"] or self.words(f"web.files.{attachment['type']}"))
        if attachment["state"] != "stored":
            return f'<p class="file">{name}</p>'
        source = f"/chat/attachments/{html.escape(attachment['id'])}"
        if attachment["type"] == "photo":
            return f'<img class="photo" src="{source}" alt="{name}" loading="lazy">'
        return f'<p class="file"><a href="{source}">{name}</a></p>'


def linked(text: str) -> str:
    """Text as HTML in which web addresses can be tapped."""
    parts, end = [], 0
    for match in _LINK.finditer(text):
        address = html.escape(match[0])
        parts += [
            html.escape(text[end : match.start()]),
            f'<a href="{address}" target="_blank" rel="noopener noreferrer">{address}</a>',
        ]
        end = match.end()
    return "".join(parts) + html.escape(text[end:])


def _language(locale: str) -> str:
    """The name of a language as HTML wants it: ``zh-CN``."""
    return locale.replace("_", "-")


def _inline_json(value: JsonObject) -> str:
    """JSON that may stand inside a script element: no end tag can hide in it."""
    return json.dumps(value, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
