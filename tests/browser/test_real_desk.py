"""A newcomer's first complaint to the real program: words, a photo, a voice and a pin, up to the receipt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PICTURE, Visit
from tests.fakes.desk_process import DeskProcess

pytestmark = pytest.mark.browser

NUMBER = re.compile(r"\b\d{6}-\d{5}\b")
MINE = ".line.resident"
CARD = ".line.desk:not(.past):has(.choice)"
HERE = {"latitude": 33.3970, "longitude": 117.6590}  # inside the sample town, in Xingfu


@pytest.fixture(scope="module")
def real_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """The program as ``make run`` starts it, with the sample town."""
    with DeskProcess(tmp_path_factory.mktemp("real") / "data") as desk:
        yield desk


@pytest.fixture
def desk_url(real_desk: DeskProcess) -> str:
    """Here the desk under test is the real one."""
    return real_desk.url


@pytest.mark.parametrize(
    ("language", "complaint", "area"),
    [("zh-CN", "人民路自来水管漏水，已经两天了", "幸福社区"), ("en-US", "Water pipe leaking on 人民路", "Xingfu")],
)
def test_a_first_complaint(
    visit: Callable[..., Visit], real_desk: DeskProcess, tmp_path: Path, language: str, complaint: str, area: str
) -> None:
    li = visit(language, geolocation={**HERE, "accuracy": 10})
    expect(li.page.locator(".line.desk")).to_have_count(1)  # the desk says hello first
    photo = tmp_path / "leak.png"
    photo.write_bytes(PICTURE)
    li.page.locator("#pick-media").set_input_files(photo)
    li.write(complaint)
    expect(li.page.locator(f"{MINE}:not(.unsent)")).to_have_count(1)
    li.page.locator("#mic").click()
    expect(li.page.locator("#voice-time")).to_have_text("0:01")
    li.page.locator("#voice-send").click()
    expect(li.page.locator(f"{MINE}:not(.unsent)")).to_have_count(2)
    li.page.locator("#add").click()
    li.page.locator("#place-open").click()
    li.page.locator("#place-here").click()
    expect(li.page.locator(f"{MINE}:not(.unsent)")).to_have_count(3)
    card = li.page.locator(CARD)
    expect(card).to_contain_text(complaint)
    expect(card).to_contain_text(area)
    expect(card.locator(".choice").first).to_be_enabled()
    card.locator(".choice").first.click()
    receipt = li.page.locator(".line.desk").last
    expect(receipt).to_contain_text(NUMBER)
    found = NUMBER.search(receipt.inner_text())
    assert found
    told = li.page.locator(".line .text").all_inner_texts()
    li.page.reload()
    expect(li.page.locator(f"{MINE} img.photo")).to_have_js_property("naturalWidth", 1)
    expect(li.page.locator(f"{MINE} .sound")).to_be_visible()
    expect(li.page.locator(f"{MINE} .place-line")).to_be_visible()
    assert li.page.locator(".line .text").all_inner_texts() == told
    ticket = next(ticket for ticket in real_desk.tickets() if ticket["number"] == found[0])
    assert (ticket["channel"], ticket["text"]) == ("web", complaint)
    assert sorted(file["type"] for file in ticket["attachments"]) == ["photo", "voice"]
    assert {file["state"] for file in ticket["attachments"]} == {"stored"}
    assert ticket["promised_at"]
    assert ticket["area"] == "xingfu"


def test_the_code_of_the_receipt_opens_it_in_another_browser(visit: Callable[..., Visit]) -> None:
    li, wang = visit("en-US"), visit("en-US")
    expect(li.page.locator(".line.desk")).to_have_count(1)
    li.write("Street lamp out on 幸福路")
    expect(li.page.locator(CARD)).to_contain_text("幸福路")
    li.write("confirm")
    expect(li.page.locator(".line.desk").last).to_contain_text(NUMBER)
    receipt = li.page.locator(".line.desk").last.inner_text()
    number, code = NUMBER.search(receipt), re.search(r"(?<![-\d])\d{6}(?![-\d])", receipt)
    assert number
    assert code
    wang.write(f"{number[0]} {code[0]}")
    expect(wang.page.locator(".line.desk").last).to_contain_text(number[0])
