"""The audit record of the running desk: its signed heads, and what the files of the town were."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from bot import heads
from bot.changes import Changes, Looked
from bot.domain.guide import Guide
from bot.domain.people import DESK
from bot.errors import StoreUnavailable
from bot.ports import Clock
from bot.runtime.engine import Engine
from bot.runtime.head_keeper import SECONDS, HeadKeeper
from bot.runtime.metrics import Metrics
from bot.settings import Settings
from bot.web.keys import key_in
from storage.audit_reader import AuditReader


def recorded_standing(
    standing: Callable[[Guide, datetime], Changes], digest: Callable[[], str]
) -> Callable[[Guide, datetime], Changes]:
    """What always stands of a town, with a note of what its files were: at every start, and whenever they change."""

    def with_note(guide: Guide, now: datetime) -> Changes:
        changes = standing(guide, now)
        changes.looked.append(Looked(by=DESK, what="town", at=now, detail=digest()))
        return changes

    return with_note


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
