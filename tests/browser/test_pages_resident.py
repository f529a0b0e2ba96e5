"""A resident's page in a real browser: review and supplement by clicking only, with scripts and without, on a phone and
on a desk, in both languages; nothing serious for a checker of accessibility."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.premises import link_keys
from bot.domain.links import OWN
from tests.browser.conftest import PATIENCE_MS, PICTURE
from tests.browser.town import DESKTOP, PHONE, Hosted, hosted, serious
from tests.dialogue.stage import Stage

ANSWER = "已更换路灯灯头并检查了线路，今晚恢复照明。"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("town")


@pytest.fixture(scope="module")
def town(folder: Path) -> Iterator[Hosted]:
    with hosted(folder) as there:
        there.phone("handler", "handler", "unit=transport name=王强")
        yield there


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a browser; at the end it must have had nothing to complain about."""
    opened: list[tuple[Page, list[str]]] = []

    def open_(
        size: dict[str, int] = PHONE, *, scripts: bool = True, language: str = "zh-CN", dark: bool = False
    ) -> Page:
        context = browser.new_context(
            viewport=size,  # type: ignore[arg-type]  # a TypedDict there, a dict here
            locale=language,
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        opened.append((page, complaints))
        return page

    yield open_
    for page, complaints in opened:
        page.context.close()
        assert [text for text in complaints if "404" not in text] == []


def filed(town: Hosted, text: str) -> tuple[str, str]:
    """Number and code of a ticket of the resident's."""

    async def act(there: Stage) -> str:
        phone = there.phones["resident"]
        there.clock.at += timedelta(minutes=15)
        await phone.say("新诉求")
        await phone.say(text)
        await phone.say("确认")
        await there.settle()
        return "\n".join(shown.text for shown in phone.screen[-3:])

    said = town.do(act)
    number, code = re.search(r"编号 (\d{6}-\d{5,})", said), re.search(r"取件码 (\d{6})", said)
    assert number, said
    assert code, said
    return number[1], code[1]


def answered(town: Hosted, number: str) -> None:
    """The unit has answered."""

    async def act(there: Stage) -> None:
        handler = there.phones["handler"]
        await handler.say(f"答复 {number} 已解决 {ANSWER}")
        await there.settle()
        shown, label, token = next(
            (s, *c) for s in reversed(handler.screen) for c in s.choices if c[0].startswith("发出")
        )
        await handler.press(shown, label, token)
        await there.advance(timedelta(minutes=3))

    town.do(act)


def link(town: Hosted, folder: Path, number: str) -> str:
    stage = town.stage
    name = link_keys(folder).signed(OWN, number, stage.phones["resident"].address, stage.clock.now())
    return f"{town.url}/t/{name}"


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways (asked of the layout, without scripts of the page)."""
    width = page.viewport_size
    box = page.locator("main").bounding_box()
    return bool(width and box and box["x"] >= 0 and box["x"] + box["width"] <= width["width"] + 1)


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_supplement_and_review_by_clicking(
    town: Hosted, folder: Path, visit: Callable[..., Page], scripts: bool
) -> None:
    number, _ = filed(town, f"人民路的路灯坏了{'一' if scripts else '两'}天，晚上看不见路")
    page = visit(PHONE, scripts=scripts)
    page.goto(link(town, folder, number))
    assert fits(page)
    page.get_by_text("补充情况").click()
    page.get_by_label("想补充什么").fill("路口那一盏也不亮")
    page.get_by_label("照片、录音、视频或文件").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    page.get_by_role("button", name="提交补充").click()
    expect(page.locator("#said")).to_contain_text("照片")
    expect(page.locator(".timeline")).to_contain_text("路口那一盏也不亮")
    answered(town, number)
    page.goto(link(town, folder, number))
    expect(page.get_by_role("heading", name="单位的答复")).to_be_visible()
    page.get_by_role("button", name="已解决").click()
    expect(page.locator("#said")).to_contain_text("就此办结")
    page.get_by_role("button", name=re.compile("^4")).click()
    page.get_by_label("原因（可以不写）").fill("师傅很快")
    page.get_by_role("button", name="提交原因").click()
    expect(page.locator("#said")).to_contain_text("评价已收好")
    (review,) = town.do(lambda there: there.store.reader.reviews(number))
    assert (review.verdict, review.rating, review.words) == ("yes", 4, "师傅很快")


@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESKTOP, True)], ids=["phone", "desk-dark"])
def test_everybody_can_use_it(
    town: Hosted, folder: Path, visit: Callable[..., Page], size: dict[str, int], dark: bool, language: str
) -> None:
    which = f"{'北' if dark else '南'}边第{'三' if language == 'en' else '四'}盏"
    number, code = filed(town, f"人民路{which}路灯不亮了")
    page = visit(size, dark=dark)
    page.goto(f"{link(town, folder, number)}?lang={language}")
    for summary in page.locator("summary").all():
        summary.click()
    assert serious(page) == []
    assert fits(page)
    answered(town, number)
    page.goto(f"{link(town, folder, number)}?lang={language}")
    assert serious(page) == []
    page.locator(".choices button").first.click()
    page.wait_for_selector("#said")
    assert serious(page) == []
    page.goto(f"{link(town, folder, number).split('?')[0]}/slip?lang={language}")
    assert serious(page) == []
    page.goto(f"{town.url}/t/nothing?lang={language}")
    assert serious(page) == []
    page.goto(f"{town.url}/find?lang={language}")
    page.locator("#number").fill(number)
    page.locator("#code").fill("000000" if code != "000000" else "000001")
    page.locator("form button").click()
    page.wait_for_selector("#problem")
    assert serious(page) == []
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")  # by keyboard too
    page.wait_for_selector(".timeline")
    assert serious(page) == []
    assert fits(page)
