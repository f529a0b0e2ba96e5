"""A message of the spool as a line that tells whether it is whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import msgspec

from bot.message import InboundMessage


class Spooled(msgspec.Struct, frozen=True):
    """A line: ``seq`` is the order in which messages came."""

    seq: int
    message: InboundMessage


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Spooled).decode


def line_of(spooled: Spooled) -> bytes:
    """A line of a batch. Raises ValueError for what JSON cannot hold."""
    content = _encode(spooled)
    return b"%08x " % zlib.crc32(content) + content + b"\n"


def spooled_in(line: bytes) -> Spooled:
    """The message in a line. Raises ValueError when a bit of it is wrong."""
    checksum, _, content = line.rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % zlib.crc32(content):
        raise ValueError("checksum")
    return _decode(content)


Line = tuple[Spooled, int, int]
"""A message, and the offset and length of its line."""


def lines_in(content: bytes) -> tuple[list[Line], bool]:
    """The good lines of a batch, and whether there are others. Blanked lines are neither."""
    good: list[Line] = []
    damaged = False
    for line, offset in _lines(content):
        if not line.strip():
            continue
        try:
            good.append((spooled_in(line), offset, len(line)))
        except ValueError:
            damaged = True
    return good, damaged


def _lines(content: bytes) -> Iterator[tuple[bytes, int]]:
    offset = 0
    for line in content.splitlines(keepends=True):
        yield line, offset
        offset += len(line)
