"""Files of backups: where they stand, copied durably, told by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

MEDIA = "media"
NAME = re.compile(r"[0-9a-f]{64}")
"""What a file of somebody is called: the SHA-256 of its content, in hex."""

PIECE = 1 << 20

Told = Callable[[str, int, int], None]
"""(what, done, of how many): ``database`` and ``check`` in bytes, ``files`` in files."""


def files(media: Path) -> Iterator[Path]:
    """The files of a media folder, in the order of their names."""
    for path in sorted(media.glob("??/??/*")):
        if NAME.fullmatch(path.name) and path.is_file():
            yield path


def place(media: Path, sha256: str) -> Path:
    """Where a media folder keeps a file."""
    return media / sha256[:2] / sha256[2:4] / sha256


def copy_file(source: Path, target: Path) -> str:
    """Copy durably, for us alone to read; the SHA-256 of what was copied, in hex. Raises OSError."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    coming, digest = target.with_name(f".{target.name}.coming"), hashlib.sha256()
    with source.open("rb") as read, open(coming, "wb", opener=_for_us_alone) as write_to:
        while piece := read.read(PIECE):
            digest.update(piece)
            write_to.write(piece)
        write_to.flush()
        os.fsync(write_to.fileno())
    coming.rename(target)
    return digest.hexdigest()


def hash_of(path: Path, counted: Callable[[int], None] = lambda _: None) -> str | None:
    """The SHA-256 of a file in hex, None when it is not there; ``counted`` hears of the bytes as they are read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                counted(len(piece))
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def write(path: Path, content: bytes) -> None:
    """Write a small file durably. Raises OSError."""
    path.write_bytes(content)
    sync(path)


def sync(path: Path) -> None:
    """Have a file or folder on disk. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
