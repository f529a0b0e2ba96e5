"""The process that looks at pictures: ``python -m bot.pictures.child``.

It reads pictures from its input, each after its length in eight bytes, and writes a line of JSON for each. It holds no
secrets, opens no files, and has bounds for memory; whoever started it ends it when it takes too long.
"""

from __future__ import annotations

import resource
import sys

import msgspec
from PIL import Image

from bot.pictures.seeing import see

LENGTH = 8
"""Bytes of the length before each picture, the most significant first."""

MEMORY = 1 << 30
"""Bytes of address space; Python and its libraries take a fifth of it."""


def main() -> None:
    """Look at pictures until there are no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = None  # `seeing` has a bound of its own, which knows that a JPEG can be read small
    Image.init()
    while length := sys.stdin.buffer.read(LENGTH):
        content = sys.stdin.buffer.read(int.from_bytes(length))
        sys.stdout.buffer.write(msgspec.json.encode(see(content)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
