"""The web chat without scripts: a form, and the talk again."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.message import MessageKind
from tests.fakes.web_desk import WebDesk

Client = TestClient[Any, Any]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[WebDesk]:
    desk = WebDesk(tmp_path, window=0.0, patience=0.1)
    yield desk
    await desk.stop()


@pytest.fixture
async def browser(desk: WebDesk) -> AsyncIterator[Client]:
    async with TestClient(TestServer(desk.app()), cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield client


def fields(form: str) -> dict[str, str]:
    """The hidden fields of a form, and its button's."""
    found = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def composer(page: str) -> dict[str, str]:
    return fields(page[page.index('id="composer"') :].split("</form>")[0])


def choices(page: str) -> list[dict[str, str]]:
    return [fields(form) for form in page.split("<form")[1:] if 'class="choice"' in form]


async def opened(browser: Client) -> str:
    return await (await browser.get("/")).text()


async def test_a_whole_complaint(desk: WebDesk, browser: Client) -> None:
    page = await opened(browser)
    assert "web.greeting" in page
    sent = await browser.post("/chat/say", data={**composer(page), "text": "<b>no water</b>"}, allow_redirects=False)
    assert sent.status == 303
    page = await (await browser.get(sent.headers["Location"])).text()
    assert "&lt;b&gt;no water&lt;/b&gt;" in page
    assert 'http-equiv="refresh"' in page  # the card comes a little later
    while not desk.deliveries:
        page = await opened(browser)
    page = await opened(browser)
    assert 'http-equiv="refresh"' not in page
    confirm = choices(page)[0]
    assert confirm["press"] == "confirm"
    page = await (await browser.post("/chat/say", data=confirm)).text()
    assert "receipt" in page
    assert [(m.kind, m.text, m.press) for m in desk.taken] == [
        (MessageKind.TEXT, "<b>no water</b>", ""),
        (MessageKind.PRESS, "confirm", "confirm"),
    ]


async def test_a_form_sent_twice_counts_once(desk: WebDesk, browser: Client) -> None:
    form = {**composer(await opened(browser)), "text": "confirm"}
    await browser.post("/chat/say", data=form)
    await browser.post("/chat/say", data=form)
    assert len(desk.taken) == 1
    again = {**composer(await opened(browser)), "text": "confirm"}
    await browser.post("/chat/say", data=again)
    assert len(desk.taken) == 2


@pytest.mark.parametrize(
    ("changed", "headers"),
    [
        ({"token": "0" * 32}, {}),
        ({"token": ""}, {}),
        ({"token": "é" * 32}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ],
)
async def test_another_site_cannot_send_the_form(
    desk: WebDesk, browser: Client, changed: dict[str, str], headers: dict[str, str]
) -> None:
    form = {**composer(await opened(browser)), "text": "forged", **changed}
    answer = await browser.post("/chat/say", data=form, headers=headers)
    assert answer.status == 403
    assert "web.error.forged" in await answer.text()
    assert desk.taken == []


async def test_words_that_could_not_be_kept_stay_in_the_box(desk: WebDesk, browser: Client) -> None:
    form = {**composer(await opened(browser)), "text": "no <water>"}
    desk.away = True
    answer = await browser.post("/chat/say", data=form)
    page = await answer.text()
    assert answer.status == 503
    assert "no &lt;water&gt;</textarea>" in page
    assert 'role="alert" >' in page


async def test_nothing_and_nonsense(desk: WebDesk, browser: Client) -> None:
    form = composer(await opened(browser))
    empty = await browser.post("/chat/say", data={**form, "text": " "})
    assert (empty.status, desk.taken) == (400, [])
    assert "web.error.empty" in await empty.text()
    assert (await browser.post("/chat/say", data=b"\xff\xfe=&&&%%%")).status == 403
    assert (await browser.post("/chat/say", json=form)).status == 403
    assert (await browser.post("/chat/say", data={**form, "key": "x", "text": "hi"})).status == 400
