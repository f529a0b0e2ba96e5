"""Workers on one PostgreSQL: copies of messages to any of them, workers that die or stand still (F7, F23, G4, G5)."""

from __future__ import annotations

import asyncio
import signal
import time

from tests.chaos.desks import Desk
from tests.chaos.driver import Message
from tests.chaos.fleet import LEASE, Fleet, fleet
from tests.chaos.oracle import Violation
from tests.chaos.people import Resident
from tests.chaos.stage import Result, Stage, percentile

WORKERS = 4
MESSAGES = 10_000
COPIES = 3
AT_ONCE = 48
ZOMBIES, KILLS = 6, 10
TAKEN_OVER = 35.0
"""Seconds after which another worker must have gone on, with the leases of life; here they are shorter."""


async def copies(stage: Stage) -> Result:
    """Of every message three copies, at the same time and in any order, to any worker."""
    result = Result("four-workers")
    async with fleet(stage, "copies", WORKERS, telegram=0.25) as desk:
        await desk.start()
        wanted, slots = stage.size.times(MESSAGES), asyncio.Semaphore(AT_ONCE)

        async def talk(resident: Resident) -> None:
            async with slots:
                while resident.script:
                    message = desk.driver.message(resident, resident.script.popleft())
                    await asyncio.gather(*(desk.driver.deliver(message) for _ in range(COPIES - 1)))
                    stage.step("message")

        talks = []
        while wanted > 0:
            resident = desk.driver.crowd.next()
            wanted -= len(resident.script)
            talks.append(asyncio.ensure_future(talk(resident)))
        await asyncio.gather(*talks)
        late = desk.driver.ledger.acked
        desk.chance.shuffle(late)

        async def again(message: Message) -> None:
            async with slots:
                await desk.driver.deliver(message)

        await asyncio.gather(*(again(message) for message in late))
        verdict = await desk.settled(spools=True)
        result.add(verdict)
        tries = sum(message.tries for message in desk.driver.ledger.messages)
        result.figures |= {
            "messages": len(desk.driver.ledger.messages),
            "copies sent": tries,
            "answered late": verdict.late,
            "order of two spools swapped": verdict.swapped,
        }
    return result


async def zombies(stage: Stage) -> Result:
    """The worker that sends is stopped in its tracks, another takes over, and the first wakes up; others are killed."""
    result = Result("zombies")
    taken: list[float] = []
    async with fleet(stage, "zombies", WORKERS - 1, telegram=0.5) as desk:
        await desk.start()
        ending = False
        load = asyncio.ensure_future(desk.driver.load(stage.size.per_second / 4, lambda: ending))
        try:
            for number in range(stage.size.times(ZOMBIES)):
                lease = ("channel:telegram", "channel:wechat")[number % 2]
                taken.append(await _stopped(desk, lease, result))
                stage.step("zombie")
            for _ in range(stage.size.times(KILLS)):
                taken.append(await _killed(desk, result))
                stage.step("kill")
        finally:
            ending = True
            for worker in desk.workers:
                worker.tell(signal.SIGCONT)
            await load
        await desk.start()
        verdict = await desk.settled(spools=True)
        result.add(verdict)
        result.figures |= {
            "order of two spools swapped": verdict.swapped,
            "stopped and woken": stage.size.times(ZOMBIES),
            "kills": stage.size.times(KILLS),
            "taken over p50 s": round(percentile(taken, 0.5), 1),
            "taken over max s": round(max(taken), 1),
            "lease s": LEASE,
        }
    return result


async def _stopped(desk: Fleet, lease: str, result: Result) -> float:
    worker = await _holder(desk, lease)
    began = time.monotonic()
    worker.tell(signal.SIGSTOP)
    took = await _taken_over(desk, lease, worker.pid, began, result)
    await asyncio.sleep(desk.chance.uniform(0.2, 1.0))
    worker.tell(signal.SIGCONT)  # it believes that nothing has happened
    await asyncio.sleep(desk.chance.uniform(0.5, 1.5))
    return took


async def _killed(desk: Fleet, result: Result) -> float:
    lease = "channel:telegram"
    worker = await _holder(desk, lease)
    pid, began = worker.pid, time.monotonic()
    await worker.end()
    took = await _taken_over(desk, lease, pid, began, result)
    await worker.start()
    await worker.ready()
    return took


async def _holder(desk: Fleet, lease: str, not_again: int = 0) -> Desk:
    """The worker that has a lease, once it is another than that of a pid. Raises TimeoutError."""
    async with asyncio.timeout(TAKEN_OVER):
        while True:
            worker = await desk.holder(lease)
            if worker is not None and worker.pid != not_again:
                return worker
            await asyncio.sleep(0.1)


async def _taken_over(desk: Fleet, lease: str, before: int, began: float, result: Result) -> float:
    try:
        await _holder(desk, lease, before)
    except TimeoutError:
        result.violations.append(Violation("G4", f"nobody took over {lease}", 1, ()))
    return time.monotonic() - began
