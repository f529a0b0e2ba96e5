"""Looks at the pictures people sent, one after the other, and writes down how they look."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from msgspec.structs import replace

from bot.changes import AttachmentRecord
from bot.domain.pictures import Look, moment_of
from bot.errors import NotFound
from bot.pictures.viewer import Viewer
from bot.ports import MediaStore

AT_ONCE = 16
"""Pictures for which one process is started."""

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})


class Looks(Protocol):
    """What of the store this needs."""

    async def unseen_pictures(self, limit: int) -> Sequence[AttachmentRecord]:
        """Files that are here and at which nobody has looked, the oldest first."""
        ...

    async def known_look(self, sha256: str) -> Look | None:
        """How the same content looked when it came before; None when it never did."""
        ...

    async def keep_look(self, look: Look) -> None:
        """Write down how a file looks; it is seen now."""
        ...


class PictureLooker:
    """Every file is looked at once; what is no picture, or a broken one, looks like nothing and is no error."""

    def __init__(
        self,
        store: Looks,
        media: MediaStore,
        viewer: Viewer,
        now: Callable[[], datetime],
        zone: Callable[[], tzinfo],
    ) -> None:
        """``zone`` is where the town lies: cameras write local time."""
        self._store, self._media, self._viewer, self._now, self._zone = store, media, viewer, now, zone

    async def once(self) -> int:
        """Look at a few; how many they were. Raises StoreUnavailable, and OSError when no process can be started."""
        records = await self._store.unseen_pictures(AT_ONCE)
        try:
            for record in records:
                await self._store.keep_look(await self._look(record))
        finally:
            await self._viewer.close()
        return len(records)

    async def _look(self, record: AttachmentRecord) -> Look:
        if record.mime not in PICTURES or record.bytes is None:
            return Look(attachment=record.id)
        known = await self._store.known_look(record.sha256)
        if known is not None:
            return replace(known, attachment=record.id)
        try:
            sight = await self._viewer.look(record.bytes, self._content(record.sha256))
        except NotFound:
            return Look(attachment=record.id)
        taken = moment_of(sight.written, sight.offset, self._zone(), self._now())
        return Look(attachment=record.id, sha256=record.sha256, phash=sight.phash, taken_at=taken)

    async def _content(self, sha256: str) -> AsyncIterator[bytes]:
        async for piece in self._media.open(sha256):
            yield piece
