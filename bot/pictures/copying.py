"""Copies of photos that may be shown: upright, at most so large, with nothing of what the camera wrote into the file.

The pixels are painted onto a new picture, so nothing else of the file can come along: no place, no name, no comment
that a browser might take for a page. Runs in the process of `copyist`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from math import ceil, floor

import msgspec
from PIL import Image, ImageDraw, ImageOps

from bot.pictures.seeing import FORMATS, PIXELS

SHOWN, THUMB = 1600, 320
"""Pixels of the longer side."""

QUALITY = 82
Rectangle = tuple[float, float, float, float]
"""Left, top, width and height in percent of the upright picture."""


class Made(msgspec.Struct, frozen=True):
    """A copy: what it is for, its type, its content, and how large it is where it can be seen."""

    kind: str
    mime: str
    content: bytes
    width: int = 0
    height: int = 0


class Unmakeable(Exception):
    """No copy can be made; the text says why in a word."""


def photo_copies(content: bytes, boxes: Sequence[Rectangle] = ()) -> Iterator[Made]:
    """The copies of a photo, with rectangles of it painted over. Raises Unmakeable, and what decoders raise."""
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        image.draft("RGB", (SHOWN, SHOWN))
        if image.width * image.height > PIXELS:
            raise Unmakeable("too_large")
        image.load()
        if max(image.size) > SHOWN:
            image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS, reducing_gap=2.0)
        clean = _painted(ImageOps.exif_transpose(image))
    _cover(clean, boxes)
    names = ("boxed", "boxed_thumb") if boxes else ("shown", "thumb")
    yield _written(names[0], clean)
    yield thumb(names[1], clean)


def thumb(kind: str, picture: Image.Image) -> Made:
    """The picture made small."""
    small = picture.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return _written(kind, small)


def poster(picture: Image.Image) -> Made:
    """A picture of a video."""
    picture.thumbnail((SHOWN // 2, SHOWN // 2), Image.Resampling.LANCZOS)
    return _written("poster", _painted(picture))


def _painted(image: Image.Image) -> Image.Image:
    """Its pixels, on white where it lets the ground through, in a picture that knows nothing else."""
    ground = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground.paste(layer, mask=layer.getchannel("A"))
    else:
        ground.paste(image.convert("RGB"))
    return ground


def _cover(picture: Image.Image, boxes: Sequence[Rectangle]) -> None:
    """Paint over rectangles; a pixel that is touched is covered."""
    pen = ImageDraw.Draw(picture)
    for left, top, width, height in boxes:
        x, y = floor(picture.width * left / 100), floor(picture.height * top / 100)
        to_x, to_y = ceil(picture.width * (left + width) / 100), ceil(picture.height * (top + height) / 100)
        pen.rectangle((x, y, max(x, to_x - 1), max(y, to_y - 1)), fill="black")


def _written(kind: str, picture: Image.Image) -> Made:
    file = BytesIO()
    picture.save(file, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return Made(kind, "image/jpeg", file.getvalue(), picture.width, picture.height)
