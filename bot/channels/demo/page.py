"""The demonstration page, and what its buttons do."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from aiohttp import web

from bot.channels.demo.channel import CHANNEL
from bot.channels.webchat.assets import Assets
from bot.channels.webchat.identity import PAGE_HEADER, preferred
from bot.channels.webchat.wire import bad, picture_in, talk_lines
from bot.domain.people import Address
from bot.errors import DeskError
from bot.message import JsonObject, Picture
from bot.ports import Line

PATH = "/demo"
PICTURES = f"{PATH}/pictures/"
STATIC = Path(__file__).parent / "static"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BODY_BYTES = 64 * 1024
PARTS = ("resident", "handler", "supervisor")
LEAPS = ("minutes", "hours", "day", "week")
"""How far the clock can be pushed: 10 minutes, 4 working hours, 1 working day, 5 working days."""
SCRIPT = (
    *("resident", "resident", "minutes", "handler", "handler", "handler", "resident", "minutes"),
    *("handler", "handler", "handler", "minutes", "resident", "resident", "week", "week"),
    *("supervisor", "minutes", "handler"),
)
"""Whose turn each step of the guided script is, or how far the clock goes. ``demo.step.1.do`` is what they say, or
``[the beginning of a label]`` of what they tap; ``demo.step.1.why`` what there is to see."""
SCRIPT_KEYS = (
    *("demo.you", "demo.send", "demo.photo", "demo.done", "demo.failed", "demo.tap", "demo.waits"),
    *(f"demo.part.{part}" for part in PARTS),
)
_FIELD = re.compile(r"\{\{([a-z_.]+)\}\}")
_TEMPLATE = (STATIC / "index.html").read_text("utf-8")
KEYS = frozenset(
    (
        *SCRIPT_KEYS,
        *(f"demo.step.{n}.do" for n, who in enumerate(SCRIPT, 1) if who in PARTS),
        *(f"demo.step.{n}.why" for n in range(1, len(SCRIPT) + 1)),
        *(name for name in _FIELD.findall(_TEMPLATE) if name.startswith("demo.")),
    )
)
"""Every key of the catalogue that the page asks for."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}

Words = Callable[..., str]


class Play(Protocol):
    """The desk that plays (see `bot.runtime.rehearsal.Rehearsal`). ``part`` is one of `PARTS`."""

    async def speak(self, locale: str) -> None:
        """Let everybody read that language from now on."""
        ...

    async def say(self, part: str, *, text: str = "", press: str = "", photo: bool = False) -> None:
        """Let somebody say or tap something, and everything happen that follows."""
        ...

    async def leap(self, leap: str) -> None:
        """Push the clock on, stopping at everything that is due on the way."""
        ...

    async def talk(self, part: str) -> Sequence[Line]:
        """What somebody has said and was told."""
        ...

    async def content(self, picture: Picture) -> bytes | None:
        """A picture that somebody was shown; None where it is gone."""
        ...

    async def facts(self) -> JsonObject:
        """The town's time and the newest ticket: ``now`` (text), ``ticket``, ``unit`` (name), ``status``."""
        ...


def routes(
    words: Callable[[str], Words],
    locales: tuple[str, ...],
    play: Callable[[bool], Awaitable[Play]],
) -> list[web.RouteDef]:
    """The page and its acts. ``play(anew)`` opens the rehearsal, or, with True, begins it again from nothing."""
    assets, icon = Assets.load(STATIC), f"/chat/static/{Assets.load().version}/icon.svg"

    async def page(request: web.Request) -> web.StreamResponse:
        if wrong := _foreign(request):
            return wrong
        chosen = request.query.get("lang", "")
        locale = chosen if chosen in locales else preferred(request, locales)
        other = next((each for each in locales if each != locale), locale)
        text = words(locale)
        given = {
            "lang": locale.replace("_", "-"),
            "other": other,
            "static": f"{PATH}/static/{assets.version}",
            "icon": icon,
            "page": _inline_json(_for_scripts(text, locale)),
        }

        def filled(match: re.Match[str]) -> str:
            name = match[1]
            return html.escape(text(name)) if name.startswith("demo.") else given[name]

        await play(False)
        return web.Response(text=_FIELD.sub(filled, _TEMPLATE), content_type="text/html", headers=HEADERS)

    async def static(request: web.Request) -> web.StreamResponse:
        found = assets.response(request.match_info["version"], request.match_info["name"])
        return found or web.Response(status=404)

    async def state(request: web.Request) -> web.StreamResponse:
        if wrong := _foreign(request):
            return wrong
        return web.json_response(await _state(await play(False)), headers=HEADERS)

    async def act(request: web.Request) -> web.StreamResponse:
        if wrong := _foreign(request) or _forged(request):
            return wrong
        fields = await _fields(request)
        if fields is None:
            return bad(400, "malformed", "")
        what = str(fields.get("act", ""))
        stage = await play(what == "restart")
        locale = str(fields.get("locale", ""))
        try:
            await stage.speak(locale if locale in locales else locales[0])
            if what == "leap" and fields.get("leap") in LEAPS:
                await stage.leap(str(fields["leap"]))
            elif what == "say" and fields.get("part") in PARTS:
                await stage.say(
                    str(fields["part"]),
                    text=str(fields.get("text", ""))[:2000],
                    press=str(fields.get("press", ""))[:64],
                    photo=fields.get("photo") is True,
                )
            elif what != "restart":
                return bad(400, "malformed", "")
        except DeskError as error:
            return bad(503, "unavailable", error.key, retry_after=2)
        return web.json_response(await _state(stage), headers=HEADERS)

    async def picture(request: web.Request) -> web.StreamResponse:
        if wrong := _foreign(request):
            return wrong
        stage = await play(False)
        for part in PARTS:
            found = picture_in(await stage.talk(part), request.match_info["sha256"])
            content = await stage.content(found) if found is not None else None
            if found is not None and content is not None:
                return web.Response(body=content, content_type=found.mime, headers=HEADERS)
        return bad(404, "not_found", "")

    return [
        web.get(PATH, page),
        web.get(f"{PICTURES}{{sha256}}", picture),
        web.get(f"{PATH}/state", state),
        web.post(f"{PATH}/act", act),
        web.get(f"{PATH}/static/{{version}}/{{name:.+}}", static),
    ]


async def _state(stage: Play) -> JsonObject:
    facts = await stage.facts()
    facts["talks"] = {part: talk_lines(Address(CHANNEL, part), await stage.talk(part), PICTURES) for part in PARTS}
    return facts


def _for_scripts(text: Words, locale: str) -> JsonObject:
    steps = [
        {
            "who": who if who in PARTS else "clock",
            "do": text(f"demo.step.{number}.do", number="{number}") if who in PARTS else who,
            "why": text(f"demo.step.{number}.why"),
        }
        for number, who in enumerate(SCRIPT, 1)
    ]
    return {"locale": locale, "words": {key: text(key) for key in SCRIPT_KEYS}, "parts": PARTS, "steps": steps}


def _foreign(request: web.Request) -> web.Response | None:
    """Another name than this machine's own is a name somebody pointed here: nothing to see."""
    return None if (request.url.host or "") in LOOPBACK else bad(403, "forbidden", "")


def _forged(request: web.Request) -> web.Response | None:
    """Only our own page can add the header; browsers ask before they send it from elsewhere."""
    return None if PAGE_HEADER in request.headers else bad(403, "forged", "")


async def _fields(request: web.Request) -> JsonObject | None:
    body = await request.content.read(BODY_BYTES)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _inline_json(value: JsonObject) -> str:
    """JSON that may stand inside a script element: no end tag can hide in it."""
    return json.dumps(value, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
