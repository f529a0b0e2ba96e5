"""The public page as people see it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, expect

from bot.changes import Changes
from bot.domain.boards.ranking import Board, Row
from bot.domain.work import Work
from tests.browser.town import DESKTOP, PHONE, START, Hosted, hosted, serious
from tests.dialogue.stage import Stage
from tests.fakes.changesets import kept, ticket


async def fill(there: Stage) -> None:
    kind = next(k.code for k in there.guide.town.kinds.values() if k.public and not k.walled)
    for number in ("260304-00018", "260304-00026"):
        work = Work(released="路灯三天不亮，晚上看不见路。")
        case = replace(ticket(number), kind=kind, area="", hidden=False, filed_at=START, work=work)
        await there.store.commit(kept(case))
    rows = tuple(
        Row(unit=unit, level=3, tickets=9, rank=place, score=90.0 - place, colour="red", figures={"solved": 75.0})
        for place, unit in enumerate(("transport", "housing", "water"), 1)
    )
    await there.store.commit(Changes(at=START, published=[(Board(period="2026-W09", at=START, rows=rows), "boss")]))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> object:
    with hosted(tmp_path_factory.mktemp("public")) as there:
        there.do(fill)
        yield there


@pytest.mark.parametrize(("lang", "words"), [("zh_CN", "我们的承诺"), ("en", "What we promise")])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_reads_well(browser: Browser, town: Hosted, lang: str, words: str, size: dict[str, int]) -> None:
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]  # a TypedDict there, a dict here
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{town.url}/public?lang={lang}")
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    expect(page.get_by_text("路灯三天不亮").first).to_be_visible()
    assert serious(page) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]
    page.locator('a[href^="/public/boards/"]').first.click()
    expect(page.get_by_role("table")).to_be_visible()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert complaints == []
    page.close()
