"""A real browser, a desk to talk to, and a look at what they say to each other."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.fakes.web_desk import WebDesk

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005000"
    "1ff56c7d2f10000000049454e44ae426082"
)
"""A photo of one pixel, as PNG."""
PLACE = {"latitude": 30.25, "longitude": 120.17, "accuracy": 12}
PATIENCE_MS = 15_000
"""How long the browser may take for anything; only a failure ever waits so long."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine; without one every test here says so, loudly."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        why = f"NO BROWSER TEST RAN: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
        pytest.skip(why)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Hosted:
    """The stand-in desk in a thread of its own. `do` runs something over there."""

    url: str
    desk: WebDesk
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Hosted]:
    """A small desk behind the real web chat."""
    started = threading.Event()
    box: list[Hosted] = []

    async def serve() -> None:
        desk = WebDesk(tmp_path, window=0.1)
        runner = web.AppRunner(desk.app(), shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        box.append(Hosted(f"http://{host}:{port}", desk, asyncio.get_running_loop(), asyncio.Event()))
        started.set()
        await box[0].stop.wait()
        await desk.stop()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(30)
    yield box[0]
    box[0].loop.call_soon_threadsafe(box[0].stop.set)
    thread.join(30)


@pytest.fixture
def desk_url(hosted: Hosted) -> str:
    """Where the desk under test is. Everything else only knows this address."""
    return hosted.url


@dataclass
class Visit:
    """A person with a browser: one page, and everything it complained about."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Type and press Enter."""
        self.page.locator("#text").fill(text)
        self.page.locator("#text").press("Enter")


@pytest.fixture
def visit(browser: Browser, desk_url: str) -> Iterator[Callable[..., Visit]]:
    """Opens the page on a phone; at the end it must have had nothing to complain about but a lost network."""
    visits: list[Visit] = []

    def open_(language: str = "zh-CN", width: int = 390, height: int = 844, **options: object) -> Visit:
        context = browser.new_context(
            locale=language,
            viewport={"width": width, "height": height},
            permissions=["microphone", "geolocation"],
            **{"geolocation": PLACE, **options},  # type: ignore[arg-type]  # what a test adds is checked by Playwright
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        found = Visit(context, page)
        visits.append(found)
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        page.on("console", lambda message: found.complaints.append(message.text) if message.type == "error" else None)
        page.goto(desk_url)
        return found

    yield open_
    for found in visits:
        found.context.close()
        assert [text for text in found.complaints if "Failed to load resource" not in text] == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skipped browser is not a passed one."""
    skipped = terminalreporter.stats.get("skipped", [])
    silent = [report.longrepr[-1] for report in skipped if "NO BROWSER TEST RAN" in str(report.longrepr)]
    if silent:
        terminalreporter.section("browser", sep="!", red=True, bold=True)
        terminalreporter.line(silent[0])
