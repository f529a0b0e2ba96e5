"""The process that makes copies of files: ``python -m bot.pictures.copyist``.

It reads orders from its input, each a line of JSON (`Order`) and so many bytes of content, and writes a line of JSON
(`Done`) for each, followed by the copies. It holds no secrets, can open no files, and has bounds for memory and time;
whoever started it ends it when it takes too long.
"""

from __future__ import annotations

import resource
import struct
import sys
from collections.abc import Iterator
from io import BytesIO

import av
import msgspec
from PIL import Image

from bot.pictures.child import MEMORY
from bot.pictures.copying import Made, Rectangle, Unmakeable, photo_copies
from bot.pictures.playing import sound_copies, video_copies

CPU_SECONDS = 240
"""For all orders of one process together."""

LARGEST = 64 << 20
"""Bytes of one copy."""

_PCM = struct.pack("<IHHIIHH", 16, 1, 1, 24_000, 48_000, 2, 16)
"""What a WAV file says of itself: one channel of 24,000 samples of 16 bits a second."""


class Order(msgspec.Struct, frozen=True):
    """What to make: ``what`` is photo, sound or video; ``mime`` was read from the content, which has ``bytes``."""

    what: str
    mime: str
    bytes: int
    boxes: tuple[Rectangle, ...] = ()


class Copied(msgspec.Struct, frozen=True):
    """A copy whose content follows."""

    kind: str
    mime: str
    bytes: int
    width: int
    height: int


class Done(msgspec.Struct, frozen=True):
    """The copies in the order in which they follow; ``problem`` says in a word why there are none, or not all."""

    copies: tuple[Copied, ...] = ()
    problem: str = ""


def made_for(order: Order, content: bytes) -> tuple[list[Made], str]:
    """The copies, and what went wrong ("" nothing): what was made before it did is good."""
    made: list[Made] = []
    try:
        made.extend(each for each in _makers(order, content) if len(each.content) <= LARGEST)
    except Unmakeable as error:
        return made, str(error)
    except Exception as error:  # decoders raise whatever they like about what is broken
        return made, type(error).__name__
    return made, ""


def _makers(order: Order, content: bytes) -> Iterator[Made]:
    match order.what:
        case "photo":
            return photo_copies(content, order.boxes)
        case "sound":
            return sound_copies(content, order.mime)
        case "video":
            return video_copies(content, order.mime)
        case _:
            raise Unmakeable("format")


def warm_up() -> None:
    """Have everything loaded that is loaded when it is first used: afterwards no file can be opened."""
    picture, film = Image.new("RGB", (16, 16)), BytesIO()
    with av.open(film, "w", format="mp4") as target:
        stream = target.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
        for frame in (av.VideoFrame.from_image(picture), None):  # type: ignore[no-untyped-call]  # PyAV has no types here
            target.mux(stream.encode(frame))
    quiet = b"RIFF" + (36 + 4800).to_bytes(4, "little") + b"WAVEfmt " + _PCM + b"data" + (4800).to_bytes(4, "little")
    for what, mime, content in (
        ("sound", "audio/wav", quiet + bytes(4800)),
        ("video", "video/mp4", film.getvalue()),
        ("photo", "image/svg+xml", b"<svg"),
    ):
        made_for(Order(what, mime, len(content)), content)


def bound() -> None:
    """Give up what is not needed: memory beyond a bound, files, endless work."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def main() -> None:
    """Make copies until there are no more orders."""
    Image.MAX_IMAGE_PIXELS = None  # `copying` has a bound of its own, which knows that a JPEG can be read small
    Image.init()
    av.logging.set_level(None)
    warm_up()
    bound()
    read = msgspec.json.Decoder(Order).decode
    while line := sys.stdin.buffer.readline():
        order = read(line)
        made, problem = made_for(order, sys.stdin.buffer.read(order.bytes))
        copied = tuple(Copied(m.kind, m.mime, len(m.content), m.width, m.height) for m in made)
        sys.stdout.buffer.write(msgspec.json.encode(Done(copied, problem)) + b"\n")
        for each in made:
            sys.stdout.buffer.write(each.content)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
