"""Lists, queues, the morning page and acts on many as staff see them: phone and desktop, both languages, keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.town import DESKTOP, PHONE, Hosted, hosted, serious
from tests.dialogue.player import Player
from tests.dialogue.stage import HOME
from tests.fakes.clerk import asked_for
from tests.fakes.queue_day import played

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of what was seen."""

SOME = ("morning", "tickets?view=all", "queues", "search?q=路灯", "queues/decisions")
PAGES = (
    *("morning", "tickets", "tickets?view=all", "queues", "search?q=路灯", "ideas", "bulk", "queues/pool"),
    *("queues/drafts", "queues/listen", "queues/talks", "queues/calls", "queues/decisions", "queues/reopenings"),
)
"""Other queues are made of the same parts."""


class Office:
    """The desk at the end of a day on which something waits everywhere, and browsers of those who work there."""

    def __init__(self, town: Hosted, browser: Browser) -> None:
        self.town, self.browser = town, browser
        self.player: Player = town.do(lambda there: played(there))
        self.state: dict[str, object] = {}
        self.complaints: list[str] = []

    def open(self, who: str, size: dict[str, int], **options: object) -> Page:
        """A page of somebody who is signed in."""
        kept = self.state.get(who)
        context: BrowserContext = self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]  # a TypedDict there, a dict here
            storage_state=kept,  # type: ignore[arg-type]  # what Playwright gave
            **options,  # type: ignore[arg-type]  # what a test adds is checked by Playwright
        )
        page = context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if kept is None:
            phone = self.player.actors[who].phone
            link = self.town.do(lambda there: asked_for(there, phone))
            page.goto(f"{self.town.url}{link.removeprefix(HOME)}")
            page.locator("form button").first.click()
            expect(page).to_have_url(f"{self.town.url}/staff/morning")
            self.state[who] = context.storage_state()
        return page

    def number(self, letter: str) -> str:
        return self.player.learnt[f"number_{letter}"]


@pytest.fixture(scope="module")
def office(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with hosted(tmp_path_factory.mktemp("lists")) as town:
        yield Office(town, browser)


@pytest.fixture
def opened(office: Office) -> Iterator[Callable[..., Page]]:
    """Opens pages, and closes them; at the end they must have had nothing to complain about."""
    pages: list[Page] = []

    def open_(who: str, size: dict[str, int], **options: object) -> Page:
        pages.append(office.open(who, size, **options))
        return pages[-1]

    office.complaints.clear()
    yield open_
    for page in pages:
        page.context.close()
    assert office.complaints == []


def kept(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("lang", "size", "pages"), [("zh_CN", PHONE, PAGES), ("en", DESKTOP, SOME)], ids=["phone-zh", "desktop-en"]
)
def test_every_page_reads_well(
    office: Office, opened: Callable[..., Page], lang: str, size: dict[str, int], pages: tuple[str, ...]
) -> None:
    page = opened("supervisor", size)
    wide = "wide" if size is DESKTOP else "narrow"
    for path in pages:
        page.goto(f"{office.town.url}/staff/{path}{'&' if '?' in path else '?'}lang={lang}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        kept(page, f"{wide}-{path.replace('/', '-').split('?')[0]}{'-all' if 'all' in path else ''}")


def test_in_the_dark_colours_can_be_told_and_read(office: Office, opened: Callable[..., Page]) -> None:
    page = opened("supervisor", PHONE, color_scheme="dark")
    for path in ("tickets?view=all", "queues/reopenings"):
        page.goto(f"{office.town.url}/staff/{path}")
        assert serious(page) == [], path
        kept(page, f"dark-{path.split('?')[0].replace('/', '-')}")


def test_a_morning_leads_by_clicks_to_a_ticket(office: Office, opened: Callable[..., Page]) -> None:
    page = opened("lead", DESKTOP)
    page.goto(f"{office.town.url}/staff/")
    expect(page).to_have_url(f"{office.town.url}/staff/morning")
    page.get_by_role("link", name="中文").click()
    page.get_by_role("link", name="督办中").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("督办中")
    page.get_by_role("link", name=office.number("a")).first.click()
    expect(page).to_have_url(f"{office.town.url}/staff/tickets/{office.number('a')}")


def test_filters_are_a_form_whose_address_can_be_kept(office: Office, opened: Callable[..., Page]) -> None:
    page = opened("supervisor", PHONE)
    page.goto(f"{office.town.url}/staff/tickets?view=all&lang=zh_CN")
    page.locator(".filters summary").click()
    page.get_by_label("状态").select_option("filed")
    page.get_by_role("button", name="查看").click()
    assert "status=filed" in page.url
    expect(page.get_by_role("cell", name=office.number("b"), exact=True)).to_be_visible()
    expect(page.get_by_text(office.number("a"))).to_have_count(0)
    page.get_by_label("颜色").select_option("red")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_text("没有符合筛选的工单")).to_be_visible()
    page.get_by_role("link", name="取消筛选").click()
    expect(page.get_by_role("cell", name=office.number("a"), exact=True)).to_be_visible()


def test_many_are_reminded_after_a_look_at_what_changes(office: Office, opened: Callable[..., Page]) -> None:
    page = opened("plain", DESKTOP)
    page.goto(f"{office.town.url}/staff/tickets?view=all&lang=zh_CN")
    page.get_by_label("全选本页").check()
    page.get_by_label("附言").fill("请今天办结")
    page.get_by_role("button", name="先看会有什么变化").click()
    expect(page.get_by_role("heading", name="不会变化的")).to_be_visible()
    expect(page.get_by_text("还没有承办单位").first).to_be_visible()
    assert serious(page) == []
    kept(page, "wide-bulk-preview")
    page.get_by_role("button", name="确定办理").click()
    expect(page.get_by_role("status")).to_contain_text("已办")


def test_a_queue_can_be_worked_by_keyboard_alone(office: Office, opened: Callable[..., Page]) -> None:
    page = opened("collector", DESKTOP, java_script_enabled=False)
    page.goto(f"{office.town.url}/staff/queues/listen?lang=zh_CN")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator("textarea:focus").count():
            break
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.type("人民路的路灯坏了三天")
    page.keyboard.press("Tab")
    kept(page, "wide-listen-keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有要听写的工单")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text(office.number("d"))


def test_a_decision_is_made_on_a_phone(office: Office, opened: Callable[..., Page]) -> None:
    page = opened("supervisor", PHONE)
    page.goto(f"{office.town.url}/staff/queues/reopenings?lang=zh_CN")
    page.get_by_role("button", name="发回").click()
    expect(page.get_by_role("status")).to_contain_text(office.number("f"))
    expect(page.get_by_text("没有要求重办的工单")).to_be_visible()
    kept(page, "narrow-reopened-done")
