"""A picture the desk drew, in the open web chat: pushed while somebody looks, and there again when they come back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.domain.sheets import TopicLine, TopicsSheet
from bot.drawings.drawing import png_of
from bot.message import Picture, Reply
from tests.browser.conftest import Hosted, Visit

pytestmark = pytest.mark.browser

LINE = TopicLine(name="道路交通", area="东棠街道", people=3, usual=0.5, shown="3人")
PNG = png_of(TopicsSheet(title="热点", under="云棠市", lines=(LINE,)))
ALT = '图片：热点。"数字"同上面的文字 <b>'


@pytest.mark.parametrize("width", [390, 1280])
def test_a_picture_is_shown_with_its_words(hosted: Hosted, visit: Callable[..., Visit], width: int) -> None:
    seen = visit(width=width)
    seen.write("confirm")
    expect(seen.page.locator(".line.desk")).not_to_have_count(0)
    name = hashlib.sha256(PNG).hexdigest()
    (hosted.desk.media.folder / name).write_bytes(PNG)
    (message, *_) = hosted.desk.taken
    reply = Reply("热点\n云棠市", picture=Picture(name, "image/png", ALT))
    pushed = hosted.desk.push(message.address, reply)
    asyncio.run_coroutine_threadsafe(pushed, hosted.loop).result(20)
    _shown(seen.page)
    seen.page.reload()
    _shown(seen.page)


def _shown(page: Page) -> None:
    picture = page.locator("img.drawn")
    expect(picture).to_have_count(1)
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", ALT)
    expect(page.locator(".line.desk").last).to_contain_text("云棠市")
    page.wait_for_function("document.querySelector('img.drawn').naturalWidth === 1080")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
