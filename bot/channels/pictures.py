"""The content of a picture that a push shows, for channels that hand it over whole."""

from __future__ import annotations

from bot.errors import NotFound
from bot.message import Picture
from bot.ports import MediaStore

LARGEST = 2_000_000
"""Bytes: WeChat takes no more (api_uploadtempmedia), the others take larger ones."""


async def content_of(media: MediaStore | None, picture: Picture) -> bytes | None:
    """It in bytes; None where it is not there any more, or too large. Raises what the store raises."""
    if media is None:
        return None
    content = bytearray()
    try:
        async for piece in media.open(picture.sha256):
            content += piece
            if len(content) > LARGEST:
                return None
    except NotFound:
        return None
    return bytes(content)


def file_name(picture: Picture) -> str:
    """A name in ASCII, which every platform takes."""
    return f"{picture.sha256[:16]}.{'jpg' if picture.mime == 'image/jpeg' else 'png'}"
