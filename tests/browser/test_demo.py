"""The guided script of the demonstration, followed to its end by clicking only, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.catalogue import Catalogue, Words
from bot.channels.demo.page import PARTS, SCRIPT
from tests.browser.conftest import Visit
from tests.fakes.desk_process import DeskProcess

pytestmark = pytest.mark.browser

TEXTS = Catalogue.load(Path(__file__).parents[2] / "locales")
NUMBER = re.compile(r"\d{6}-\d{5}")
ANSWERED, LATE, ORDERED = (SCRIPT.index(who, start) for who, start in (("minutes", 10), ("week", 0), ("supervisor", 0)))
"""Steps (from 0) of the script: the answer has arrived, the first week nobody acts in, the order."""


@pytest.fixture(scope="module")
def real_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """The program as ``make run`` starts it, with the sample town."""
    with DeskProcess(tmp_path_factory.mktemp("demo") / "data") as desk:
        yield desk


@pytest.fixture
def desk_url(real_desk: DeskProcess) -> str:
    """Here the desk under test is the real one."""
    return f"{real_desk.url.rstrip('/')}/demo"


def talk(page: Page, part: str) -> Locator:
    """What somebody said and was told."""
    return page.locator(".part").nth(PARTS.index(part)).locator(".line")


def beginning(words: Words, key: str, **known: str) -> re.Pattern[str]:
    """A text of the catalogue as a pattern: what is not known may be anything."""
    text = words.texts[key]
    parts = re.split(r"\{(\w+)\}", text)
    made = (re.escape(p) if n % 2 == 0 else re.escape(known[p]) if p in known else ".+" for n, p in enumerate(parts))
    return re.compile("".join(made).rstrip(), re.S)


@pytest.mark.parametrize(("language", "locale"), [("zh-CN", "zh_CN"), ("en-US", "en")])
def test_the_script_does_what_it_says(visit: Callable[..., Visit], language: str, locale: str) -> None:
    words = TEXTS.words(locale)
    page = visit(language, width=1400, height=900).page
    page.locator("#restart").click()
    expect(page.locator("body")).to_have_attribute("aria-busy", "false")
    filed: list[str] = []
    for step, who in enumerate(SCRIPT):
        expect(page.locator("#where")).to_have_text(f"{step + 1}/{len(SCRIPT)}")
        text = words.texts.get(f"demo.step.{step + 1}.do", "")
        if label := re.fullmatch(r"\[(.+)\]", text):
            expect(talk(page, who).get_by_role("button", name=label[1], exact=True).last).to_be_visible()
        before = {part: talk(page, part).count() for part in PARTS}
        page.locator("#step").click()
        expect(page.locator("#where")).not_to_have_text(f"{step + 1}/{len(SCRIPT)}")
        expect(page.locator("body")).to_have_attribute("aria-busy", "false")
        if who in PARTS:
            answer = talk(page, who).last
            assert talk(page, who).count() > before[who], f"step {step + 1}: nobody answered"
            expect(answer).to_have_class(re.compile("desk"))
            expect(answer).not_to_contain_text(words("staff.hint"))
        if text == words("demo.step.2.do"):
            filed.append(_number(page))
        if step == ANSWERED:
            expect(talk(page, "resident").last).to_contain_text(
                beginning(words, "told.answer_solved", number=filed[0], text=_said(words, 9, filed[0]))
            )
        if step == LATE + 1:
            assert filed[0] != filed[1]
            for rung in ("due", "one_day_late", "order"):
                told = talk(page, "supervisor").filter(has_text=beginning(words, f"news.rung.{rung}", number=filed[1]))
                expect(told).to_have_count(1)
        if step == ORDERED + 1:
            expect(talk(page, "handler").last).to_contain_text(f"{filed[1]}-D1")
    expect(page.locator("#why")).to_have_text(words("demo.done"))
    expect(page.locator("#step")).to_be_hidden()
    expect(talk(page, "handler").last).to_contain_text(words("work.colour.red").strip())
    expect(page.locator("#notice")).to_be_hidden()
    assert not [text for text in page.locator(".bubble").all_inner_texts() if "{" in text]


def _number(page: Page) -> str:
    """The number in the receipt that has just come."""
    found = NUMBER.search(talk(page, "resident").last.inner_text())
    assert found is not None
    return found[0]


def _said(words: Words, step: int, number: str) -> str:
    """The words of a handler's step after command and number."""
    return words(f"demo.step.{step}.do", number=number).partition(number)[2].strip()


def test_on_a_phone_the_next_step_and_the_next_talk_are_in_sight(visit: Callable[..., Visit]) -> None:
    page = visit("en-US", width=390, height=844).page
    page.locator("#restart").click()
    expect(page.locator("body")).to_have_attribute("aria-busy", "false")
    for step in range(4):
        page.locator("#step").click()
        expect(page.locator("#where")).to_have_text(f"{step + 2}/{len(SCRIPT)}")
        expect(page.locator("body")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#step")).to_be_in_viewport()
    expect(talk(page, "handler").last).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_language_can_be_changed_in_between(visit: Callable[..., Visit]) -> None:
    page = visit("zh-CN", width=1400, height=900).page
    page.locator("#restart").click()
    expect(page.locator("body")).to_have_attribute("aria-busy", "false")
    page.get_by_role("link", name="English").click()
    page.locator("#step").click()
    expect(talk(page, "resident").last.get_by_role("button").first).to_have_text(TEXTS.words("en")("choice.confirm"))
