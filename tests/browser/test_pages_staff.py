"""The pages of staff in a browser, by clicking only: in by a link from chat, a ticket taken, answered and sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.domain.ticket import Status
from bot.ports import Wanted
from tests.browser.conftest import PICTURE
from tests.browser.town import DESKTOP, PHONE, START, Hosted, hosted, serious
from tests.dialogue.phones import Phone
from tests.dialogue.stage import Stage
from tests.fakes.clerk import asked_for

ANSWER = "今天上午已经更换三盏路灯和一段电缆，晚上就会亮，请放心通行。"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    with hosted(tmp_path_factory.mktemp("town"), channel="web") as there:
        there.do(lambda stage: stage.phones["resident"].look())
        yield there


class Desk:
    """A window of a browser, with what it complained of."""

    def __init__(self, context: BrowserContext, town: Hosted) -> None:
        self.context, self.town, self.complaints = context, town, list[str]()
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.town.url}{path}")
        return self.page

    def sign_in(self, phone: Phone, button: str) -> Page:
        link = self.town.do(lambda stage: asked_for(stage, phone))
        self.open(link)
        assert serious(self.page) == []
        self.page.get_by_role("button", name=button).click()
        expect(self.page.locator("nav.menu")).to_be_visible()
        return self.page

    def well(self) -> None:
        """Nobody is kept out, nothing is wider than the window, nothing was complained of."""
        assert serious(self.page) == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
        assert self.complaints == []


@pytest.fixture
def window(browser: Browser, town: Hosted) -> Iterator[Any]:
    opened: list[Desk] = []

    def open_(size: dict[str, int], language: str = "zh-CN", **options: Any) -> Desk:
        viewport: Any = size
        desk = Desk(browser.new_context(locale=language, viewport=viewport, **options), town)
        opened.append(desk)
        return desk

    yield open_
    for desk in opened:
        desk.context.close()


def filed(town: Hosted, text: str) -> str:
    """The number of a new ticket of the resident."""

    async def numbers(stage: Stage) -> set[str]:
        found = await stage.store.reader.tickets(Wanted(statuses=tuple(Status), since=START), 100)
        return {ticket.number for ticket in found}

    async def file(stage: Stage) -> str:
        before = await numbers(stage)
        for said in (text, "确认"):
            await stage.phones["resident"].say(said)
            await stage.advance(timedelta(seconds=5))
        (new,) = await numbers(stage) - before
        return new

    return town.do(file)


@pytest.mark.parametrize(("size", "name"), [(PHONE, "phone"), (DESKTOP, "desktop")])
def test_taken_answered_with_a_photo_and_sent_by_clicking(
    town: Hosted, window: Any, tmp_path: Path, size: dict[str, int], name: str
) -> None:
    phone = town.phone(f"王{name}", "handler", f"unit=transport name=王{name}", channel="web")
    number = filed(town, f"人民路的路灯坏了三天，{name}看得见")
    desk = window(size)
    page = desk.sign_in(phone, "登录")
    page = desk.open(f"/staff/tickets/{number}")
    desk.well()
    page.get_by_role("button", name="接单").click()
    expect(page.get_by_role("status")).to_contain_text("已接单")
    desk.well()
    page.locator("summary", has_text="答复").first.click()
    form = page.locator("form.act", has=page.locator("input[name=command][value=answer]")).first
    form.locator("select").select_option(index=1)
    form.locator("textarea").fill(ANSWER)
    form.locator("input[type=file]").set_input_files({"name": "lamp.png", "mimeType": "image/png", "buffer": PICTURE})
    form.locator("button[type=submit]").click()
    said = page.get_by_role("status")
    expect(said).to_contain_text("居民会看到")
    expect(said).to_contain_text(ANSWER)
    expect(said).to_contain_text("照片1张")
    desk.well()
    said.get_by_role("button", name="发出").click()
    expect(page.get_by_role("status")).to_contain_text("之前可以撤回")
    town.do(lambda stage: stage.advance(timedelta(minutes=3)))
    ticket = town.do(lambda stage: stage.store.reader.ticket(number))
    assert ticket is not None
    assert ticket.status is Status.ANSWERED
    desk.open(f"/staff/tickets/{number}")
    expect(page.locator("article.answer")).to_contain_text(ANSWER)
    desk.well()


def test_in_english_and_dark_a_supervisor_reads_the_file_and_who_read_it(town: Hosted, window: Any) -> None:
    phone = town.phone("陈督办", "supervisor", "name=陈督办", channel="web")
    number = filed(town, "人民路的垃圾没人收")
    desk = window(DESKTOP, "en-US", color_scheme="dark")
    page = desk.sign_in(phone, "Sign in")
    desk.open(f"/staff/tickets/{number}")
    for word in ("Facts", "What happened", "What you can do now"):
        expect(page.get_by_role("heading", name=word)).to_be_visible()
    desk.well()
    page.get_by_role("link", name="Case file").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    page.emulate_media(media="screen")
    desk.well()
    page.get_by_role("link", name="Back to the ticket").click()
    page.get_by_role("link", name="Who read it").click()
    expect(page.locator("tbody tr").first).to_contain_text("陈督办")
    desk.well()
    page.get_by_role("link", name="My sign-in").click()
    desk.well()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Staff sign-in")
    desk.well()
