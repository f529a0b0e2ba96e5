"""Several workers of one desk on PostgreSQL, behind something that gives each message to any of them."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.chaos import oracle
from tests.chaos.clusters import Cluster, postgres
from tests.chaos.desks import Desk
from tests.chaos.driver import Driver
from tests.chaos.oracle import Verdict
from tests.chaos.people import Crowd
from tests.chaos.platforms import Platforms
from tests.chaos.stage import Stage, left_to_do

LEASE = 3.0
"""Seconds of a lease, where one is not to be waited for: fifteen in life."""

HOLDERS = "SELECT name, owner FROM lease WHERE owner <> ''"


@dataclass(slots=True)
class Fleet:
    """Workers, their database, their platforms, and the driver."""

    workers: list[Desk]
    cluster: Cluster
    database: str
    platforms: Platforms
    driver: Driver
    chance: random.Random

    async def start(self, orders: str = "") -> None:
        """Start every worker that does not run, and wait for it. Raises AssertionError with its log."""
        idle = [worker for worker in self.workers if not worker.alive]
        for worker in idle:
            await worker.start(orders)
        for worker in idle:
            assert await worker.ready(), worker.tail()

    async def holder(self, lease: str) -> Desk | None:
        """The worker that has a lease."""
        owners = dict(await asyncio.to_thread(self._asked, HOLDERS))
        owner = str(owners.get(lease, "::"))
        return next((worker for worker in self.workers if f":{worker.pid}:" in owner), None)

    def _asked(self, sql: str) -> list[tuple[Any, ...]]:
        with postgres(self.database) as ask:
            return list(ask(sql))

    async def quiet(self, seconds: float) -> bool:
        """Wait until nothing is left to be sent; whether that came true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not await asyncio.to_thread(self._open):
                return True
            await asyncio.sleep(0.2)
        return False

    def _open(self) -> int:
        spooled = sum(len(oracle.waiting(worker.data / "spool")) for worker in self.workers)
        with postgres(self.database) as ask:
            return left_to_do(ask, self.driver.shift) + spooled

    async def settled(self, seconds: float = 90.0, *, faulty: bool = False, spools: bool = False) -> Verdict:
        """Let everybody come to an end, stop all workers gently, and judge the desk."""
        await self.driver.finish(seconds)
        quiet = await self.quiet(seconds)
        codes = await asyncio.gather(*(worker.end(signal.SIGTERM) for worker in self.workers))
        verdict = await asyncio.to_thread(self._judged, quiet, faulty, spools)
        verdict.add("I9", "audit verify", await self.workers[0].recorded())
        verdict.add("DB", "a gentle stop ended badly", [code for code in codes if code])
        if not quiet:
            verdict.add("I5", "not sent in time", ["pushes"])
        return verdict

    def _judged(self, settled: bool, faulty: bool, spools: bool) -> Verdict:
        with postgres(self.database) as ask:
            return oracle.judge(
                ask, self.driver.ledger, self.platforms.arrived, settled=settled, faulty=faulty, spools=spools
            )


@asynccontextmanager
async def fleet(
    stage: Stage, name: str, workers: int, settings: Mapping[str, str] | None = None, **crowd: Any
) -> AsyncIterator[Fleet]:
    """Workers that are not started yet, on a server of their own."""
    async with AsyncExitStack() as opened:
        cluster = await opened.enter_async_context(Cluster(stage.nursery, stage.folder / f"{stage.name}-{name}-server"))
        platforms = await opened.enter_async_context(Platforms())
        database = await cluster.database()
        shared = {
            **platforms.settings,
            "MINSHENG_STORAGE__URL": database,
            "MINSHENG_STORAGE__LEASE_SECONDS": str(LEASE),
            **(settings or {}),
        }
        desks = [
            Desk(stage.nursery, stage.folder / f"{stage.name}-{name}-{number}", shared, name=f"{name}{number}")
            for number in range(workers)
        ]
        for desk in desks:
            opened.push_async_callback(desk.end)
        chance = stage.chance(name)
        people = Crowd(name, random.Random(chance.random()), **crowd)
        driver = Driver([desk.url for desk in desks], people, chance, patience=stage.size.patience)
        await opened.enter_async_context(driver)
        yield Fleet(desks, cluster, database, platforms, driver, chance)
