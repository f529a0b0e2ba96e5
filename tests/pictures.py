"""The pictures of the README, taken from a made-up town and a real browser. ``make pictures`` writes them anew."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.catalogue import Catalogue
from bot.clock import SystemClock
from bot.console.filling import write_year
from bot.domain.boards import periods
from bot.domain.guide import Guide
from bot.drawings.drawing import png_of
from bot.townfile import SAMPLE, load_town
from bot.turn import Voice
from handlers.reckoning import board_of, heat_of
from handlers.supervisor import picturing
from storage.beside import reading
from storage.store import FILE
from tests.browser.conftest import ARGUMENTS, NAMES, PATIENCE_MS
from tests.fakes.desk_process import DeskProcess

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
LARGEST = 150_000
"""Bytes of a picture."""

TICKETS, SEED, UNTIL, MONTH = 3000, 1, datetime(2026, 9, 30, 16, tzinfo=UTC), "2026-08"
LANGUAGES = {"zh": ("zh_CN", "zh-CN"), "en": ("en", "en-US")}
SAID = {
    "zh": ("人民路的路灯坏了三天，晚上很黑", "确认"),
    "en": ("The street light on Renmin Road has been broken for three days", "confirm"),
}


def main() -> None:
    """Write all of them."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        sys.exit(f"none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(drawn(Path(folder)))
        expect.set_options(timeout=2 * PATIENCE_MS)
        with (
            DeskProcess(Path(folder) / "desk", {"MINSHENG_WEB__PORT": "8080"}) as desk,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
            for name in LANGUAGES:
                conversation(browser, desk.url, name)
                demonstration(browser, desk.url, name)
            browser.close()


async def drawn(folder: Path) -> None:
    """Board and heat map of a month of a made-up year."""
    guide, catalogue = Guide.of(load_town(SAMPLE)), Catalogue.load(ROOT / "locales")
    (folder / "year").mkdir()
    write_year(folder / "year" / FILE, guide, TICKETS, SEED, UNTIL, 0, lambda _: None, SystemClock())
    period = periods.read(MONTH, guide.calendar.zone)
    assert period is not None
    async with reading("", folder / "year") as read:
        board = await board_of(read, guide, period, UNTIL)
        heat = await heat_of(read, guide, period)
    for name, (locale, _) in LANGUAGES.items():
        voice = Voice(catalogue.words(locale), locale, guide.town)
        sheet = picturing.board_sheet(voice, board, period)
        assert sheet is not None
        keep(f"board-{name}", png_of(sheet), 720)
        keep(f"heat-{name}", png_of(picturing.heat_sheets(voice, heat)[0]), 720)


def conversation(browser: Browser, url: str, name: str) -> None:
    """A resident on a phone: two messages make a ticket."""
    page = opened(browser, url, name, 390, 1360)
    for text in SAID[name]:
        page.locator("#text").fill(text)
        before = page.locator(".line.desk").count()
        page.locator("#text").press("Enter")
        expect(page.locator(".line.desk")).not_to_have_count(before)
        expect(page.locator(".typing")).to_have_count(0)
        page.wait_for_timeout(1000)  # the card comes after the quiet window
    keep(f"conversation-{name}", page.screenshot(), 0)
    page.context.close()


def demonstration(browser: Browser, url: str, name: str) -> None:
    """The three of them side by side, some steps on, the supervisor looking at the boards."""
    page = opened(browser, f"{url.rstrip('/')}/demo", name, 1400, 860)
    page.locator("#restart").click()
    expect(page.locator("body")).to_have_attribute("aria-busy", "false")
    for step in range(6):
        page.locator("#step").click()
        expect(page.locator("#where")).to_have_text(f"{step + 2}/19")
        expect(page.locator("body")).to_have_attribute("aria-busy", "false")
    boss = page.locator(".part").nth(2)
    boss.locator("input").fill("热力图" if name == "zh" else "heatmap")
    boss.locator("input").press("Enter")
    expect(boss.locator("img.drawn").first).to_be_visible()
    boss.locator("img.drawn").first.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    keep(f"demo-{name}", page.screenshot(), 0)
    page.context.close()


def opened(browser: Browser, url: str, name: str, width: int, height: int) -> Page:
    """A page in one of the languages."""
    context = browser.new_context(
        locale=LANGUAGES[name][1], viewport={"width": width, "height": height}, color_scheme="light"
    )
    context.set_default_timeout(2 * PATIENCE_MS)
    page = context.new_page()
    page.goto(url)
    return page


def keep(name: str, png: bytes, width: int) -> None:
    """Write a picture, smaller where a width is given, with few colours and nothing in it but the picture."""
    with Image.open(BytesIO(png)) as image:
        whole = image.convert("RGB")
    if width:
        whole = whole.resize((width, round(whole.height * width / whole.width)), Image.Resampling.LANCZOS)
    path = FOLDER / f"{name}.png"
    whole.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, "PNG", optimize=True)
    size = path.stat().st_size
    sys.stdout.write(f"{path.relative_to(ROOT)}  {size:,} bytes\n")
    assert size < LARGEST, f"{name} is too large"


if __name__ == "__main__":
    main()
