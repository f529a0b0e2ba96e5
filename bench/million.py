"""An outbox of a million rows on both databases: taking the next ones, an urgent push, a start with all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.contestants import Field
from bench.figures import machine, median
from bench.hall import CHAT, hall
from bench.load import LoadError
from bench.outbox import Free
from bench.workers import new_database, postgres_server
from bot.changes import Changes
from bot.domain.people import Address
from bot.message import Delivered, Delivery, Lane, Push, Reply
from bot.ports import PushOutcome, Traits
from storage.sql_store import SqlStore

NAME = "crowd"
EACH = 5
"""Pushes of one person."""

_AT_ONCE = 1_000
_CLAIMED = 128
_CLAIMS = 200
_URGENT = 10


class Noting(Free):
    """Takes everything, and notes when what is urgent came."""

    traits: Traits = CHAT

    def __init__(self) -> None:
        super().__init__(NAME)
        self.came: dict[str, float] = {}

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """It is there."""
        if push.lane is Lane.URGENT:
            self.came[push.key] = time.perf_counter()
        await asyncio.sleep(0)
        self.delivered += 1
        return Delivered(f"{self.delivered}")


@dataclass(frozen=True, slots=True)
class _Times:
    claims: list[float]
    urgent: list[float]


def steps() -> int:
    """How often `run` calls ``step``."""
    return 6


def run(field: Field, pushes: int, step: Callable[[str], None]) -> dict[str, Any]:
    """Claims in ms, urgent pushes and starts in s. Raises LoadError."""
    result: dict[str, Any] = {}
    with postgres_server(field.folder) as server:
        for name in ("sqlite", "postgres"):
            url = new_database(server, "desk") if name == "postgres" else ""
            folder = field.folder / f"million-{name}"
            step(f"{name}: fill")
            times = asyncio.run(_times(folder, url, pushes, partial(_told, step, name)))
            step(f"{name}: start")
            result[name] = {
                "claim_p50_ms": median(times.claims, 2),
                "claim_p99_ms": round(sorted(times.claims)[int(len(times.claims) * 0.99)], 2),
                "urgent_max_s": round(max(times.urgent), 3),
                "first_answer_s": _first_answer(field, folder, url),
            }
    return {**result, "pushes": pushes, "machine": machine(field.folder)}


def _told(step: Callable[[str], None], name: str, what: str) -> None:
    step(f"{name}: {what}")


async def _times(folder: Path, url: str, pushes: int, step: Callable[[str], None]) -> _Times:
    channel = Noting()
    async with hall(folder, lambda _: [channel], url=url) as desk:
        now = desk.clock.now()
        for start in range(0, pushes, _AT_ONCE):
            many = [_push(n // EACH, n % EACH, now) for n in range(start, min(start + _AT_ONCE, pushes))]
            await desk.store.commit(Changes(at=now, pushes=many))
        step("claim and send")
        claims = [await _claim(desk.store, desk.clock.now()) for _ in range(_CLAIMS)]
        await desk.engine.start()
        urgent = []
        for n in range(_URGENT):
            await asyncio.sleep(0.5)
            began, now = time.perf_counter(), desk.clock.now()
            to = Address(NAME, f"hurry-{n}")
            push = Push(key=f"urgent:{n}", address=to, reply=Reply("!"), created_at=now, lane=Lane.URGENT)
            changes = Changes(at=now, pushes=[push])
            await desk.store.commit(changes)
            desk.engine.committed(changes)
            while push.key not in channel.came:
                if time.perf_counter() - began > 60:
                    raise LoadError("an urgent push did not leave within a minute")
                await asyncio.sleep(0.005)
            urgent.append(channel.came[push.key] - began)
        await desk.engine.stop(5.0)
    return _Times(claims, urgent)


async def _claim(store: SqlStore, now: Any) -> float:
    """Milliseconds to take some; they are written down as sent afterwards."""
    began = time.perf_counter()
    claimed = await store.claim_pushes(NAME, now, _CLAIMED)
    took = (time.perf_counter() - began) * 1e3
    if len(claimed) != _CLAIMED:
        raise LoadError(f"{len(claimed)} pushes were there to be taken")
    await store.settle_pushes([PushOutcome(one.id, "sent", now, "m") for one in claimed])
    return took


def _first_answer(field: Field, folder: Path, url: str) -> float:
    """Seconds from the start of the process to the first answer."""
    contestant = field.product(f"start-{folder.name}", data=folder)
    if url:
        contestant.process.env = {**contestant.process.env, "MINSHENG_STORAGE__URL": url}
    with contestant.process:
        contestant.check()
        return round(contestant.answered_at - contestant.process.started_at, 2)


def _push(person: int, number: int, now: Any) -> Push:
    text = f"您反映的“路灯坏了”（编号261118-{person:06d}）已由市城市管理局接办，最迟11月25日18:00答复您。"
    address = Address(NAME, str(500_000_000 + person))
    return Push(key=f"bench:{person}:{number}", address=address, reply=Reply(text), created_at=now, lane=Lane.NOTICE)
