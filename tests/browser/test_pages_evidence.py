"""Files in a real browser: photos are seen, voices and videos play, faces are covered, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.console.premises import link_keys
from bot.domain.evidence import Copy
from bot.domain.links import OWN
from tests.browser.town import DESKTOP, PHONE, Hosted, hosted, serious
from tests.dialogue.phones import TelegramPhone
from tests.dialogue.stage import Stage
from tests.fakes.clerk import asked_for
from tests.fakes.photos import jpeg, scene
from tests.fakes.recordings import SILK, video, voice

SHOTS = Path("/tmp/shots/evidence")
PLAYED = """async (media) => {
  await media.play();
  await new Promise((done) => media.addEventListener('timeupdate', () => media.currentTime > 0 && done()));
  return [media.duration, media.currentTime > 0];
}"""


@dataclass
class Place:
    """A ticket with files of all kinds, and somebody of the staff at a browser."""

    town: Hosted
    browser: Browser
    number: str
    own: str
    ids: dict[str, str]
    complaints: list[str] = field(default_factory=list)

    def window(self, size: dict[str, int], language: str = "zh-CN", **options: object) -> BrowserContext:
        given = {"locale": language, "viewport": size, **options}
        return self.browser.new_context(**given)  # type: ignore[arg-type]  # a TypedDict there, a dict here

    def page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        return page

    def staff(self, context: BrowserContext, who: str) -> Page:
        page = self.page(context)
        phone = self.town.stage.phones[who]
        page.goto(f"{self.town.url}{self.town.do(lambda stage: asked_for(stage, phone))}")
        page.get_by_role("button", name=re.compile("登录|Sign in")).click()
        expect(page.locator("nav.menu")).to_be_visible()
        return page

    def shot(self, page: Page, name: str) -> None:
        if SHOTS.exists():
            page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def place(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("desk")
    with hosted(folder) as town:
        town.phone("handler", "handler", "unit=transport name=王强")
        town.phone("supervisor", "supervisor", "name=孙敏")

        async def files(there: Stage) -> tuple[str, dict[str, str]]:
            phone, handler = there.phones["resident"], there.phones["handler"]
            assert isinstance(phone, TelegramPhone)
            assert isinstance(handler, TelegramPhone)
            await phone.say("人民路的路灯坏了")
            await phone.say("确认")
            await there.settle()
            number = re.findall(r"\d{6}-\d{5,}", "\n".join(shown.text for shown in phone.screen))[0]
            sent = (
                ("photo", "photo", jpeg(scene(7, 1200, 900))),
                ("voice", "voice", voice("amr")),
                ("video", "video", video()),
                ("silk", "voice", SILK),
                ("broken", "document", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            )
            for _, kind, content in sent:
                there.clock.at += timedelta(seconds=1)
                await phone.hand(kind, content)
                await there.settle()
            names = [name for name, _, _ in sent]
            records = await there.store.reader.attachments_of(number)
            await handler.hand("photo", jpeg(scene(8, 900, 1200)))
            await there.settle()
            await handler.say(f"答复 {number} 已解决 已更换路灯灯头并检查了线路，今晚恢复照明。")
            await there.settle()
            send = next((s, *c) for s in reversed(handler.screen) for c in s.choices if c[0].startswith("发出"))
            await handler.press(*send)
            await there.advance(timedelta(minutes=3))
            return number, dict(zip(names, (record.id for record in records), strict=True))

        number, ids = town.do(files)
        address = town.stage.phones["resident"].address
        own = link_keys(folder).signed(OWN, number, address, town.stage.clock.now())
        there = Place(town, browser, number, f"{town.url}/t/{own}", ids)
        yield there
        assert [text for text in there.complaints if "Failed to load resource" not in text] == []


@pytest.mark.parametrize(("name", "size", "language"), [("phone", PHONE, "zh-CN"), ("desktop", DESKTOP, "en")])
def test_a_resident_sees_and_hears_what_they_sent(place: Place, name: str, size: dict[str, int], language: str) -> None:
    page = place.page(place.window(size, language))
    page.goto(f"{place.own}?lang={language.replace('-', '_')}")
    for picture in page.locator("main img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0
    for media in (page.locator("audio").first, page.locator("video").first):
        duration, moved = media.evaluate(PLAYED)
        assert 1.5 < duration < 2.5
        assert moved
    assert "SILK" in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []
    place.shot(page, f"resident_{name}")
    page.context.close()


def test_a_handler_covers_a_face_by_drawing(place: Place) -> None:
    id_ = place.ids["photo"]
    page = place.staff(place.window(DESKTOP), "handler")
    page.goto(f"{place.town.url}/staff/files/{place.number}/{id_}/box")
    assert serious(page) == []
    edge = page.locator(".boxing-ground").bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + edge["width"] * 0.25, edge["y"] + edge["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(edge["x"] + edge["width"] * 0.5, edge["y"] + edge["height"] * 0.5, steps=4)
    page.mouse.up()
    place.shot(page, "box_drawn")
    page.get_by_role("button", name="保存遮挡").click()
    expect(page.get_by_role("status")).to_contain_text("1处遮挡")

    async def boxes(there: Stage) -> list[float]:
        await there.settle()
        boxing = (await there.store.reader.copies([id_]))[id_].of(Copy.BOXED)
        assert boxing is not None
        (box,) = boxing.boxes
        return [box.x, box.y, box.width, box.height]

    assert place.town.do(boxes) == pytest.approx([25, 25, 25, 25], abs=1)
    page.reload()
    place.shot(page, "box_covered")
    page.context.close()


def test_a_supervisor_covers_more_without_javascript_on_a_phone(place: Place) -> None:
    page = place.staff(place.window(PHONE, "en", java_script_enabled=False), "supervisor")
    page.goto(f"{place.town.url}/staff/files/{place.number}/{place.ids['photo']}/box?lang=en")
    page.locator("summary").click()
    for label, value in (("From the left", "60"), ("From the top", "60"), ("Width", "20"), ("Height", "20")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("2 parts")
    place.shot(page, "box_phone")
    page.context.close()


def test_the_page_of_a_ticket_shows_before_and_after(place: Place) -> None:
    page = place.staff(place.window(DESKTOP), "supervisor")
    page.goto(f"{place.town.url}/staff/tickets/{place.number}")
    expect(page.locator(".evidence-pair")).to_contain_text("第1次答复")
    assert serious(page) == []
    place.shot(page, "staff_ticket")
    page.context.close()
