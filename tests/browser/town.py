"""The whole desk behind its pages, in a thread of its own, with people on phones of their own and a clock to move; and
what a checker of accessibility says of a page."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Page

from tests.dialogue.phones import Phone
from tests.dialogue.stage import Stage, stage

T = TypeVar("T")
START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
"""A Wednesday, nine in the morning there."""

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
_AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
_RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(' | ')}`)"""


@dataclass
class Hosted:
    """A stage in another thread. `do` runs something over there and waits for it."""

    url: str
    stage: Stage
    loop: asyncio.AbstractEventLoop

    def do(self, act: Callable[[Stage], Awaitable[T]]) -> T:
        """What ``act`` gives, with everything settled that follows from it."""

        async def run() -> T:
            result = await act(self.stage)
            await self.stage.settle()
            return result

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    def phone(self, who: str, role: str = "", details: str = "", channel: str = "telegram") -> Phone:
        """A phone for somebody; with a role they have joined as that (``details``: ``unit=transport name=...``)."""

        async def open_(there: Stage) -> Phone:
            phone = there.phones[who] = await there.new_phone(channel)
            if role:
                await there.employ(phone, role, dict(pair.split("=", 1) for pair in details.split()))
            return phone

        return self.do(open_)


@contextmanager
def hosted(folder: Path, channel: str = "telegram") -> Iterator[Hosted]:
    """A staffed desk with a resident's phone of that channel (``stage.phones["resident"]``)."""
    started, ended, box = threading.Event(), asyncio.Event(), list[Hosted]()

    async def serve() -> None:
        async with stage(channel, folder, START, staffed=True) as there:
            await there.open()
            box.append(Hosted(there.url, there, asyncio.get_running_loop()))
            started.set()
            await ended.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        if not started.wait(60):
            raise RuntimeError("the desk did not start")
        yield box[0]
    finally:
        if box:
            box[0].loop.call_soon_threadsafe(ended.set)
        thread.join(60)


def serious(page: Page) -> list[str]:
    """What axe-core finds serious or worse on a page, with where; nothing when all is well."""
    page.evaluate(_AXE)
    found: list[str] = page.evaluate(_RUN)
    return found
