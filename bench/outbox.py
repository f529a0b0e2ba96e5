"""How fast the outbox empties: to a platform that takes everything, and to one that limits.

The engine runs inside this process, with the real store (full sync) and the real sender. A push counts when the
database says that it was sent. Telegram is a process of its own on loopback; what it refused it counts itself.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.contestants import BOT_TOKEN, ROOT, Field
from bench.figures import median
from bench.hall import CHAT, Hall, hall
from bench.load import LoadError
from bench.process import Process, free_port
from bot.changes import Changes
from bot.channels.telegram import Telegram
from bot.channels.telegram.settings import TelegramSettings
from bot.domain.people import Address
from bot.message import Choice, Delivered, Delivery, Lane, Push, Reply
from bot.ports import Channel, Clock, Fetched, NoPace, Pace, Traits, Unfetchable
from storage.store import FILE

LIMIT = 30
"""What the limiting platform takes a second."""

WARM_SECONDS = 10
_PATIENCE = 120.0
_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Rate:
    """Pushes a second, and this process's own processor time for each in us."""

    per_second: float
    cpu_us: float


class Free:
    """A channel whose platform takes everything at once. What it is called is up to whoever opens it."""

    traits: Traits = CHAT

    def __init__(self, name: str = "free") -> None:
        self.name = name
        self.pace: Pace = NoPace()
        self.delivered = 0

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """It is there."""
        await asyncio.sleep(0)  # as little as a platform can take
        self.delivered += 1
        return Delivered(f"{push.address.id}-{self.delivered}")

    async def fetch(self, ref: str) -> Fetched | Unfetchable:
        """Nobody sends files here."""
        return Unfetchable("refused")

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""


def run(
    folder: Path, pushes: int, rounds: int, seconds: int, step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Pushes a second, as medians over rounds; with a limit for so many seconds after warming up. Raises LoadError."""
    return asyncio.run(_run(folder, pushes, rounds, seconds, step))


def steps(rounds: int) -> int:
    """How often `run` calls ``step``."""
    return 2 * rounds + 1


async def _run(folder: Path, pushes: int, rounds: int, seconds: int, step: Callable[[str], None]) -> dict[str, Any]:
    free: list[_Rate] = []
    telegram: list[_Rate] = []
    with _api(folder, "unlimited", 0) as api:
        for number in range(rounds):
            step(f"no limit: round {number + 1} of {rounds}")
            free.append(await _unlimited(folder / f"free-{number}", pushes, lambda _: Free()))
            step(f"Telegram without a limit: round {number + 1} of {rounds}")
            bot = _telegram(api)
            telegram.append(await _unlimited(folder / f"telegram-{number}", pushes // 5, bot))
    step(f"Telegram with {LIMIT} a second")
    with _api(folder, "limited", LIMIT) as api:
        limited = await _limited(folder / "limited", api, seconds)
    return {
        "pushes": pushes,
        "free": median([rate.per_second for rate in free]),
        "telegram": median([rate.per_second for rate in telegram]),
        "cpu_us": {"free": median([r.cpu_us for r in free]), "telegram": median([r.cpu_us for r in telegram])},
        "per_round": {
            "free": [round(rate.per_second) for rate in free],
            "telegram": [round(rate.per_second) for rate in telegram],
        },
        "limited": limited,
        "wanted": f"free >= 2000, limited {LIMIT} within 5 %, none refused after the warm-up",
        "verified": True,
        "units": "pushes/s",
    }


async def _unlimited(folder: Path, pushes: int, channel: Callable[[Clock], Channel]) -> _Rate:
    """How fast, with one push for each person, until the last is written down as sent. Raises LoadError."""
    async with _ready(folder, channel, pushes, Lane.REPLY) as (desk, _):
        spent, began = time.process_time(), time.perf_counter()
        await desk.engine.start()
        until = began + _PATIENCE
        while (sent := _sent(folder)) < pushes:
            if time.perf_counter() > until:
                raise LoadError(f"only {sent} of {pushes} pushes were sent within {_PATIENCE:.0f} s")
            await asyncio.sleep(0.02)
        took, spent = time.perf_counter() - began, time.process_time() - spent
        await desk.engine.stop(5.0)
    return _Rate(pushes / took, spent / pushes * 1e6)


async def _limited(folder: Path, api: Process, seconds: int) -> dict[str, Any]:
    """The platform's own count of what it took and refused, by its own clock, in the warm-up and after it."""
    pushes = LIMIT * (WARM_SECONDS + seconds) * 3 // 2
    async with _ready(folder, _telegram(api), pushes, Lane.NOTICE) as (desk, _):
        before = await asyncio.to_thread(_counted, api)
        await desk.engine.start()
        await asyncio.sleep(WARM_SECONDS)
        warm = await asyncio.to_thread(_counted, api)
        await asyncio.sleep(seconds)
        after = await asyncio.to_thread(_counted, api)
        await desk.engine.stop(5.0)
        sent, told = _sent(folder), await asyncio.to_thread(_counted, api)
    if sent != told["sent"]:
        raise LoadError(f"{sent} pushes are written down as sent, the platform took {told['sent']}")
    return {
        "per_second": round((after["sent"] - warm["sent"]) / (after["at"] - warm["at"]), 2),
        "refused": after["refused"] - warm["refused"],
        "refused_warming_up": warm["refused"] - before["refused"],
        "per_second_warming_up": round((warm["sent"] - before["sent"]) / (warm["at"] - before["at"]), 2),
        "seconds": seconds,
        "limit": LIMIT,
    }


@asynccontextmanager
async def _ready(
    folder: Path, channel: Callable[[Clock], Channel], pushes: int, lane: Lane
) -> AsyncIterator[tuple[Hall, Channel]]:
    """An open desk with so many pushes in its outbox, each for somebody else."""
    opened: list[Channel] = []

    def channels(clock: Clock) -> Sequence[Channel]:
        opened.append(channel(clock))
        return opened

    async with hall(folder, channels) as desk:
        (its,) = opened
        now = desk.clock.now()
        for start in range(0, pushes, _BATCH):
            these = range(start, min(start + _BATCH, pushes))
            await desk.store.commit(Changes(at=now, pushes=[_push(its.name, n, lane, now) for n in these]))
        await its.start()
        try:
            yield desk, its
        finally:
            await its.stop()


def _push(channel: str, number: int, lane: Lane, now: datetime) -> Push:
    ticket = f"261118-{number:05d}"
    text = f"您反映的“路灯坏了”（编号{ticket}）已由市城市管理局接办，最迟11月25日18:00答复您。"
    reply = Reply(text, (Choice(f"{ticket}:status", "查进度"), Choice(f"{ticket}:mute", "少通知")), ticket=ticket)
    address = Address(channel, str(500_000_000 + number))
    return Push(key=f"bench:{number}", address=address, reply=reply, created_at=now, lane=lane, ticket=ticket)


def _sent(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM push WHERE state = 'sent'").fetchone()[0])


def _telegram(api: Process) -> Callable[[Clock], Channel]:
    base = f"http://127.0.0.1:{api.port}"
    settings = TelegramSettings(token=BOT_TOKEN, mode="polling", api_base=base, file_base=f"{base}/file")
    return lambda clock: Telegram(settings, clock)


def _api(folder: Path, name: str, limit: int) -> Process:
    """A Bot API that takes so many messages a second (0: any number)."""
    port, field = free_port(), Field(folder, folder)
    command = (field.python, "-m", "bench.rivals.fake_telegram", "--port", str(port), "--limit", str(limit))
    return Process(name, command, port, folder, cwd=ROOT)


def _counted(api: Process) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{api.port}/count", timeout=10) as answer:
        counted: dict[str, Any] = json.loads(answer.read())
        return counted
