"""The spool of a running desk, and the notes of what is being decided: opened, and put between doors and dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.domain.guide import Guide
from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.runtime.desk import Desk
from bot.runtime.engine import Engine
from bot.runtime.hazards import Attempts, Hazards
from bot.runtime.metrics import Metrics
from bot.runtime.reception import Reception
from bot.runtime.spool import Spool
from bot.runtime.spool_answerer import SpoolAnswerer
from bot.runtime.spool_folder import SpoolFolder
from bot.runtime.watches import watch_hazards, watch_spool
from bot.turn import Voice
from handlers.resident.card import danger_advice

FOLDER, HAZARDS = "spool", "deciding"


@dataclass(frozen=True, slots=True)
class Spooling:
    """What is written into the spool's folder."""

    spool: Spool
    hazards: Hazards

    @classmethod
    async def opened(cls, data: Path, clock: Clock, metrics: Metrics) -> Spooling:
        """Take a place in the data folder and read what the last process left there. Raises ConfigurationError."""
        try:
            folder = await asyncio.to_thread(SpoolFolder, data / FOLDER)
            spool = Spool(folder, clock, metrics)
            await spool.open()
        except OSError as error:
            raise ConfigurationError(str(data / FOLDER), f"the spool cannot be used: {error.strerror}") from error
        return cls(spool, Hazards(folder.path / HAZARDS))

    def reception(self, engine: Engine, desk: Desk, kept: Attempts, guide: Callable[[], Guide]) -> Reception:
        """The door for platforms that hang up soon; what waits is answered from now on. ``kept`` holds tries."""

        def advice(text: str, locale: str) -> str:
            danger = guide().read(text).danger
            return danger_advice(Voice(desk.words(locale), locale, guide().town), danger.code) if danger else ""

        watch_spool(engine, self.spool, SpoolAnswerer(self.spool, engine.dispatcher, desk, engine.committed))
        watch_hazards(engine, self.hazards, kept, desk.clock)
        return Reception(engine.dispatcher, self.spool, desk, advice)
