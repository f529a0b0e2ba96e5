"""How long it takes to forget somebody among many tickets, and how long anybody must wait for it meanwhile.

``python -m bench.forgetting FOLDER`` works on a data folder made by ``demo-data``; it is changed.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path

from bot.changes import Changes
from bot.clock import FixedClock, SystemClock
from bot.conversation.session import Session, blank
from bot.domain.people import Address
from bot.forgotten import ForgottenList
from bot.runtime.forgetter import Forgetter
from storage.forgetting import Erasure
from storage.media import MediaFolder
from storage.store import SqliteStore


async def measured(folder: Path) -> None:
    """Print seconds for each step, and the longest that a small write waited during it."""
    clock = FixedClock(SystemClock().now())
    store = await SqliteStore.open("", folder, clock=clock)
    worst = 0.0

    async def others() -> None:
        nonlocal worst
        while True:
            began = time.perf_counter()
            await store.commit(Changes(at=clock.now()))
            worst = max(worst, time.perf_counter() - began)
            await asyncio.sleep(0.01)

    async def step(name: str, work: Awaitable[object]) -> None:
        nonlocal worst
        worst, began = 0.0, time.perf_counter()
        await work
        await store.commit(Changes(at=clock.now()))
        await asyncio.sleep(0.02)  # whoever waited till now has been counted
        print(f"{name:<28} {time.perf_counter() - began:8.2f} s   others waited {worst * 1000:6.0f} ms at most")

    try:
        began, count = time.perf_counter(), 0
        while done := await store.index_words(512):
            count += done
        print(f"{count:,} texts indexed in {time.perf_counter() - began:.1f} s; {folder / 'minsheng.db'}")
        (row,) = await store._readers.rows(
            "SELECT address FROM reporter WHERE role = 'filer' GROUP BY address ORDER BY count(*) DESC LIMIT 1"
        )
        who = Address.parse(row[0])
        writing = asyncio.create_task(others())
        left = blank(await store.reader.session(who) or Session(address=who), clock.now())
        gone = Changes(at=clock.now(), session=Session(address=who, seq=left.seq + 1), erased=[who])
        await step("asked (one transaction)", store.commit(gone))
        clock.at += timedelta(hours=25)
        list_ = ForgottenList(folder, b"k" * 32)
        work: Forgetter[Erasure] = Forgetter(
            store=store.personal,
            media=MediaFolder(folder / "media"),
            clock=clock,
            list=list_,
            exports=folder / "exports",
            hour=lambda _at: 3,
        )
        (erasure,) = await store.personal.erasures()
        await step("fences", store.personal.fence(erasure, list_.digest, "erased:bench", work._rest))
        erasures = await store.personal.erasures()
        await step("walk through all tables", store.personal.sweep(erasures, work._rest))
        await step("search index", store.personal.clearing.clear_search(erasures[0].tickets, work._rest))
        await store.personal.cleared([erasures[0].id])
        await step("every page anew (VACUUM)", store.personal.clearing.compact())
        writing.cancel()
        whole = re.compile(rb"(?<![0-9A-Za-z_-])" + re.escape(who.id.encode()) + rb"(?![0-9A-Za-z_-])")
        left_over = len(whole.findall((folder / "minsheng.db").read_bytes()))
        print(f"{len(erasures[0].tickets)} tickets of theirs; {left_over} copies of {who} left")
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(measured(Path(sys.argv[1])))
