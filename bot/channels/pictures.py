"""The content of a picture that a push shows, for channels that hand it over whole."""

from __future__ import annotations

from bot.errors import MediaUnavailable, NotFound
from bot.message import Picture, Refused, TryLater
from bot.ports import MediaStore

LARGEST = 2_000_000
"""Bytes: WeChat takes no more (api_uploadtempmedia), the others take larger ones."""


AGAIN_SECONDS = 30.0

NONE = Refused("no picture")


async def content_of(media: MediaStore | None, picture: Picture) -> bytes | Refused | TryLater:
    """It in bytes, or what becomes of the push without it: there is none any more, or files are away just now."""
    if media is None:
        return NONE
    content = bytearray()
    try:
        async for piece in media.open(picture.sha256):
            content += piece
            if len(content) > LARGEST:
                return NONE
    except NotFound:
        return NONE
    except MediaUnavailable:
        return TryLater(AGAIN_SECONDS, "files are away")
    return bytes(content)


def file_name(picture: Picture) -> str:
    """A name in ASCII, which every platform takes."""
    return f"{picture.sha256[:16]}.{'jpg' if picture.mime == 'image/jpeg' else 'png'}"
