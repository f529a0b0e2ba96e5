"""A member of staff with a browser without scripts: signs in by a link from chat, reads pages, sends their forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import aiohttp

from tests.dialogue.phones import Phone
from tests.dialogue.stage import HOME, Stage

LINK = re.compile(rf"{re.escape(HOME)}(/staff/enter/[0-9A-Z-]+)")


@dataclass
class FormFound:
    """A form of a page: where it goes, its fields with what stands in them, what can be chosen, and its button."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    button: str = ""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[FormFound] = []
        self._open: FormFound | None = None
        self._select = self._area = ""
        self._button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = FormFound(given.get("action", ""))
            self.found.append(self._open)
        elif self._open is not None and tag == "input" and given.get("type") != "file":
            self._open.fields[given["name"]] = given.get("value", "")
        elif self._open is not None and tag == "select":
            self._select = given["name"]
            self._open.fields[self._select] = ""
            self._open.options[self._select] = []
        elif self._open is not None and tag == "option":
            self._open.options[self._select].append(given.get("value", ""))
        elif self._open is not None and tag == "textarea":
            self._area = given["name"]
            self._open.fields[self._area] = ""
        elif tag == "button":
            self._button = True

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            self._open.fields[self._area] += data
        if self._open is not None and self._button:
            self._open.button += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "button":
            self._button = False


def forms_of(html: str) -> list[FormFound]:
    """All forms of a page."""
    parser = _Forms()
    parser.feed(html)
    return parser.found


@dataclass
class Clerk:
    """Somebody's browser. ``page`` is what was shown last, ``status`` its status, ``path`` where it is."""

    stage: Stage
    http: aiohttp.ClientSession
    page: str = ""
    status: int = 0
    path: str = ""
    query: str = ""

    async def get(self, path: str, **headers: str) -> str:
        """Open a page, following where it leads."""
        async with self.http.get(self.stage.url + path, headers=headers) as response:
            return await self._shown(response)

    async def post(self, path: str, fields: Mapping[str, str], *files: bytes, **headers: str) -> str:
        """Send a form."""
        body = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            body.add_field(name, value)
        for place, content in enumerate(files):
            body.add_field("file", content, filename=f"{place}.jpg", content_type="image/jpeg")
        async with self.http.post(self.stage.url + path, data=body, headers=headers) as response:
            shown = await self._shown(response)
        await self.stage.settle()
        return shown

    async def sign_in(self, phone: Phone, word: str = "登录") -> None:
        """Ask for a link in chat, open it, press its button."""
        link = await asked_for(self.stage, phone, word)
        await self.get(link)
        await self.post(link, {})
        assert self.status == 200, self.page

    def form(self, button: str, command: str = "") -> FormFound:
        """The form with that button (of that command)."""
        for found in forms_of(self.page):
            if found.button == button and command in ("", found.fields.get("command", "")):
                return found
        raise AssertionError(f"no form {button!r}: {[f.button for f in forms_of(self.page)]}")

    async def press(self, button: str, *files: bytes, command: str = "", **fields: str) -> str:
        """Send the form with that button, its fields filled in."""
        found = self.form(button, command)
        return await self.post(found.action or self.path, {**found.fields, **fields}, *files)

    async def _shown(self, response: aiohttp.ClientResponse) -> str:
        self.page, self.status = await response.text(), response.status
        parts = urlsplit(str(response.url))
        self.path, self.query = parts.path, parts.query
        return self.page


async def asked_for(stage: Stage, phone: Phone, word: str = "登录") -> str:
    """The path of a new link, asked for in chat. Where a platform lets us say only so much at once, time passes."""
    before = _links(phone)
    await phone.say(word)
    for _ in range(5):
        await stage.settle()
        if found := _links(phone)[len(before) :]:
            return found[-1]
        await stage.advance(timedelta(seconds=1))
    raise AssertionError(f"no link: {phone.screen[-1:]}")


def _links(phone: Phone) -> list[str]:
    return [str(path) for shown in phone.screen for path in LINK.findall(shown.text)]


def clerk(stage: Stage) -> Clerk:
    """A browser nobody has signed in with; close its ``http``."""
    return Clerk(
        stage, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Accept": "text/html"})
    )
