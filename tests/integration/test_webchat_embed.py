"""The web chat in a frame of another site: only of those named in the settings, with a cookie of its own there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import ValidationError

from bot.settings_sections import WebSettings
from tests.fakes.web_desk import WebDesk

SITE = "https://town.example"
HOME = "https://desk.example"


async def client(desk: WebDesk) -> TestClient[Any, Any]:
    found = TestClient(TestServer(desk.app()), cookie_jar=aiohttp.DummyCookieJar())
    await found.start_server()
    return found


def kept(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Cookies of an answer by name, whole."""
    return {line.partition("=")[0]: line for line in answer.headers.getall("Set-Cookie", [])}


async def test_only_the_sites_of_the_settings_may_frame_it(tmp_path: Path) -> None:
    desk = WebDesk(tmp_path, public_url=HOME, embed=(SITE, "https://two.example:8443"))
    browser = await client(desk)
    framed, own = await browser.get("/embed"), await browser.get("/")
    assert "frame-ancestors https://town.example https://two.example:8443" in framed.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in own.headers["Content-Security-Policy"]
    await browser.close()
    await desk.stop()


async def test_without_such_sites_there_is_no_such_page(tmp_path: Path) -> None:
    desk = WebDesk(tmp_path)
    browser = await client(desk)
    assert (await browser.get("/embed")).status == 404
    await browser.close()
    await desk.stop()


async def test_a_frame_has_a_cookie_of_its_own_and_its_talk_goes_on(tmp_path: Path) -> None:
    desk = WebDesk(tmp_path, window=0.0, patience=0.1, public_url=HOME, embed=(SITE,))
    browser = await client(desk)
    first = await browser.get("/embed")
    cookie = kept(first)["__Host-minsheng-embed"]
    assert "SameSite=None; Partitioned" in cookie
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    headers = {"Cookie": cookie.split(";")[0], "Sec-Fetch-Site": "same-origin"}
    page = await (await browser.get("/embed", headers=headers)).text()
    composer = page[page.index('id="composer"') :].split("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', composer))
    said = await browser.post("/chat/say", data={**fields, "text": "no water"}, headers=headers, allow_redirects=False)
    assert (said.status, said.headers["Location"]) == (303, "/embed?sent=1#composer")
    assert "no water" in await (await browser.get("/embed?sent=1", headers=headers)).text()
    assert "no water" not in await (await browser.get("/")).text()
    chosen = await browser.get("/embed?lang=en", headers=headers, allow_redirects=False)
    assert chosen.headers["Location"] == "/embed"
    assert "Partitioned" in kept(chosen)["minsheng_lang"]
    foreign = await browser.post(
        "/chat/say", data={**fields, "text": "x"}, headers={**headers, "Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status == 403
    await browser.close()
    await desk.stop()


@pytest.mark.parametrize(
    "origin", ["*", "https://town.example/path", "town.example", "https://a b", "'self'", "https:"]
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError):
        WebSettings(embed_origins=(origin,))


def test_origins_are_listed_with_commas() -> None:
    found = WebSettings.model_validate({"embed_origins": "https://a.example, http://localhost:3000"})
    assert found.embed_origins == ("https://a.example", "http://localhost:3000")
