"""Makes copies of the files people sent that may be shown in a browser, one file after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from bot.changes import AttachmentRecord
from bot.domain.evidence import Copy, Rendition
from bot.errors import NotFound
from bot.message import AttachmentType
from bot.pictures.copier import COPY_LARGEST, Copier, Replica
from bot.ports import MediaStore

AT_ONCE = 16
"""Files for which one process is started."""

PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})
SOUNDS = frozenset(
    {
        *("audio/amr", "audio/amr-wb", "audio/ogg", "audio/mpeg", "audio/aac", "audio/wav", "audio/mp4", "audio/3gpp"),
        *("audio/webm", "audio/matroska", "video/ogg"),
    }
)
VIDEOS = frozenset({"video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/3gpp", "video/3gpp2"})
_SPEECH = frozenset({AttachmentType.VOICE, AttachmentType.AUDIO})
_EXPECTED = {
    "photo": frozenset({Copy.SHOWN, Copy.THUMB, Copy.BOXED, Copy.BOXED_THUMB}),
    "sound": frozenset({Copy.SOUND}),
    "video": frozenset({Copy.POSTER, Copy.VIDEO}),
}


class Renditions(Protocol):
    """What of the store this needs."""

    async def unrendered(self, limit: int) -> Sequence[AttachmentRecord]:
        """Files that are here and of which no copies have been made, the oldest first."""
        ...

    async def unboxed(self, limit: int) -> Sequence[tuple[AttachmentRecord, Rendition]]:
        """Photos parts of which are to be covered, and where."""
        ...

    async def keep_renditions(self, id_: str, made: Sequence[Rendition], words_wanted: bool) -> None:
        """Write down the copies of a file: all that can be made are made now."""
        ...

    async def keep_boxed(self, wanted: Rendition, made: Sequence[Rendition]) -> None:
        """Write down a covered copy; without one, none could be made."""
        ...


class RenditionMaker:
    """Every file is tried once; of what is no photo, sound or video, or a broken one, there is no copy and no error."""

    def __init__(self, store: Renditions, media: MediaStore, copier: Copier, *, words_wanted: bool = False) -> None:
        """``words_wanted``: there is a service that hears what is said in voices."""
        self._store, self._media, self._copier, self._words_wanted = store, media, copier, words_wanted

    async def once(self) -> int:
        """Make a few; how many they were. Raises StoreUnavailable, and OSError when no process can be started."""
        wanted = await self._store.unboxed(AT_ONCE)
        records = await self._store.unrendered(AT_ONCE)
        try:
            for record, boxed in wanted:
                await self._store.keep_boxed(boxed, await self._made(record, boxed))
            for record in records:
                await self._store.keep_renditions(record.id, await self._made(record), self._words_wanted)
        finally:
            await self._copier.close()
        return len(wanted) + len(records)

    async def _made(self, record: AttachmentRecord, boxed: Rendition | None = None) -> list[Rendition]:
        what = _what(record)
        if not what or record.bytes is None or (boxed is not None and what != "photo"):
            return []
        boxes = [(box.x, box.y, box.width, box.height) for box in boxed.boxes] if boxed is not None else ()
        try:
            replicas = await self._copier.copy(what, record.mime, record.bytes, self._content(record.sha256), boxes)
            expected = [replica for replica in replicas.made if replica.kind in _EXPECTED[what]]
            kept = [await self._kept(record, replica, boxed) for replica in expected]
            return [each for each in kept if each is not None]
        except NotFound:
            return []

    async def _kept(self, record: AttachmentRecord, replica: Replica, boxed: Rendition | None) -> Rendition | None:
        """The copy, durably stored; None where it is not what it is said to be. Raises StoreUnavailable."""

        async def pieces() -> AsyncIterator[bytes]:
            yield replica.content

        stored = await self._media.save(pieces(), COPY_LARGEST)
        if stored.mime != replica.mime:
            return None
        return Rendition(
            attachment=record.id,
            kind=Copy(replica.kind),
            sha256=stored.sha256,
            mime=replica.mime,
            bytes=stored.bytes,
            width=replica.width,
            height=replica.height,
            boxes=boxed.boxes if boxed is not None else (),
            by=boxed.by if boxed is not None else "",
        )

    async def _content(self, sha256: str) -> AsyncIterator[bytes]:
        async for piece in self._media.open(sha256):
            yield piece


def _what(record: AttachmentRecord) -> str:
    """As what a file is copied, by its content; "" for what cannot be. Browsers record voices as videos without one."""
    if record.mime in PHOTOS:
        return "photo"
    if record.mime in SOUNDS or (record.mime in VIDEOS and record.type in _SPEECH):
        return "sound"
    return "video" if record.mime in VIDEOS else ""
