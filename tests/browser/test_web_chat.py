"""The web chat in a real browser, as a resident uses it on a phone.

The tests know the desk only by ``desk_url``; what goes wrong on the way is made to go wrong in the browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.browser.conftest import PICTURE, Visit

pytestmark = pytest.mark.browser

Opens = Callable[..., Visit]

DESK = ".line.desk"
MINE = ".line.resident"
BUTTONS = ".line.desk:not(.past) .choice"


def file_to_pick(name: str, content: bytes, mime: str) -> FilePayload:
    return {"name": name, "mimeType": mime, "buffer": content}


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_a_complaint_from_the_first_word_to_the_receipt(visit: Opens, language: str) -> None:
    li = visit(language)
    expect(li.page.locator("html")).to_have_attribute("lang", language.removesuffix("-US"))
    expect(li.page.locator(DESK)).to_have_count(1)  # the greeting
    li.write("长宁路自来水管漏水")
    expect(li.page.locator(MINE)).to_contain_text("长宁路自来水管漏水")
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    before = li.page.locator(DESK).count()
    li.page.locator(BUTTONS).first.click()
    expect(li.page.locator(DESK)).to_have_count(before + 1)
    expect(li.page.locator(MINE)).to_have_count(2)
    shown = li.page.locator(".line .text").all_inner_texts()
    li.page.reload()
    expect(li.page.locator(MINE)).to_have_count(2)
    assert li.page.locator(".line .text").all_inner_texts() == shown


def test_the_card_is_replaced_and_comes_last(visit: Opens) -> None:
    li = visit()
    li.write("路灯不亮")
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    li.write("在东湖小区门口")
    card = li.page.locator(".line").last
    expect(card).to_have_class(re.compile("desk"))
    expect(card).to_contain_text("在东湖小区门口")
    expect(li.page.locator(f"{DESK}:has(.choice)")).to_have_count(1)


def test_photos_with_words(visit: Opens) -> None:
    li = visit()
    photos = [file_to_pick(name, PICTURE, "image/png") for name in ("漏水.png", "b.png")]
    li.page.locator("#pick-media").set_input_files(photos)
    expect(li.page.locator("#enclosed li")).to_have_count(2)
    li.page.locator("#pick-file").set_input_files([file_to_pick("report.pdf", b"%PDF-1.4 x", "application/pdf")])
    li.page.locator("#enclosed .drop-one").nth(1).click()
    expect(li.page.locator("#enclosed li")).to_have_count(2)
    li.write("看照片")
    expect(li.page.locator("#enclosed")).to_be_hidden()
    expect(li.page.locator(f"{MINE}:not(.unsent)")).to_have_count(2)
    expect(li.page.locator(MINE).first).to_contain_text("看照片")
    li.page.reload()
    picture = li.page.locator(f"{MINE} img.photo")
    expect(picture).to_have_count(1)
    expect(picture).to_have_js_property("naturalWidth", 1)
    expect(picture).to_have_attribute("alt", "漏水.png")
    expect(li.page.locator(f"{MINE} .file")).to_contain_text("report.pdf")
    li.page.locator(".photo-button").click()
    expect(li.page.locator("#viewer")).to_be_visible()
    li.page.keyboard.press("Escape")
    expect(li.page.locator("#viewer")).to_be_hidden()


def test_a_picture_is_pasted_and_one_is_dropped(visit: Opens) -> None:
    li = visit()
    li.page.evaluate(
        """(bytes) => {
          const file = () => { const t = new DataTransfer();
            t.items.add(new File([new Uint8Array(bytes)], "p.png", {type: "image/png"})); return t; };
          document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: file(), bubbles: true, cancelable: true}));
          document.dispatchEvent(new DragEvent("dragenter", {dataTransfer: file(), bubbles: true}));
          document.dispatchEvent(new DragEvent("drop", {dataTransfer: file(), bubbles: true, cancelable: true}));
        }""",
        list(PICTURE),
    )
    expect(li.page.locator("#enclosed img")).to_have_count(2)
    expect(li.page.locator("#drop")).to_be_hidden()


def test_a_file_that_is_too_large_is_said_before_it_is_sent(visit: Opens, tmp_path: Path) -> None:
    li = visit("en-US")
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    li.page.locator("#pick-media").set_input_files(film)
    expect(li.page.locator("#notice")).to_be_visible()
    expect(li.page.locator("#enclosed li")).to_have_count(0)


def test_a_voice_is_recorded_sent_and_heard_again(visit: Opens) -> None:
    li = visit()
    expect(li.page.locator("#status")).to_have_attribute("data-state", "live")
    li.page.locator("#mic").click()
    expect(li.page.locator("#recorder")).to_be_visible()
    expect(li.page.locator("#voice-time")).to_have_text(re.compile(r"0:0[1-9]"))
    li.page.locator("#voice-send").click()
    expect(li.page.locator(f"{MINE}:not(.unsent) .sound")).to_be_visible()
    li.page.reload()
    expect(li.page.locator(f"{MINE} .sound .length")).to_have_text(re.compile(r"0:0\d"))
    li.page.locator(f"{MINE} .sound button").click()
    expect(li.page.locator(f"{MINE} .sound.playing")).to_be_visible()


def test_a_recording_can_be_cancelled(visit: Opens) -> None:
    li = visit()
    li.page.locator("#mic").focus()
    li.page.keyboard.press("Enter")
    expect(li.page.locator("#recorder")).to_be_visible()
    li.page.keyboard.press("Escape")
    expect(li.page.locator("#recorder")).to_be_hidden()
    expect(li.page.locator("#composer")).to_be_visible()
    expect(li.page.locator(MINE)).to_have_count(0)


def test_a_voice_held_down_is_sent_when_let_go_and_not_when_slid_away(visit: Opens) -> None:
    li = visit()
    box = li.page.locator("#mic").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for slide, sent in ((120, 0), (0, 1)):
        li.page.mouse.move(x, y)
        li.page.mouse.down()
        expect(li.page.locator("#recorder")).to_be_visible()
        expect(li.page.locator("#voice-time")).to_have_text(re.compile(r"0:0[1-9]"))
        li.page.mouse.move(x, y - slide)
        li.page.mouse.up()
        expect(li.page.locator("#recorder")).to_be_hidden()
        expect(li.page.locator(f"{MINE} .sound")).to_have_count(sent)


def test_without_a_recorder_it_says_what_else_can_be_done(visit: Opens) -> None:
    li = visit()
    li.page.evaluate("delete window.MediaRecorder")
    li.page.locator("#mic").click()
    expect(li.page.locator("#notice")).to_be_visible()
    expect(li.page.locator("#composer")).to_be_visible()


def test_a_place_is_shared(visit: Opens) -> None:
    li = visit()
    li.page.locator("#add").click()
    li.page.locator("#place-open").click()
    li.page.locator("#place-here").click()
    expect(li.page.locator("#place")).to_be_hidden()
    expect(li.page.locator(f"{MINE}:not(.unsent) .place-line")).to_be_visible()


def test_without_permission_the_place_is_typed(visit: Opens) -> None:
    li = visit()
    li.context.clear_permissions()
    li.page.evaluate("() => { navigator.geolocation.getCurrentPosition = (found, failed) => failed({code: 1}); }")
    li.page.locator("#add").click()
    li.page.locator("#place-open").click()
    before = li.page.locator("#place-line").inner_text()
    li.page.locator("#place-here").click()
    expect(li.page.locator("#place-line")).not_to_have_text(before)
    expect(li.page.locator("#place-text")).to_be_focused()
    li.page.keyboard.type("东湖小区3号楼")
    li.page.keyboard.press("Enter")
    expect(li.page.locator(MINE)).to_contain_text("东湖小区3号楼")


def test_offline_the_message_stays_and_goes_out_once(visit: Opens) -> None:
    li = visit()
    expect(li.page.locator("#status")).to_have_attribute("data-state", "live")
    li.context.set_offline(True)
    li.write("停水了")
    expect(li.page.locator("#status")).to_have_attribute("data-state", "offline")
    expect(li.page.locator(f"{MINE}.unsent .state button")).to_be_visible()
    li.page.locator("#text").fill("还没写完")
    li.context.set_offline(False)
    expect(li.page.locator(f"{MINE}:not(.unsent)")).to_have_count(1)
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    expect(li.page.locator("#text")).to_have_value("还没写完")
    expect(li.page.locator("#status")).to_have_attribute("data-state", "live")
    li.page.reload()
    expect(li.page.locator(MINE)).to_have_count(1)
    expect(li.page.locator("#text")).to_have_value("还没写完")


def test_a_lost_answer_does_not_double_the_message(visit: Opens) -> None:
    li = visit()
    expect(li.page.locator(DESK)).to_have_count(1)
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if not lost:
            lost.append(str(route.request.post_data))
            route.fetch()  # the desk gets it, the page never hears of it
            route.abort()
        else:
            lost.append(str(route.request.post_data))
            route.continue_()

    li.page.route("**/chat/messages", lose_once)
    li.write("停水了")
    expect(li.page.locator(f"{MINE}:not(.unsent)")).to_have_count(1)
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    assert len(lost) == 2
    assert lost[0] == lost[1]  # the very same message, under the same key
    li.page.reload()
    expect(li.page.locator(MINE)).to_have_count(1)


def test_words_that_were_not_sent_survive_closing_the_page(visit: Opens) -> None:
    li = visit()
    expect(li.page.locator(DESK)).to_have_count(1)
    li.page.route("**/chat/messages", lambda route: route.fulfill(status=503, json={"error": {"message": "later"}}))
    li.write("停水了")
    expect(li.page.locator(f"{MINE}.unsent")).to_contain_text("later")
    li.page.unroute_all()
    li.page.reload()
    expect(li.page.locator(f"{MINE}:not(.unsent)")).to_have_count(1)
    expect(li.page.locator(MINE)).to_contain_text("停水了")


def test_what_the_desk_refuses_can_be_edited(visit: Opens) -> None:
    li = visit()
    expect(li.page.locator(DESK)).to_have_count(1)
    li.page.route("**/chat/messages", lambda route: route.fulfill(status=413, json={"error": {"message": "too long"}}))
    li.write("很长的一段话")
    expect(li.page.locator(f"{MINE}.unsent")).to_contain_text("too long")
    li.page.locator(".state button").nth(1).click()
    expect(li.page.locator("#text")).to_have_value("很长的一段话")
    expect(li.page.locator(MINE)).to_have_count(0)


def test_where_streams_are_held_back_it_asks_again(visit: Opens) -> None:
    li = visit()
    li.page.add_init_script("delete window.EventSource")
    li.page.reload()
    expect(li.page.locator(DESK)).to_have_count(1)
    expect(li.page.locator("#status")).to_have_attribute("data-state", "live")
    li.write("停水了")
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    expect(li.page.locator("#status")).to_have_attribute("data-state", "live")


def test_a_phone_on_which_fingers_do_everything(visit: Opens) -> None:
    li = visit(has_touch=True, is_mobile=True)
    expect(li.page.locator("#status")).to_have_attribute("data-state", "live")
    li.page.locator("#mic").tap()
    expect(li.page.locator("#voice-time")).to_have_text(re.compile(r"0:0[1-9]"))
    li.page.locator("#voice-send").tap()
    expect(li.page.locator(f"{MINE}:not(.unsent) .sound")).to_be_visible()
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    before = li.page.locator(DESK).count()
    li.page.locator(BUTTONS).first.tap()
    expect(li.page.locator(DESK)).to_have_count(before + 1)


def test_two_pages_of_one_person_show_the_same(visit: Opens, desk_url: str) -> None:
    li = visit()
    expect(li.page.locator("#status")).to_have_attribute("data-state", "live")
    other = li.context.new_page()
    other.goto(desk_url)
    expect(other.locator("#status")).to_have_attribute("data-state", "live")
    li.write("停水了")
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    expect(other.locator(BUTTONS).first).to_be_visible()


def test_by_keyboard_only(visit: Opens) -> None:
    li = visit()
    expect(li.page.locator(DESK)).to_have_count(1)
    keyboard = li.page.keyboard
    keyboard.press("Tab")
    expect(li.page.locator(".skip")).to_be_focused()
    keyboard.press("Enter")
    keyboard.type("路灯不亮")
    keyboard.press("Shift+Enter")
    keyboard.type("三天了")
    expect(li.page.locator("#text")).to_have_value("路灯不亮\n三天了")
    keyboard.press("Enter")
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    before = li.page.locator(DESK).count()
    for _ in range(12):
        keyboard.press("Shift+Tab")
        if li.page.evaluate("document.activeElement.matches('.choice:first-child')"):
            break
    keyboard.press("Enter")
    expect(li.page.locator(DESK)).to_have_count(before + 1)
    expect(li.page.locator("#text")).to_be_focused()


def test_a_screen_reader_hears_new_lines_and_knows_every_button(visit: Opens) -> None:
    li = visit("en-US")
    expect(li.page.locator(DESK)).to_have_count(1)
    log = li.page.locator("#log")
    expect(log).to_have_attribute("role", "log")
    expect(log).to_have_attribute("aria-live", "polite")
    li.write("street lamp")
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    nameless = li.page.evaluate(
        "[...document.querySelectorAll('button,a,textarea,input:not([type=hidden]):not([type=file])')]"
        ".filter(e => !(e.getAttribute('aria-label') || e.innerText || (e.labels && e.labels.length)"
        " || e.textContent.trim())).map(e => e.outerHTML)"
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen(visit: Opens, scheme: str) -> None:
    li = visit("en-US", color_scheme=scheme)
    li.write("https://example.org/" + "x" * 300 + " " + "长" * 300)
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    li.page.locator("#add").click()
    for width, height in ((320, 568), (360, 640), (390, 844), (1280, 800)):
        li.page.set_viewport_size({"width": width, "height": height})
        page_width, spare, type_size = li.page.evaluate(
            "[document.documentElement.scrollWidth, document.getElementById('log').scrollWidth"
            " - document.getElementById('log').clientWidth, parseFloat(getComputedStyle(document.body).fontSize)]"
        )
        assert page_width <= width
        assert spare == 0
        assert type_size >= 16
        small = li.page.evaluate(
            "[...document.querySelectorAll('button')].filter(b => b.offsetParent && !b.closest('.past'))"
            ".filter(b => b.offsetHeight < 36).map(b => b.outerHTML)"
        )
        assert small == []


def test_the_language_is_switched_in_the_header(visit: Opens) -> None:
    li = visit("zh-CN")
    li.write("停水了")
    expect(li.page.locator(BUTTONS).first).to_be_visible()
    li.page.locator("#language").click()
    expect(li.page.locator("html")).to_have_attribute("lang", "en")
    expect(li.page.locator(MINE)).to_contain_text("停水了")
    li.page.locator("#language").click()
    expect(li.page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_without_scripts_a_form_is_enough(visit: Opens) -> None:
    li = visit(java_script_enabled=False)
    expect(li.page.locator("#mic")).to_be_hidden()
    li.page.locator("#text").fill("停水了")
    li.page.locator("#send").click()
    expect(li.page.locator(MINE)).to_contain_text("停水了")
    confirm = li.page.locator(".choice").first
    expect(confirm).to_be_visible()  # the page comes back by itself when the card is there
    before = li.page.locator(DESK).count()
    confirm.click()
    expect(li.page.locator(DESK)).to_have_count(before + 1)


def test_the_code_of_a_slip_waits_in_the_box_and_is_gone_from_the_address(visit: Opens, desk_url: str) -> None:
    page = visit().page
    page.goto(f"{desk_url}/?from=slip#claim=260304-00017.123456")
    expect(page.locator("#text")).to_have_value("260304-00017 123456")
    assert page.url == f"{desk_url}/?from=slip"
    expect(page.locator(".line.resident")).to_have_count(0)


def test_what_is_no_claim_stays_out_of_the_box(visit: Opens, desk_url: str) -> None:
    page = visit().page
    page.goto(f"{desk_url}/?from=slip#claim=<b>260304</b>.1")
    expect(page.locator("#text")).to_have_value("")
