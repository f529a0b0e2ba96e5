"""Content on its way into a place for files: counted, hashed, its first bytes remembered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from bot.errors import Malformed, NotFound
from bot.ports import StoredMedia
from storage.content_type import HEAD, content_type

if TYPE_CHECKING:
    from obstore import GetOptions

PIECE = 256 * 1024
"""Bytes that are held in memory for one file at a time, on the way in and out."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Inflow:
    """The pieces of a file as they come. Its attributes are right when all have come."""

    def __init__(self, chunks: AsyncIterator[bytes], cap: int) -> None:
        self._chunks = chunks
        self._cap = cap
        self.hash = hashlib.sha256()
        self.size = 0
        self.head = bytearray()
        self.failure: Exception | None = None
        """What the source raised, or that it was too much: told as it is, not as trouble of the disk."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """The content in pieces of bounded size."""
        try:
            async for chunk in self._chunks:
                self.size += len(chunk)
                if self.size > self._cap:
                    raise Malformed("media.too_large")
                self.hash.update(chunk)
                if len(self.head) < HEAD:
                    self.head += chunk[: HEAD - len(self.head)]
                for begin in range(0, len(chunk), PIECE):
                    yield chunk[begin : begin + PIECE]
        except Exception as error:
            self.failure = error
            raise

    @property
    def stored(self) -> StoredMedia:
        """What it was."""
        return StoredMedia(self.hash.hexdigest(), self.size, content_type(bytes(self.head)))


def is_name(sha256: str) -> bool:
    """Whether that is a SHA-256 in hex."""
    return _SHA256.fullmatch(sha256) is not None


def name_of(sha256: str) -> str:
    """Where content lies. Raises NotFound for what is no SHA-256: nobody else's file can be meant by it."""
    if not is_name(sha256):
        raise NotFound()
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def part_of(first: int, after: int | None) -> GetOptions | None:
    """What asks obstore for the bytes from ``first`` up to but without ``after``; None asks for all."""
    if after is not None:
        return {"range": (first, after)}
    return {"range": {"offset": first}} if first else None
