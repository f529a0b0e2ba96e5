"""Draws the pictures that are owed in chat, and has them sent after the words they belong to."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from bot.changes import Changes, Drawing
from bot.domain.sheets import AnySheet
from bot.drawings.artist import LARGEST, Artist, NotDrawnError
from bot.message import Lane, Picture, Push, Reply
from bot.ports import Clock, MediaStore
from bot.runtime.metrics import Metrics

AT_ONCE = 16
"""Pictures for which one process is started."""

TRIES = 2
"""So often a picture is begun before it is given up: the words say the same."""

LIFE = timedelta(hours=1)
"""After so long nobody waits any more for a picture they asked for."""

LIFE_SENT = timedelta(hours=12)
"""Likewise for one that comes with a push."""

KNOWN = 64
"""So many pictures drawn lately are not drawn again: on Mondays everybody gets the same."""

MIME = "image/png"

_log = structlog.get_logger("minsheng.picture_drawer")


class Owed(Protocol):
    """What of the store this needs."""

    async def undrawn(self, limit: int) -> Sequence[Drawing]:
        """Pictures that are owed, the oldest first."""
        ...

    async def settle_drawing(self, key: str, problem: str = "") -> None:
        """Write down that a picture is drawn, or why it never will be."""
        ...

    async def commit(self, changes: Changes) -> None:
        """Make changes true; a push whose key is there already is left out."""
        ...


class Draws(Protocol):
    """Somebody who draws; see `bot.drawings.artist.Artist`."""

    async def draw(self, sheet: AnySheet) -> bytes: ...

    async def close(self) -> None: ...


class Lasting:
    """Draws with another's hand, and keeps it ready in between: for where few wait and somebody looks on."""

    def __init__(self, artist: Draws) -> None:
        self._artist = artist

    async def draw(self, sheet: AnySheet) -> bytes:
        """The picture."""
        return await self._artist.draw(sheet)

    async def close(self) -> None:
        """Nothing yet; whoever made the other one ends it."""


class PictureDrawer:
    """Every picture is drawn once and pushed once: the push has its key, however often this begins again."""

    def __init__(
        self,
        store: Owed,
        media: MediaStore,
        clock: Clock,
        metrics: Metrics,
        committed: Callable[[Changes], None],
        artist: Draws | None = None,
    ) -> None:
        """``committed`` hears of the pushes."""
        self._store, self._media, self._clock, self._metrics = store, media, clock, metrics
        self._committed = committed
        self._artist: Draws = artist or Artist()
        self._known: OrderedDict[bytes, str] = OrderedDict()  # digest of a sheet -> its picture's SHA-256

    async def once(self) -> int:
        """Draw a few; how many they were. Raises StoreUnavailable, and OSError when no process can be started."""
        owed = await self._store.undrawn(AT_ONCE)
        if not owed:
            return 0
        try:
            for drawing in owed:
                problem = await self._drawn(drawing)
                await self._store.settle_drawing(drawing.key, problem)
                self._metrics.drawings.labels(problem or "drawn").inc()
        finally:
            await self._artist.close()
        return len(owed)

    async def _drawn(self, drawing: Drawing) -> str:
        """Draw and push; why not, where that is no use."""
        now = self._clock.now()
        until = drawing.at + (LIFE if drawing.asked else LIFE_SENT)
        if until <= now:
            return "late"
        digest = hashlib.sha256(msgspec.json.encode(drawing.sheet)).digest()
        sha256 = self._known.get(digest)
        if sha256 is None or not await self._media.exists(sha256):
            try:
                content = await self._content(drawing.sheet)
            except NotDrawnError as error:
                _log.error("a picture could not be drawn", drawing=drawing.key, why=str(error))
                return str(error)
            sha256 = (await self._media.save(_once(content), LARGEST)).sha256
            self._known[digest] = sha256
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)
        await self._push(drawing, sha256, now, until)
        return ""

    async def _content(self, sheet: AnySheet) -> bytes:
        """The picture. Raises NotDrawnError when it does not come about, however often it is tried."""
        for _ in range(TRIES - 1):
            try:
                return await self._artist.draw(sheet)
            except NotDrawnError:
                await asyncio.sleep(0)
        return await self._artist.draw(sheet)

    async def _push(self, drawing: Drawing, sha256: str, now: datetime, until: datetime) -> None:
        sheet = drawing.sheet
        push = Push(
            key=f"drawing:{drawing.key}",
            address=drawing.address,
            reply=Reply(f"{sheet.title}\n{sheet.under}", picture=Picture(sha256, MIME, drawing.alt)),
            created_at=now,
            lane=Lane.REPLY if drawing.asked else Lane.BULK,
            expires_at=until,
        )
        changes = Changes(at=now, pushes=[push])
        await self._store.commit(changes)
        self._committed(changes)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
