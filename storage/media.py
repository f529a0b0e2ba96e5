"""Files of residents in a local folder, named by their content."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import uuid
import weakref
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from bot.errors import MediaUnavailable, NotFound
from bot.failpoints import reach
from bot.ports import KeptMedia, StoredMedia
from storage.media_inflow import PIECE, Inflow, is_name, name_of, part_of

_COMING = "coming"
_LISTED_AT_ONCE = 1000


class MediaFolder:
    """`bot.ports.MediaStock` in a folder: ``ab/cd/<sha256>``, and ``coming/`` for what is not complete yet."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, and throw away what a crash left half done. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _COMING).mkdir(exist_ok=True)
        self._folder = folder.absolute()
        self._store = LocalStore(self._folder)
        self._clean()

    @property
    def where(self) -> str:
        """The folder, for people."""
        return str(self._folder)

    def _clean(self) -> None:
        """Throw away what is half done, unless another process is at work here: each holds the folder as long as it
        lives, so whoever gets it alone is the only one."""
        held = os.open(self._folder / _COMING, os.O_RDONLY | os.O_DIRECTORY)
        weakref.finalize(self, os.close, held)
        with contextlib.suppress(OSError):  # held by another, or a file system without locks: then all stays
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for path in (self._folder / _COMING).iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        with contextlib.suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_SH)

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        """Stream content in; when this returns it is durably there. The same content is there once.

        Raises Malformed with ``key="media.too_large"`` past ``cap`` bytes, MediaUnavailable when the disk does not take
        it, and whatever ``chunks`` raises. Nothing is left behind then.
        """
        coming = f"{_COMING}/{uuid.uuid4().hex}"
        inflow = Inflow(chunks, cap)
        try:
            await obstore.put_async(
                self._store, coming, inflow.pieces(), use_multipart=True, chunk_size=PIECE, max_concurrency=1
            )
            await asyncio.to_thread(self._settle, coming, inflow.hash.hexdigest())
        except BaseException as error:
            await asyncio.to_thread(self._discard, coming)
            if inflow.failure is not None:
                raise inflow.failure from None
            if isinstance(error, OSError | BaseError):
                raise MediaUnavailable(why="media") from error
            raise
        return inflow.stored

    def _settle(self, coming: str, sha256: str) -> None:
        """Give the content its name, on disk: the file, then the folders that name it."""
        new, final = self._folder / coming, self._folder / name_of(sha256)
        reach("media.received")
        _fsync(new)
        reach("media.synced")
        final.parent.mkdir(parents=True, exist_ok=True)
        new.replace(final)
        for folder in (final.parent, final.parent.parent, self._folder):
            _fsync(folder)
        reach("media.named")

    def _discard(self, coming: str) -> None:
        with contextlib.suppress(OSError):  # what cannot be removed now goes at the next start
            (self._folder / coming).unlink(missing_ok=True)

    async def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        """The content in pieces, from byte ``first`` up to but without ``after``.

        Raises NotFound, and MediaUnavailable when the disk fails.
        """
        try:
            if after is not None and after <= first:
                await obstore.head_async(self._store, name_of(sha256))
                return
            found = await obstore.get_async(self._store, name_of(sha256), options=part_of(first, after))
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)
        except FileNotFoundError:
            raise NotFound() from None
        except (OSError, BaseError) as error:
            raise MediaUnavailable(why="media") from error

    async def exists(self, sha256: str) -> bool:
        """Whether the content is there."""
        try:
            await obstore.head_async(self._store, name_of(sha256))
        except (FileNotFoundError, NotFound):
            return False
        return True

    async def remove(self, sha256: str) -> bool:
        """Take the content away, durably; whether it was there. Raises MediaUnavailable."""
        path = self._folder / name_of(sha256)

        def removed() -> bool:
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            _fsync(path.parent)
            return True

        try:
            return await asyncio.to_thread(removed)
        except OSError as error:
            raise MediaUnavailable(why="media") from error

    async def kept(self) -> AsyncIterator[KeptMedia]:
        """All that is there, in the order of the names. Raises MediaUnavailable."""
        found = self._found()
        try:
            while part := await asyncio.to_thread(_some, found):
                for kept in part:
                    yield kept
        except OSError as error:
            raise MediaUnavailable(why="media") from error

    def _found(self) -> Iterator[KeptMedia]:
        for outer in _folders(self._folder):
            for inner in _folders(outer):
                for path in sorted(inner.iterdir()):
                    with contextlib.suppress(FileNotFoundError):  # removed just now
                        if is_name(path.name) and path.is_file():
                            found = path.stat()
                            yield KeptMedia(path.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if len(path.name) == 2 and path.is_dir())


def _some(found: Iterator[KeptMedia]) -> list[KeptMedia]:
    return list(islice(found, _LISTED_AT_ONCE))


def _fsync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
