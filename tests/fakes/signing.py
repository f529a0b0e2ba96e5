"""Members of staff who sign in to the desk's pages over HTTP, as their browsers would."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import aiohttp

from tests.dialogue.stage import Stage

_LINK = re.compile(r"/staff/enter/([0-9A-Za-z-]+)")


async def sign_in(desk: Stage, who: str) -> aiohttp.ClientSession:
    """A browser of somebody who asked for a link on their phone and pressed the button behind it. Close it."""
    phone = desk.phones[who]
    await phone.look()
    seen = len(phone.screen)
    await phone.say("登录")
    await desk.settle()
    found = [match[1] for shown in phone.screen[seen:] if (match := _LINK.search(shown.text))]
    assert found, f"no link came: {[shown.text for shown in phone.screen[seen:]]}"
    http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    answer = await http.post(f"{desk.url}/staff/enter/{found[-1]}")
    assert answer.status == 200, await answer.text()
    return http


def fields_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form of a page that leads to an address. Fails when there is none."""
    reader = _Forms(action)
    reader.feed(page)
    assert reader.found, f"no form leads to {action}"
    return reader.fields


class _Forms(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.found = action, False, False
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and not self.found and given.get("action") == self.action:
            self.inside = self.found = True
        elif self.inside and tag == "input" and given.get("type") == "hidden":
            self.fields[str(given["name"])] = str(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
