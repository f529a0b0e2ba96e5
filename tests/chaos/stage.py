"""What a scenario is given, and what it gives back."""

from __future__ import annotations

import asyncio
import math
import random
import signal
import sqlite3
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import oracle
from tests.chaos.desks import Desk, Nursery
from tests.chaos.driver import WECHAT_PATIENCE, Driver, Message
from tests.chaos.oracle import Ask, Verdict, Violation
from tests.chaos.people import Crowd
from tests.chaos.platforms import Platforms

OPEN = "SELECT count(*) FROM push WHERE state IN ('waiting', 'ready', 'resting', 'sending')"
CARDS = "SELECT count(*) FROM timer WHERE kind = 'card'"
DUE = "SELECT count(*) FROM timer WHERE due_at <= {micros}"


def left_to_do(ask: Ask, shift: float) -> int:
    """What a running desk has still to send or to fire. ``shift``: seconds by which its clock is moved."""
    due = DUE.format(micros=int((time.time() + shift) * 1_000_000))
    return sum(int(ask(sql)[0][0]) for sql in (OPEN, CARDS, due))


@dataclass(slots=True)
class Size:
    """How much a scenario does. ``until``: monotonic seconds at which what is done again and again is enough."""

    kills: int
    per_second: float = 200.0
    patience: float = WECHAT_PATIENCE
    factor: float = 1.0
    until: float = math.inf

    def times(self, usual: int, least: int = 1) -> int:
        """So many, fewer in the slice and more in the long run."""
        return max(least, round(usual * self.factor))

    @property
    def over(self) -> bool:
        """Whether it is enough."""
        return time.monotonic() >= self.until


@dataclass(slots=True)
class Result:
    """What a scenario found. ``caught``: for a negative control, whether the oracle saw what was broken on purpose."""

    name: str
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    caught: bool | None = None
    seconds: float = 0.0
    not_run: str = ""

    @property
    def well(self) -> bool:
        """Whether every promise was kept, or a broken one was noticed where that was asked."""
        return self.caught if self.caught is not None else not self.violations

    def add(self, verdict: Verdict) -> None:
        """Count what the oracle found in one desk."""
        self.violations += verdict.violations
        for name in (
            "acknowledged",
            "lost",
            "tickets",
            "duplicate_tickets",
            "pushes",
            "lost_pushes",
            "unclear_pushes",
            "duplicate_pushes",
            "misordered",
        ):
            self.figures[name] = self.figures.get(name, 0) + getattr(verdict, name)


@dataclass(slots=True)
class Stage:
    """Where a scenario plays: a folder, a nursery of desks, chance, and somebody who watches how far it is."""

    folder: Path
    nursery: Nursery
    seed: int
    size: Size
    step: Callable[[str], object]
    name: str = ""

    def chance(self, *about: object) -> random.Random:
        """Chance that is the same for the same seed, and another for everything it is about."""
        return random.Random(f"{self.seed}:{self.name}:{about}")

    @asynccontextmanager
    async def play(self, name: str, settings: Mapping[str, str] | None = None, **crowd: Any) -> AsyncIterator[Play]:
        """A desk that is not started yet, its platforms and its driver."""
        async with AsyncExitStack() as opened:
            platforms = await opened.enter_async_context(Platforms())
            data = self.folder / f"{self.name}-{name}"
            desk = Desk(self.nursery, data, {**platforms.settings, **(settings or {})}, name=name)
            opened.push_async_callback(desk.end)
            chance = self.chance(name)
            people = Crowd(name, random.Random(chance.random()), **crowd)
            driver = Driver([desk.url], people, chance, patience=self.size.patience)
            await opened.enter_async_context(driver)
            yield Play(desk, platforms, driver, chance)


@dataclass(slots=True)
class Play:
    """One desk, its platforms, the driver that speaks for its residents."""

    desk: Desk
    platforms: Platforms
    driver: Driver
    chance: random.Random

    @property
    def database(self) -> Path:
        """The desk's SQLite file."""
        return self.desk.data / "minsheng.db"

    async def first_start(self, **how: Any) -> None:
        """Start a desk for the first time: its database is made."""
        await self.desk.start(**how)
        assert await self.desk.ready(), self.desk.tail()

    async def acked_again(self, since: float, seconds: float = 60.0) -> float | None:
        """Wait for the first acknowledgement after a moment; how long it took, None when the desk ended before."""
        answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def heard(message: Message) -> None:
            if not answered.done() and message.acked_at >= since:
                answered.set_result(message.acked_at - since)

        self.driver.heard = heard
        ended = asyncio.ensure_future(self.desk.gone(seconds))
        try:
            await asyncio.wait((answered, ended), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return answered.result() if answered.done() else None
        finally:
            ended.cancel()
            self.driver.heard = lambda _message: None

    async def acknowledged(self, count: int, seconds: float = 60.0) -> None:
        """Wait until so many messages have been acknowledged from now on. Raises TimeoutError."""
        there = asyncio.Event()
        heard = 0

        def count_one(_message: Message) -> None:
            nonlocal heard
            heard += 1
            if heard >= count:
                there.set()

        self.driver.heard = count_one
        await asyncio.wait_for(there.wait(), seconds)

    async def quiet(self, seconds: float = 60.0, also: Callable[[], Awaitable[bool]] | None = None) -> bool:
        """Wait until the running desk has nothing left to send; whether that came true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._open() == 0 and (also is None or await also()):
                return True
            await asyncio.sleep(0.1)
        return False

    def _open(self) -> int:
        with oracle.sqlite(self.database) as ask:
            return left_to_do(ask, self.driver.shift) + len(oracle.waiting(self.desk.data / "spool"))

    async def judged(self, *, settled: bool = False, whole: bool = False, faulty: bool = False) -> Verdict:
        """What the oracle says of the desk, which must not be running."""
        assert not self.desk.alive, "the oracle looks at desks that do not run"
        return await asyncio.to_thread(self._judged, settled, whole, faulty)

    def _judged(self, settled: bool, whole: bool, faulty: bool) -> Verdict:
        with oracle.sqlite(self.database) as ask:
            verdict = oracle.judge(
                ask,
                self.driver.ledger,
                self.platforms.arrived,
                settled=settled,
                media=self.desk.data / "media",
                spool=None if settled else self.desk.data / "spool",
                faulty=faulty,
            )
        if whole:
            oracle.well_formed(self.database, verdict)
        return verdict

    async def settled(self, seconds: float = 90.0, *, faulty: bool = False) -> Verdict:
        """Let everybody come to an end, stop the desk gently, and judge it."""
        await self.driver.finish(seconds)
        quiet = await self.quiet(seconds)
        code = await self.desk.end(_TERM)
        verdict = await self.judged(settled=quiet, whole=True, faulty=faulty)
        if not quiet:
            with oracle.sqlite(self.database) as ask:
                verdict.add("I5", "not sent in time", [f"{ask(OPEN)[0][0]} pushes"])
        verdict.add("I9", "audit verify", await self.desk.recorded())
        if code:
            verdict.add("DB", "a gentle stop ended badly", [code])
        return verdict


_TERM = signal.SIGTERM


def steer(path: Path, seconds: float) -> None:
    """Move the clock of a desk. In place: a mapped file that is cut short takes the process with it that reads it."""
    path.touch()
    with path.open("r+b") as file:
        file.write(struct.pack("<d", seconds))


def percentile(values: list[float], share: float) -> float:
    """The value below which so much of them lies; 0.0 of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def database_of(path: Path) -> sqlite3.Connection:
    """A connection that may break things."""
    return sqlite3.connect(path, isolation_level=None, timeout=10.0, check_same_thread=False)
