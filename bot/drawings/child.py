"""The process that draws: ``python -m bot.drawings.child``.

It reads sheets as JSON from its input, each after its length in eight bytes, and writes a length and a PNG for each;
the length is 0 where a sheet cannot be drawn. It holds no secrets, opens no connection, and has bounds for memory and
for what it may write; whoever started it ends it when it takes too long.
"""

from __future__ import annotations

import resource
import sys

import msgspec

LENGTH = 8
"""Bytes of the length before each sheet and each picture, the most significant first."""

MEMORY = 1 << 30
"""Bytes of address space; matplotlib takes a third of it."""

FILE = 4 << 20
"""Bytes of a file: matplotlib's list of fonts, in a folder made for it."""


def main() -> None:
    """Draw until there are no more sheets."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from bot.domain.sheets import AnySheet
    from bot.drawings.drawing import png_of

    read = msgspec.json.Decoder(AnySheet).decode
    while length := sys.stdin.buffer.read(LENGTH):
        content = sys.stdin.buffer.read(int.from_bytes(length))
        try:
            png = png_of(read(content))
        except Exception:  # whatever is wrong with a sheet, the next one may be drawn
            png = b""
        sys.stdout.buffer.write(len(png).to_bytes(LENGTH) + png)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
