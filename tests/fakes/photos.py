"""Photographs that nobody took: made of noise and colours, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from io import BytesIO

from PIL import ExifTags, Image

from bot.pictures.seeing import see
from bot.pictures.viewer import Sight, Viewer


def scene(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """A picture with large and small things in it."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (width, height))
    for rows, columns, share in ((6, 8, 1.0), (24, 32, 0.3)):
        colours = bytes(chance.randrange(256) for _ in range(rows * columns * 3))
        layer = Image.frombytes("RGB", (columns, rows), colours).resize((width, height), Image.Resampling.BICUBIC)
        picture = Image.blend(picture, layer, share)
    return picture


def jpeg(picture: Image.Image, *, taken: str = "", offset: str = "", quality: int = 90) -> bytes:
    """It as a camera writes it; ``taken`` and ``offset`` as EXIF has them."""
    exif = Image.Exif()
    if taken:
        details = {ExifTags.Base.DateTimeOriginal.value: taken}
        if offset:
            details[ExifTags.Base.OffsetTimeOriginal.value] = offset
        exif[ExifTags.IFD.Exif.value] = details
    return written(picture, "JPEG", quality=quality, exif=exif)


def written(picture: Image.Image, form: str, **options: object) -> bytes:
    """It as a file of that form."""
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


class Here(Viewer):
    """Looks at pictures in this very process: nobody here sends what could break it."""

    async def look(self, size: int, content: AsyncIterator[bytes]) -> Sight:
        """What a picture shows."""
        seen = see(b"".join([piece async for piece in content]))
        return Sight(seen.phash, seen.written, seen.offset, seen.problem)


STREET = scene(7)
PHOTOS = {
    "street": jpeg(STREET),
    "street smaller": jpeg(STREET.resize((200, 150)), quality=40),
    "street of last year": jpeg(STREET, taken="2025:03:01 08:30:00"),
    "corner": jpeg(scene(8)),
}
"""What phones in scripts can send besides the one photo everybody has."""
