"""The dashboard and the boards in a real browser: charts drawn from the tables, numbers that come by themselves, both
languages, both widths, paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from bot.clock import SystemClock
from bot.console.filling import write_year
from storage.store import FILE
from tests.browser.town import DESKTOP, PHONE, START, Hosted, hosted, serious
from tests.dialogue.stage import Stage, sample_guide

MONTH = "2026-02"
PAGES = (
    "/staff/dashboard",
    f"/staff/dashboard?period={MONTH}",
    f"/staff/boards?period={MONTH}",
    f"/staff/boards/unit?unit=urban-management&period={MONTH}",
    "/staff/boards/tickets?of=now",
    f"/staff/boards/publish?period={MONTH}",
)
PIXELS = """(canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] > 200) seen.add(data[at] + ',' + data[at + 1] + ',' + data[at + 2]);
  }
  return [...seen];
}"""
"""The colours of a chart."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("year")
    write_year(folder / FILE, sample_guide(), 400, 1, START, 0, lambda _: None, SystemClock())
    with hosted(folder) as found:
        found.phone("boss", "supervisor", "name=陈督 walled=1")
        yield found


@pytest.fixture(scope="module")
def cookies(browser: Browser, town: Hosted) -> StorageState:
    """The supervisor's sign-in, for every browser of theirs."""

    async def link(stage: Stage) -> str:
        phone = stage.phones["boss"]
        await phone.say("登录")
        await stage.settle()
        return next(m[0] for shown in phone.screen[::-1] if (m := re.search(r"/staff/enter/[0-9A-Z-]+", shown.text)))

    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{town.url}{town.do(link)}")
    page.click("button")
    page.wait_for_url("**/staff/*")
    state = context.storage_state()
    context.close()
    return state


def signed_in(browser: Browser, cookies: StorageState, complaints: list[str], **options: object) -> Page:
    """A page of the supervisor's browser."""
    context = browser.new_context(storage_state=cookies, **options)  # type: ignore[arg-type]  # checked by Playwright
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return page


def opened(page: Page, town: Hosted, path: str) -> None:
    """Open a page and wait until all is counted: it says when it will look again."""
    page.goto(town.url + path)
    if page.locator("#live").count():
        expect(page.locator('#live:not([data-seconds="2"])')).to_have_count(1, timeout=60_000)


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "zh-CN"), (PHONE, "en")])
def test_everybody_can_read_every_page(
    browser: Browser, town: Hosted, cookies: StorageState, size: dict[str, int], locale: str
) -> None:
    complaints: list[str] = []
    page = signed_in(browser, cookies, complaints, viewport=size, locale=locale)
    for path in PAGES:
        opened(page, town, path)
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        heads = page.evaluate("[...document.querySelectorAll('main h1, main h2, main h3')].map(h => +h.tagName[1])")
        assert heads[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(heads)), path
    opened(page, town, PAGES[2])
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    assert complaints == []
    page.context.close()


def test_charts_are_drawn_from_the_tables_and_for_paper_in_grey(
    browser: Browser, town: Hosted, cookies: StorageState
) -> None:
    complaints: list[str] = []
    page = signed_in(browser, cookies, complaints, viewport=DESKTOP, locale="en", color_scheme="dark")
    for path, chart in ((PAGES[1], "bars"), (PAGES[0], "stack"), (PAGES[3], "lines")):
        opened(page, town, path)
        canvas = page.locator(f'canvas[data-chart="{chart}"]').first
        expect(canvas).to_be_visible()
        assert len(canvas.evaluate(PIXELS)) > 3, path
        coloured = [c for c in canvas.evaluate(PIXELS) if len(set(c.split(","))) > 1]
        assert coloured
        page.emulate_media(media="print")
        expect(page.locator("header.top")).to_be_hidden()
        grey = [each.split(",") for each in canvas.evaluate(PIXELS)]
        assert all(max(map(int, c)) - min(map(int, c)) <= 2 for c in grey), path
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.emulate_media(media="screen")
    assert complaints == []
    page.context.close()


def test_an_open_page_tells_what_happens_without_being_loaded_again(
    browser: Browser, town: Hosted, cookies: StorageState
) -> None:
    complaints: list[str] = []
    page = signed_in(browser, cookies, complaints, viewport=DESKTOP, locale="zh-CN")
    opened(page, town, PAGES[0])
    number = page.locator(".headlines li strong").first
    before = int(number.inner_text())
    page.evaluate("document.body.dataset.mark = 'kept'")
    canvas = page.locator('canvas[data-chart="stack"]')
    canvas.evaluate("(canvas) => { canvas.dataset.mark = 'kept'; }")
    link = page.locator("#table-units tbody a").first
    link.focus()
    held = link.get_attribute("href")

    async def files(stage: Stage) -> None:
        resident = stage.phones["resident"]
        await resident.say("人民路的路灯坏了三天，晚上看不见路")
        await resident.say("确认")
        stage.clock.at += timedelta(seconds=40)

    town.do(files)
    for _ in range(60):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(200)
        if number.inner_text() == str(before + 1):
            break
    expect(number).to_have_text(str(before + 1))
    assert page.evaluate("document.body.dataset.mark") == "kept"
    assert canvas.get_attribute("data-mark") == "kept"
    assert page.evaluate("document.activeElement.getAttribute('href')") == held
    assert "live=1" not in page.locator(".age").first.inner_html()
    number.locator("a").click()
    expect(page.locator(".total-line")).to_have_attribute("data-count", str(before + 1))
    assert complaints == []
    page.context.close()


def test_without_scripts_there_is_the_same_to_read(browser: Browser, town: Hosted, cookies: StorageState) -> None:
    complaints: list[str] = []
    page = signed_in(browser, cookies, complaints, viewport=DESKTOP, locale="en", java_script_enabled=False)
    for _ in range(100):
        page.goto(f"{town.url}{PAGES[1]}")
        if page.locator('#live[data-seconds="2"]').count() == 0:
            break
    expect(page.locator("#table-units tbody tr").first).to_be_visible()
    expect(page.locator("svg.town")).to_be_visible()
    expect(page.locator("canvas").first).to_be_hidden()
    page.locator(".age a").first.click()
    expect(page.locator("h1")).to_have_text("Dashboard")
    page.select_option("#area", index=1)
    page.locator(".choose button").first.click()
    assert "area=" in page.url
    assert complaints == []
    page.context.close()
