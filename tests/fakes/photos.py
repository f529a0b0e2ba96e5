"""Photographs that nobody took: made of noise and colours, the same for the same seed."""

from __future__ import annotations

import random
from io import BytesIO

from PIL import ExifTags, Image


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
