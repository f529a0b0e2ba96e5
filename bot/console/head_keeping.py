"""The signed heads of the audit record, as the running desk keeps them."""

from __future__ import annotations

from contextlib import suppress

from bot import heads
from bot.errors import StoreUnavailable
from bot.ports import Clock
from bot.runtime.engine import Engine
from bot.runtime.head_keeper import SECONDS, HeadKeeper
from bot.runtime.metrics import Metrics
from bot.settings import Settings
from bot.web.keys import key_in
from storage.audit_reader import AuditReader


class Heads:
    """Has them signed every hour by one worker, and once more at the end."""

    def __init__(self, audit: AuditReader, settings: Settings, clock: Clock) -> None:
        """Raises OSError."""
        signer = heads.Signer(key_in(settings.data, heads.KEY))
        self._keeper = HeadKeeper(audit.head, signer, settings.data, settings.audit.heads, clock.now)

    def begin(self, engine: Engine, metrics: Metrics) -> None:
        """Have it done from now on."""
        metrics.live(self._keeper.samples)
        engine.add("heads", self._keeper.once, SECONDS, lease="heads")

    async def close(self) -> None:
        """Sign what is newest at the end."""
        with suppress(StoreUnavailable):
            await self._keeper.once()
