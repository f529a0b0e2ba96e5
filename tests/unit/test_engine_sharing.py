"""What an engine does with leases and wakes of other workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.changes import Changes, Timer
from bot.domain.people import Address
from bot.message import Push, Reply
from bot.ports.waking import EVERYTHING, Wake
from bot.runtime.engine import Engine
from bot.runtime.leases import Leases
from tests.fakes.scripted_channel import ScriptedChannel
from tests.fakes.small_desk import RESIDENT, SmallDesk
from tests.unit.test_leases import Table


class Two:
    """Two engines of one desk: one store, one table of leases, a channel each to see who sends."""

    def __init__(self) -> None:
        self.small, self.table = SmallDesk(), Table()
        self.channels = [ScriptedChannel() for _ in range(2)]
        self.jobs: list[str] = []
        self.engines = [self._engine(number) for number in range(2)]

    def _engine(self, number: int) -> Engine:
        media: Any = None  # nothing is fetched here
        leases = Leases(self.table, self.small.clock, owner=f"w{number}")
        engine = Engine(self.small.desk, [self.channels[number]], media, lambda: 0, leases)

        async def job() -> int:
            self.jobs.append(f"w{number}")
            return 0

        engine.add("job", job, 30.0, lease="job")
        return engine

    async def commit(self, **what: Any) -> None:
        await self.small.store.commit(Changes(at=self.small.clock.now(), **what))


async def turns() -> None:
    """Let the loop turn for a while."""
    for _ in range(200):
        await asyncio.sleep(0)


@pytest.fixture
async def two() -> AsyncIterator[Two]:
    two = Two()
    for engine in two.engines:
        await engine.start()
    await turns()
    yield two
    for engine in two.engines:
        await engine.stop(1.0)


def push(key: str) -> Push:
    return Push(key=key, address=RESIDENT, reply=Reply(key), created_at=SmallDesk().clock.now())


async def test_a_wake_has_the_sender_of_the_channel_look_and_nobody_else_sends(two: Two) -> None:
    await two.commit(pushes=[push("p")])
    for engine in reversed(two.engines):
        engine.heard(Wake(pushes=("chat",)))
    await turns()
    assert [len(channel.delivered) for channel in two.channels] == [1, 0]


async def test_a_wake_of_another_channel_wakes_nobody(two: Two) -> None:
    await two.commit(pushes=[push("p")])
    two.engines[0].heard(Wake(pushes=("elsewhere",), later=(("elsewhere", two.small.clock.now()),)))
    await turns()
    assert not two.channels[0].delivered
    two.engines[0].heard(EVERYTHING)
    await turns()
    assert len(two.channels[0].delivered) == 1


async def test_a_timer_that_another_set_is_fired(two: Two) -> None:
    now = two.small.clock.now()
    timers = [Timer("rung", f"2603-{n}", now) for n in range(8)]
    await two.commit(timers=timers)
    for engine in two.engines:
        engine.heard(Wake(timer_at=now))
    await turns()
    assert not two.small.store.timers


async def test_a_job_is_done_by_one_of_them(two: Two) -> None:
    assert set(two.jobs) == {"w0"}


async def test_what_one_gives_back_at_its_end_the_other_has_at_once(two: Two) -> None:
    await two.engines[0].stop(1.0)
    two.engines[1].heard(Wake(leases=True))
    await turns()
    assert two.jobs[-1] == "w1"
    await two.commit(pushes=[push("p")])
    two.engines[1].heard(Wake(pushes=("chat",)))
    await turns()
    assert len(two.channels[1].delivered) == 1


async def test_whoever_has_pages_open_hears_for_whom_something_is_kept(two: Two) -> None:
    kept: list[Address] = []
    two.engines[1].kept.append(kept.append)
    two.engines[1].heard(Wake(kept=(str(RESIDENT),)))
    assert kept == [RESIDENT]
