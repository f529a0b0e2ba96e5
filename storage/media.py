"""Files of residents in a local folder, named by their content."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from bot.errors import Malformed, NotFound, StoreUnavailable
from bot.ports import StoredMedia
from storage.content_type import HEAD, content_type

_PIECE = 256 * 1024
"""Bytes that are held in memory for one file at a time, on the way in and out."""

_COMING = "coming"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class MediaFolder:
    """`bot.ports.MediaStore` in a folder: ``ab/cd/<sha256>``, and ``coming/`` for what is not complete yet."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, and throw away what a crash left half done. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / _COMING, ignore_errors=True)
        (folder / _COMING).mkdir(exist_ok=True)
        self._folder = folder.absolute()
        self._store = LocalStore(self._folder)

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        """Stream content in; when this returns it is durably there. The same content is there once.

        Raises Malformed with ``key="media.too_large"`` past ``cap`` bytes, StoreUnavailable when the disk does not take
        it, and whatever ``chunks`` raises. Nothing is left behind then.
        """
        coming = f"{_COMING}/{uuid.uuid4().hex}"
        inflow = _Inflow(chunks, cap)
        try:
            await obstore.put_async(
                self._store, coming, inflow.pieces(), use_multipart=True, chunk_size=_PIECE, max_concurrency=1
            )
            sha256 = inflow.hash.hexdigest()
            await asyncio.to_thread(self._settle, coming, sha256)
        except BaseException as error:
            await asyncio.to_thread(self._discard, coming)
            if inflow.failure is not None:
                raise inflow.failure from None
            if isinstance(error, OSError | BaseError):
                raise StoreUnavailable(why="media") from error
            raise
        return StoredMedia(sha256, inflow.size, content_type(bytes(inflow.head)))

    def _settle(self, coming: str, sha256: str) -> None:
        """Give the content its name, on disk: the file, then the folders that name it."""
        new, final = self._folder / coming, self._folder / _name(sha256)
        _fsync(new)
        final.parent.mkdir(parents=True, exist_ok=True)
        new.replace(final)
        for folder in (final.parent, final.parent.parent, self._folder):
            _fsync(folder)

    def _discard(self, coming: str) -> None:
        with contextlib.suppress(OSError):  # what cannot be removed now goes at the next start
            (self._folder / coming).unlink(missing_ok=True)

    async def open(self, sha256: str) -> AsyncIterator[bytes]:
        """The content in pieces. Raises NotFound."""
        try:
            found = await obstore.get_async(self._store, _name(sha256))
        except FileNotFoundError:
            raise NotFound() from None
        async for piece in found.stream(min_chunk_size=_PIECE):
            yield bytes(piece)

    async def exists(self, sha256: str) -> bool:
        """Whether the content is there."""
        try:
            await obstore.head_async(self._store, _name(sha256))
        except (FileNotFoundError, NotFound):
            return False
        return True


class _Inflow:
    """Content on its way in: counted, hashed, its first bytes remembered."""

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
                for begin in range(0, len(chunk), _PIECE):
                    yield chunk[begin : begin + _PIECE]
        except Exception as error:
            self.failure = error
            raise


def _name(sha256: str) -> str:
    """Where content lies. Raises NotFound for what is no SHA-256: nobody else's file can be meant by it."""
    if not _SHA256.fullmatch(sha256):
        raise NotFound()
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _fsync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
