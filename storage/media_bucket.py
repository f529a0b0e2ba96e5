"""Files of residents in a bucket of a server that speaks S3, named by their content."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from bot.errors import ConfigurationError, MediaUnavailable, NotFound
from bot.ports import KeptMedia, StoredMedia
from storage.media_inflow import PIECE, Inflow, is_name, name_of, part_of

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

AT_ONCE = 3
"""Uploads at a time; each holds at most one part in memory."""

PART = 24 * 1024 * 1024
"""Bytes: what is not larger (what a town takes as it comes) goes up in one piece, whole or not at all."""

_ABORT_SECONDS = 5.0
_LISTED_AT_ONCE = 1000
_PROBE = b"minsheng"

CLIENT: ClientConfig = {
    "connect_timeout": timedelta(seconds=3),
    "read_timeout": timedelta(seconds=60),
    "timeout": timedelta(minutes=15),  # a video that somebody looks at over a slow line
}
RETRY: RetryConfig = {
    "max_retries": 4,
    "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=3), "base": 2},
    "retry_timeout": timedelta(seconds=15),
}

_TROUBLES = (
    ("NoSuchBucket", "there is no such bucket"),
    ("SignatureDoesNotMatch", "the secret is wrong"),
    ("InvalidAccessKeyId", "the key id is not known there"),
    ("AccessDenied", "the key may not do this"),
    ("RequestTimeTooSkewed", "this machine's clock is wrong"),
    ("403 Forbidden", "the key id or the secret is wrong, or the key may not do this"),
    ("401 Unauthorized", "the key id or the secret is wrong"),
    ("404 Not Found", "there is no such bucket"),
    ("error sending request", "the server does not answer"),
    ("HTTP error", "the server does not answer"),
)
"""What a server says, and what that means. Servers differ; the words of their codes are the same."""


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is, and the key to it. ``endpoint`` "" is Amazon's own for the region; without a key, what the
    machine's role or its ``AWS_`` variables say is used. ``path_style``: the bucket stands in the path, not in the
    host's name."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    secret: str = ""
    path_style: bool = True
    allow_http: bool = False

    def __repr__(self) -> str:
        return f"BucketAddress({self})"

    def __str__(self) -> str:
        """As people write it; no secret is in it."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def at(self, url: str) -> BucketAddress:
        """The same server and key, another bucket. Raises ConfigurationError for what is no ``s3://bucket/prefix``."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
            raise ConfigurationError("media.url", "must be like s3://bucket/prefix")
        keys = (self.endpoint, self.region, self.key_id, self.secret, self.path_style, self.allow_http)
        return BucketAddress(parts.netloc, parts.path.strip("/"), *keys)


class MediaBucket:
    """`bot.ports.MediaStock` in a bucket: ``prefix/ab/cd/<sha256>``.

    What comes is first kept in a file without a name in ``spool``, which no crash can leave behind, because the content
    gives the name in the bucket.
    """

    def __init__(self, address: BucketAddress, spool: Path, retry: RetryConfig = RETRY) -> None:
        """Nothing is asked of the server yet. Raises ConfigurationError and OSError."""
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._spool = spool
        self._address = address
        self._room = asyncio.Semaphore(AT_ONCE)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        try:
            self._store = S3Store(
                address.bucket,
                prefix=address.prefix or None,
                config=_config(address),
                client_options={**CLIENT, "allow_http": address.allow_http},
                retry_config=retry,
            )
        except (BaseError, ValueError):  # its words may hold what was set
            raise ConfigurationError("media", "these settings do not describe a bucket") from None

    @property
    def where(self) -> str:
        """``s3://bucket/prefix``"""
        return str(self._address)

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        """Stream content in; when this returns it is in the bucket. The same content is there once.

        Raises Malformed with ``key="media.too_large"`` past ``cap`` bytes, MediaUnavailable when disk or bucket do not
        take it, and whatever ``chunks`` raises. Nothing is left behind then.
        """
        inflow = Inflow(chunks, cap)
        try:
            with tempfile.TemporaryFile(dir=self._spool) as file:
                async for piece in inflow.pieces():
                    await asyncio.to_thread(file.write, piece)
                stored = inflow.stored
                async with self._alone(stored.sha256), self._room:
                    if await self._size(stored.sha256) != stored.bytes:
                        await self._put(file, stored)
        except (OSError, BaseError) as error:
            if error is inflow.failure:
                raise
            raise _away(error) from error
        return stored

    def _alone(self, sha256: str) -> asyncio.Lock:
        """One at a time for each content: the others find that it is there."""
        return self._locks.setdefault(sha256, asyncio.Lock())

    async def _put(self, file: IO[bytes], stored: StoredMedia) -> None:
        file.seek(0)
        name = name_of(stored.sha256)
        if stored.bytes <= PART:
            content = await asyncio.to_thread(file.read)
            await obstore.put_async(self._store, name, content, use_multipart=False)
            return
        stopped = False

        async def parts() -> AsyncIterator[bytes]:
            while piece := await asyncio.to_thread(file.read, PIECE):
                if stopped:
                    raise MediaUnavailable(why="stopped")  # makes obstore give up what has gone up so far
                yield piece

        put = asyncio.ensure_future(
            obstore.put_async(self._store, name, parts(), use_multipart=True, chunk_size=PART, max_concurrency=1)
        )
        try:
            await asyncio.shield(put)
        except asyncio.CancelledError:
            stopped = True
            await asyncio.wait([put], timeout=_ABORT_SECONDS)
            if not put.done() or put.cancelled():
                put.cancel()
            else:
                put.exception()
            raise

    async def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        """The content in pieces, from byte ``first`` up to but without ``after``. Raises NotFound, MediaUnavailable."""
        name = name_of(sha256)
        try:
            if after is not None and after <= first:
                await obstore.head_async(self._store, name)
                return
            try:
                found = await obstore.get_async(self._store, name, options=part_of(first, after))
            except BaseError as error:
                if "non-partial response" not in str(error):
                    raise
                async for piece in self._cut(name, first, after):  # a server that knows no parts
                    yield piece
                return
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise _away(error) from error
            raise NotFound() from None
        except (OSError, BaseError) as error:
            raise _away(error) from error

    async def _cut(self, name: str, first: int, after: int | None) -> AsyncIterator[bytes]:
        at = 0
        async for piece in (await obstore.get_async(self._store, name)).stream(min_chunk_size=PIECE):
            if wanted := bytes(piece)[max(0, first - at) : None if after is None else max(0, after - at)]:
                yield wanted
            at += len(piece)
            if after is not None and at >= after:
                return

    async def exists(self, sha256: str) -> bool:
        """Whether the content is there. Raises MediaUnavailable."""
        try:
            return await self._size(sha256) is not None
        except NotFound:
            return False

    async def _size(self, sha256: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, name_of(sha256)))["size"]
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise _away(error) from error

    async def remove(self, sha256: str) -> bool:
        """Take the content away; whether it was there. Raises MediaUnavailable."""
        if await self._size(sha256) is None:
            return False
        try:
            await obstore.delete_async(self._store, name_of(sha256))
        except FileNotFoundError:
            return False
        except (OSError, BaseError) as error:
            raise _away(error) from error
        return True

    async def kept(self) -> AsyncIterator[KeptMedia]:
        """All that is there, in the order of the names. Raises MediaUnavailable."""
        try:
            async for part in self._store.list(chunk_size=_LISTED_AT_ONCE):
                for found in part:
                    name = found["path"].rpartition("/")[2]
                    if is_name(name) and found["path"] == name_of(name):
                        yield KeptMedia(name, found["size"], found["last_modified"])
        except (OSError, BaseError) as error:
            raise _away(error) from error

    async def trouble(self) -> str:
        """What is wrong with the bucket, in words for the operator; "" when a file can be put, read and removed."""
        probe = f"probe-{os.urandom(8).hex()}"
        try:
            await obstore.put_async(self._store, probe, _PROBE, use_multipart=False)
            read = bytes(await (await obstore.get_async(self._store, probe)).bytes_async())
            await obstore.delete_async(self._store, probe)
            await anext(self._store.list(chunk_size=1), None)
        except (OSError, BaseError) as error:
            return meaning(error)
        return "" if read == _PROBE else "it gives back something else than what was put there"


def meaning(error: Exception) -> str:
    """What an error of a bucket means, in words of ours: those of the server may hold anything."""
    said = str(error)
    return next((words for code, words in _TROUBLES if code in said), "the server says something that is not known")


def _away(error: Exception) -> MediaUnavailable:
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
        return MediaUnavailable(why="media: the folder for files on their way")
    return MediaUnavailable(why=f"media: {meaning(error)}")


def _config(address: BucketAddress) -> S3Config:
    config: S3Config = {
        "region": address.region,
        "virtual_hosted_style_request": not address.path_style,
        "disable_bulk_delete": True,  # not every server has it
    }
    if address.endpoint:
        parts = urlsplit(address.endpoint)
        host = parts.netloc if address.path_style else f"{address.bucket}.{parts.netloc}"
        config["endpoint"] = f"{parts.scheme}://{host}{parts.path}".rstrip("/")
    if address.key_id:
        config |= {"access_key_id": address.key_id, "secret_access_key": address.secret}
    return config
