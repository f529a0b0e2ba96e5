"""Files in two places while they are moved from one to the other: what comes goes to the new one."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.errors import NotFound
from bot.ports import KeptMedia, MediaStock, StoredMedia


class TwoPlaces:
    """`bot.ports.MediaStock`: what is not in the new place is looked for in the old one."""

    def __init__(self, new: MediaStock, old: MediaStock) -> None:
        self.new = new
        self.old = old

    @property
    def where(self) -> str:
        """Both."""
        return f"{self.new.where}, {self.old.where}"

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        """Into the new one; see there."""
        return await self.new.save(chunks, cap)

    async def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        """The content in pieces. Raises NotFound, StoreUnavailable."""
        begun = False
        try:
            async for piece in self.new.open(sha256, first, after):
                begun = True
                yield piece
        except NotFound:
            if begun:
                raise
            async for piece in self.old.open(sha256, first, after):
                yield piece

    async def exists(self, sha256: str) -> bool:
        """Whether one of them has it. Raises StoreUnavailable."""
        return await self.new.exists(sha256) or await self.old.exists(sha256)

    async def remove(self, sha256: str) -> bool:
        """Take the content away from both; whether it was there. Raises StoreUnavailable."""
        here, there = await self.new.remove(sha256), await self.old.remove(sha256)
        return here or there

    async def kept(self) -> AsyncIterator[KeptMedia]:
        """All that is in one of them, each once. Raises StoreUnavailable."""
        new, old = aiter(self.new.kept()), aiter(self.old.kept())
        left, right = await anext(new, None), await anext(old, None)
        while left is not None or right is not None:
            if right is None or (left is not None and left.sha256 <= right.sha256):
                assert left is not None  # noqa: S101  # one of them is there
                if right is not None and right.sha256 == left.sha256:
                    right = await anext(old, None)
                yield left
                left = await anext(new, None)
            else:
                yield right
                right = await anext(old, None)
