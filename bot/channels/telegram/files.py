"""The files people sent, from Telegram's pinned host or an own server's folder. Imported only when configured."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

import aiohttp
import structlog
from telegram.error import BadRequest, InvalidToken, TelegramError
from yarl import URL

from bot.channels.telegram.request import FloodedError
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.telegram.wire import Wire
from bot.errors import Malformed
from bot.ports import Fetched, Unfetchable

_PIECE = 256 << 10
_RETRY_SECONDS = 30.0
_TIMEOUT = aiohttp.ClientTimeout(total=600, connect=10, sock_read=30)
_PATH = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,255}")

log = structlog.get_logger()


async def open_file(wire: Wire, settings: TelegramSettings, ref: str) -> Fetched | Unfetchable:
    """Open a file by its file_id. See `bot.ports.Channel.fetch`; nothing is followed but the configured place."""
    try:
        found = await wire.call("getFile", file_id=ref)
    except TelegramError as error:
        return _refused(error)
    size = found.get("file_size") if isinstance(found, dict) else None
    path = found.get("file_path") if isinstance(found, dict) else None
    size = size if isinstance(size, int) and size >= 0 else None
    if size is not None and size > settings.file_limit:
        return Unfetchable("too_large")
    if not isinstance(path, str):
        return Unfetchable("refused", retry=True, after=_RETRY_SECONDS)
    if settings.file_base.startswith("/"):
        return await _on_disk(Path(settings.file_base), path, settings.file_limit)
    if not _PATH.fullmatch(path):
        log.warning("telegram.file_path_refused")
        return Unfetchable("refused")
    return await _over_http(wire, settings, path, size)


def _refused(error: TelegramError) -> Unfetchable:
    if isinstance(error, FloodedError):
        return Unfetchable("refused", retry=True, after=error.seconds)
    if isinstance(error, BadRequest) and "too big" in str(error).lower():
        return Unfetchable("too_large")
    if isinstance(error, InvalidToken):
        log.error("telegram.token_refused", hint="take a new token from BotFather and restart")
    # "wrong file_id or the file is temporarily unavailable" is one answer for two things, so it is tried again.
    return Unfetchable("refused", retry=True, after=_RETRY_SECONDS)


async def _over_http(wire: Wire, settings: TelegramSettings, path: str, size: int | None) -> Fetched | Unfetchable:
    url = URL(f"{settings.file_base}/bot{settings.token}/{path}", encoded=True)
    try:
        response = await wire.request.session.get(url, timeout=_TIMEOUT, allow_redirects=False)
    except (aiohttp.ClientError, TimeoutError, OSError, TelegramError):
        return Unfetchable("refused", retry=True, after=_RETRY_SECONDS)
    length = response.content_length
    if response.status != 200:
        response.close()
        return Unfetchable("refused", retry=True, after=_RETRY_SECONDS)
    if length is not None and length > settings.file_limit:
        response.close()
        return Unfetchable("too_large")
    return Fetched(_pieces(response, settings.file_limit), length if length is not None else size)


async def _pieces(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    taken = 0
    try:
        async for piece in response.content.iter_chunked(_PIECE):
            taken += len(piece)
            if taken > limit:
                raise Malformed("media.too_large")
            yield piece
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ConnectionError(type(error).__name__) from None
    finally:
        response.close()


async def _on_disk(folder: Path, path: str, limit: int) -> Fetched | Unfetchable:
    """A file an own server wrote: only inside the folder the operator named, wherever links may lead."""

    def look() -> tuple[BinaryIO, int] | None:
        root, file = folder.resolve(), Path(path).resolve()
        if not Path(path).is_absolute() or not file.is_relative_to(root) or not file.is_file():
            return None
        return file.open("rb"), file.stat().st_size

    try:
        found = await asyncio.to_thread(look)
    except (OSError, ValueError):
        found = None
    if found is None:
        log.warning("telegram.file_not_in_folder")
        return Unfetchable("refused", retry=True, after=_RETRY_SECONDS)
    file, size = found
    if size > limit:
        file.close()
        return Unfetchable("too_large")
    return Fetched(_read(file), size)


async def _read(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
