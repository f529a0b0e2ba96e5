"""What the running desk does about people's data by itself: forgets who asked for it, lets go what was kept enough."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.domain.guide import Guide
from bot.forgotten import KEY, ForgottenList
from bot.ports import Clock, MediaStock
from bot.retention_settings import RetentionSection
from bot.runtime.engine import Engine
from bot.runtime.forgetter import SECONDS, Forgetter, Shelf
from bot.runtime.housekeeper import SECONDS as ROUND_SECONDS
from bot.runtime.housekeeper import Housekeeper
from bot.runtime.metrics import Metrics, Sample
from bot.web.keys import key_in
from storage.personal import Personal
from storage.reader import SqlReader
from storage.retention import Retention


class Keeping(Protocol):
    """What of a store this needs."""

    @property
    def reader(self) -> SqlReader: ...
    @property
    def personal(self) -> Personal: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def shelf(self) -> Shelf: ...


def list_of(data: Path) -> ForgottenList:
    """The list of who was forgotten, beside the database. Raises OSError."""
    return ForgottenList(data, key_in(data, KEY))


class Discretion:
    """Both, and what the metrics say of them."""

    def __init__(
        self,
        store: Keeping,
        media: MediaStock,
        data: Path,
        clock: Clock,
        guide: Guide,
        retention: RetentionSection,
    ) -> None:
        """``guide`` says in which time zone it is night. Raises OSError."""
        zone = guide.calendar.zone
        self._store, self._clock = store, clock
        self.list = list_of(data)
        self.forgetter = Forgetter(
            store=store.personal,
            media=media,
            clock=clock,
            list=self.list,
            exports=data / "exports",
            hour=lambda at: at.astimezone(zone).hour,
            shelf=store.shelf,
        )
        self.housekeeper = Housekeeper(
            retention=store.retention,
            files=store.personal,
            media=media,
            clock=clock,
            days=retention.plain(),
            local=lambda at: at.astimezone(zone),
        )
        self._waiting: tuple[int, datetime | None] = (0, None)

    async def begin(self, engine: Engine, metrics: Metrics, *, others: bool = False) -> None:
        """Recognise who was forgotten, and begin to work. ``others``: other workers forget people too."""
        await self._store.reader.forgotten.recognise(self.list.digest, others=others)
        metrics.live(self._samples)
        engine.add("forgetting", self._forget, SECONDS, lease="forgetting")
        engine.add("retention", self.housekeeper.once, ROUND_SECONDS, lease="retention")

    async def _forget(self) -> int:
        done = await self.forgetter.once()
        self._waiting = await self._store.personal.backlog()
        return done

    def _samples(self) -> list[Sample]:
        count, since = self._waiting
        age = 0.0 if since is None else (self._clock.now() - since).total_seconds()
        return [
            Sample("minsheng_erasures_waiting", "People who are being forgotten.", count),
            Sample("minsheng_erasure_oldest_seconds", "Since the oldest of them asked for it.", age),
            *self.housekeeper.samples(),
        ]
