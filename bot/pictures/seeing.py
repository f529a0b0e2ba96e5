"""What a picture shows, as 64 bits, and when it says it was taken. Runs in the process that looks (`child`).

The hash is the usual one of the discrete cosine transform: the picture in 32 × 32 shades of grey, the 8 × 8 slowest
waves in it, a bit for each that is stronger than the middle one. It stays (nearly) the same when a picture is made
smaller, compressed again or brightened.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from math import cos, pi
from statistics import median

import msgspec
import pillow_heif
from PIL import ExifTags, Image, ImageOps

SIDE = 32
WAVES = 8
LEAST = 2.0
"""Shades of grey (of 256) by which the strongest wave must move a picture for it to show anything."""

PIXELS = 50_000_000
"""Larger pictures are not decoded (a JPEG, which can be read at an eighth of its size, may have 64 times as many)."""

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
"""What phones take; every further decoder is one more that may be tricked."""

pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen. ``written`` and ``offset`` are as they stand in EXIF; ``problem`` is why nothing was seen."""

    phash: str = ""
    written: str = ""
    offset: str = ""
    problem: str = ""


def see(content: bytes) -> Seen:
    """Look at a picture; what cannot be looked at is no error."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            image.draft("L", (SIDE * 4, SIDE * 4))
            if image.width * image.height > PIXELS:
                return Seen(problem="too_large")
            written, offset = _dates(image)  # which, in a PNG, may stand behind the picture: that is decoded then
            image.thumbnail((SIDE * 4, SIDE * 4), Image.Resampling.BOX)
            upright = ImageOps.exif_transpose(image)
            return Seen(_hash(upright), written, offset)
    except Exception as error:  # decoders raise whatever they like about what is broken
        return Seen(problem=type(error).__name__)


def _dates(image: Image.Image) -> tuple[str, str]:
    """When it was taken and the offset from UTC, as EXIF writes them; "" for nothing."""
    try:
        details = image.getexif().get_ifd(ExifTags.IFD.Exif)
    except Exception:  # broken EXIF in a picture that can be seen all the same
        return "", ""
    written = details.get(ExifTags.Base.DateTimeOriginal, "")
    offset = details.get(ExifTags.Base.OffsetTimeOriginal, "")
    return (str(written)[:40], str(offset)[:10]) if isinstance(written, str) else ("", "")


def _hash(image: Image.Image) -> str:
    """16 hex digits; "" for a picture in one colour, of which all look the same."""
    grey = (image.convert("RGBA") if image.has_transparency_data else image).convert("L")
    small = grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    rows = [list(small.crop((0, y, SIDE, y + 1)).tobytes()) for y in range(SIDE)]
    wave = _waves()
    across = [[sum(w * v for w, v in zip(wave[u], row, strict=True)) for u in range(WAVES)] for row in rows]
    found = [sum(wave[v][y] * across[y][u] for y in range(SIDE)) for v in range(WAVES) for u in range(WAVES)]
    if max(map(abs, found[1:])) < LEAST * SIDE * SIDE / 4:
        return ""
    middle = median(found[1:])
    bits = 0
    for strength in found:
        bits = bits << 1 | (strength > middle)
    return f"{bits:016x}"


@cache
def _waves() -> list[list[float]]:
    """The slowest waves of the transform (DCT-II), not normed."""
    return [[cos(pi * u * (2 * x + 1) / (2 * SIDE)) for x in range(SIDE)] for u in range(WAVES)]
