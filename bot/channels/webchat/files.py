"""Handing a person's own files back to that person, and to nobody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import web

from bot.changes import AttachmentRecord
from bot.errors import MediaUnavailable, NotFound
from bot.message import Picture
from bot.ports import MediaStore

INLINE = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif",
        "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/opus", "audio/webm", "audio/wav", "audio/x-wav",
        "audio/matroska",
        "video/mp4", "video/webm", "video/quicktime", "video/ogg",
    }
)  # fmt: skip
"""What a browser may show inside the page; everything else is only saved. Read from the content, not from the name."""

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def span(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last of a Range header (one range; RFC 9110, 14.2); None: the whole.

    Raises ValueError for a range outside of the content.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    if start >= end:
        raise ValueError(header)
    return start, end


async def send(request: web.Request, record: AttachmentRecord, media: MediaStore) -> web.StreamResponse:
    """Stream a stored file. Anything a browser could run or be tricked by is only offered for saving."""
    inline = record.mime in INLINE
    headers = {
        "Content-Type": record.mime if inline else "application/octet-stream",
        "Content-Disposition": "inline"
        if inline
        else f"attachment; filename*=UTF-8''{quote(record.name or record.id)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    size = record.bytes
    start, end, status = 0, size, 200
    if size is not None:
        headers["Accept-Ranges"] = "bytes"
        try:
            wanted = span(request.headers.get("Range", ""), size)
        except ValueError:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        if wanted:
            (start, end), status = wanted, 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response = web.StreamResponse(status=status, headers=headers)
    if end is not None:
        response.content_length = end - start
    return await _sent(request, response, media.open(record.sha256, start, end))


async def send_picture(request: web.Request, picture: Picture, media: MediaStore) -> web.StreamResponse:
    """Stream a picture the desk drew; its name is its content, so it never changes."""
    headers = {
        "Content-Type": picture.mime if picture.mime in INLINE else "application/octet-stream",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return await _sent(request, web.StreamResponse(headers=headers), media.open(picture.sha256))


async def _sent(request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """The answer with the pieces. Raises NotFound and MediaUnavailable, before it has begun."""
    piece = await anext(pieces, b"")
    await response.prepare(request)
    if request.method != "HEAD":
        try:
            while piece:
                await response.write(piece)
                piece = await anext(pieces, b"")
        except (NotFound, MediaUnavailable):
            if request.transport is not None:
                request.transport.abort()  # nobody must take a half for the whole
            return response
    await response.write_eof()
    return response
