"""Has the voices of tickets heard by a service, one after the other, never inside a turn."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.changes import AttachmentRecord, Changes, Timer
from bot.domain.evidence import Transcript
from bot.errors import NotFound
from bot.ports import MediaStore
from bot.ports.hearing import Hearer, NotNow, NotThis, Words

AT_ONCE = 4
FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 3600.0
"""Seconds."""

TRIES = 40
"""About a day and a half with these pauses."""

UNFILED = timedelta(days=7)
"""What is said in a draft is not heard before it is filed, and never when it is not filed in that time."""

LONGEST = 4000
"""Characters that are kept: a minute of speech has three hundred."""

HEARD = "heard"
"""The kind of the timer that tells the person: its subject is the file."""

_log = structlog.get_logger("minsheng.transcriber")


class Wanting(Protocol):
    """A voice whose words are wanted, its playable copy, and how often that was tried."""

    @property
    def record(self) -> AttachmentRecord: ...
    @property
    def sha256(self) -> str: ...
    @property
    def bytes(self) -> int: ...
    @property
    def mime(self) -> str: ...
    @property
    def attempts(self) -> int: ...


class Voices(Protocol):
    """What of the store this needs."""

    async def unheard(self, now: datetime, limit: int) -> Sequence[Wanting]:
        """Voices of tickets whose words are wanted now."""
        ...

    async def hear_later(self, id_: str, attempts: int, at: datetime, forget_before: datetime) -> None:
        """Try that voice again at a moment; what never became a ticket's is forgotten."""
        ...

    async def commit(self, changes: Changes) -> None:
        """Make all of it true."""
        ...


class Transcriber:
    """One voice after the other. After an answer that says so it rests: a service that is away is not asked for each.

    ``committed`` is told of what was written, so that the timer of whoever spoke is fired soon.
    """

    def __init__(
        self,
        store: Voices,
        media: MediaStore,
        hearer: Hearer,
        now: Callable[[], datetime],
        committed: Callable[[Changes], None],
    ) -> None:
        self._store, self._media, self._hearer, self._now, self._committed = store, media, hearer, now, committed

    async def once(self) -> int:
        """Have a few heard; how many were asked for. Raises StoreUnavailable."""
        wanted = await self._store.unheard(self._now(), AT_ONCE)
        for count, each in enumerate(wanted, 1):
            if not await self._hear(each):
                return count
        return len(wanted)

    async def _hear(self, wanting: Wanting) -> bool:
        """Whether it makes sense to go on with the next one."""
        record = wanting.record
        try:
            hearing = await self._hearer.hear(wanting.mime, wanting.bytes, self._media.open(wanting.sha256))
        except NotFound:
            hearing = NotThis("gone")
        now = self._now()
        match hearing:
            case Words(text):
                await self._keep(record, text[:LONGEST], now)
            case NotThis(why):
                _log.info("a voice was refused", attachment=record.id, why=why)
                await self._keep(record, "", now)
            case NotNow(why, seconds):
                _log.warning("the speech service did not answer", why=why, attempts=wanting.attempts + 1)
                if wanting.attempts + 1 >= TRIES:
                    await self._keep(record, "", now)
                    return False
                later = now + timedelta(seconds=max(seconds, _backoff(wanting.attempts)))
                await self._store.hear_later(record.id, wanting.attempts + 1, later, now - UNFILED)
                return False
        return True

    async def _keep(self, record: AttachmentRecord, words: str, now: datetime) -> None:
        state = "heard" if words else "failed"
        changes = Changes(at=now, transcripts=[Transcript(attachment=record.id, state=state, words=words, at=now)])
        if words:
            changes.timers.append(Timer(HEARD, record.id, now, address=record.address))
        await self._store.commit(changes)
        self._committed(changes)


def _backoff(attempts: int) -> float:
    """Seconds to wait after so many attempts: doubled each time up to an hour, spread by a quarter."""
    return min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempts, 16)) * random.uniform(1.0, 1.25)  # noqa: S311  # spreads retries, no secret
