"""The desk inside this process: the real store, router and dispatcher of an archive, and its people who type."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

from bench.contestants import ROOT
from bench.lives import AT, CHANNEL, guide
from bot.catalogue import COMMANDS_PREFIX, Catalogue
from bot.clock import SystemClock
from bot.domain.people import Address
from bot.domain.words import desk_word
from bot.message import InboundMessage, MessageKind, Reply
from bot.ports import Channel, Clock, Traits
from bot.runtime import memory
from bot.runtime.desk import Desk
from bot.runtime.engine import Engine
from bot.runtime.metrics import Metrics
from handlers.router import Router
from storage.media import MediaFolder
from storage.numbers import BlockNumbers
from storage.sql_store import SqlStore
from storage.stores import open_store

CHAT = Traits(answers_at_once=True, quiet_window=False, late_card=False, edits=False, buttons=True, text_limit=4_096)
"""A channel on which the answer is at hand when the turn is over."""


@dataclass(frozen=True, slots=True)
class Took:
    """How long an answer took, in ms by the clock on the wall, and the processor time of the process meanwhile."""

    wall: float
    cpu: float


class ArchiveClock(SystemClock):
    """A clock that runs on from a moment."""

    def __init__(self, at: datetime) -> None:
        self._shift = at - super().now()

    def now(self) -> datetime:
        """That moment and what has passed since."""
        return super().now() + self._shift


@dataclass(slots=True)
class Hall:
    """An open desk. It is `AT` when it opens, and time goes on from there."""

    store: SqlStore
    desk: Desk
    engine: Engine
    clock: ArchiveClock
    _keys: count[int] = field(default_factory=lambda: count(time.time_ns()))

    async def say(self, person: str, text: str) -> tuple[Reply, Took]:
        """The answer to a text, which is on disk then."""
        message = InboundMessage(
            address=Address(CHANNEL, person),
            key=str(next(self._keys)),
            kind=MessageKind.TEXT,
            at=self.clock.now(),
            text=text,
            raw=text.encode(),
        )
        cpu, began = time.process_time(), time.perf_counter()
        answer = await self.engine.dispatcher.take(message)
        took = Took((time.perf_counter() - began) * 1e3, (time.process_time() - cpu) * 1e3)
        assert answer.reply is not None, text
        return answer.reply, took


@asynccontextmanager
async def hall(
    folder: Path, channels: Callable[[Clock], Sequence[Channel]] = lambda _: (), at: datetime = AT, url: str = ""
) -> AsyncIterator[Hall]:
    """Open the desk of a data folder, or of a database of a server (``url``). Its workers are not started: that is for
    whoever wants them."""
    clock, catalogue, the = ArchiveClock(at), Catalogue.load(ROOT / "locales"), guide()
    store = await open_store(url, folder, clock=clock)
    try:
        router = Router(catalogue.vocabulary(desk_word), catalogue.vocabulary(desk_word, COMMANDS_PREFIX))
        opened = list(channels(clock))
        desk = Desk(
            store=store,
            clock=clock,
            numbers=BlockNumbers(store.take_numbers, the.town.timezone),
            guide=lambda: the,
            words=catalogue.words,
            traits={CHANNEL: CHAT, **{channel.name: channel.traits for channel in opened}},
            handle=router.handle,
            fire=router.fire,
            metrics=Metrics(channel.name for channel in opened),
        )
        engine = Engine(desk, opened, MediaFolder(folder / "media"), lambda: the.town.limits.file_max_bytes)
        memory.settle()
        yield Hall(store, desk, engine, clock)
    finally:
        await store.close()
