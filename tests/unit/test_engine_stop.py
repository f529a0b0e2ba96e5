"""How a desk ends: nothing new is begun, what is under way is waited for and written down; and how it begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.changes import Changes
from bot.errors import StoreUnavailable
from bot.message import Push, Reply
from bot.runtime.engine import Engine
from storage.media import MediaFolder
from tests.fakes.scripted_channel import ScriptedChannel
from tests.fakes.small_desk import RESIDENT, SmallDesk


def engine_of(small: SmallDesk, channel: ScriptedChannel, folder: Path) -> Engine:
    return Engine(small.desk, [channel], MediaFolder(folder), lambda: 1000)


def push(small: SmallDesk, key: str) -> Push:
    return Push(key=key, address=RESIDENT, reply=Reply(key), created_at=small.clock.now())


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110  # what changes has no event
            await asyncio.sleep(0.001)


async def test_a_push_that_is_under_way_is_waited_for_and_none_is_begun(tmp_path: Path) -> None:
    small, channel = SmallDesk(), ScriptedChannel(gate=asyncio.Event())
    engine = engine_of(small, channel, tmp_path)
    await small.store.commit(Changes(pushes=[push(small, "first")]))
    await engine.start()
    await until(lambda: channel.delivered)
    stopping = asyncio.create_task(engine.stop(20))
    await asyncio.sleep(0.01)
    assert engine.problems() == ["the desk is stopping"]
    late = Changes(pushes=[push(small, "second")])
    await small.store.commit(late)
    engine.committed(late)
    assert channel.gate is not None
    channel.gate.set()
    await stopping
    assert small.store.states == {"first": "sent", "second": "ready"}


async def test_a_push_that_does_not_end_in_time_stays_marked_as_begun(tmp_path: Path) -> None:
    small, channel = SmallDesk(), ScriptedChannel(gate=asyncio.Event())
    engine = engine_of(small, channel, tmp_path)
    await small.store.commit(Changes(pushes=[push(small, "first")]))
    await engine.start()
    await until(lambda: channel.delivered)
    await engine.stop(0.3)
    assert small.store.states == {"first": "started"}


async def test_with_the_database_away_it_begins_when_that_is_there(tmp_path: Path) -> None:
    small, channel = SmallDesk(), ScriptedChannel()
    engine = engine_of(small, channel, tmp_path)
    there = asyncio.Event()

    async def first() -> int:
        if not there.is_set():
            raise StoreUnavailable
        return 0

    engine.begin_with(first)
    await small.store.commit(Changes(pushes=[push(small, "first")]))
    await engine.start()
    assert engine.problems() == ["the database has been away since the start"]
    assert channel.delivered == []
    there.set()
    await until(lambda: channel.delivered)
    assert engine.problems() == []
    await engine.stop(5)
