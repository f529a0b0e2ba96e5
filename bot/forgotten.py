"""Who has had the desk forget them, as a list outside the database: nobody comes back with a backup.

A line has the moment and an HMAC of the address. Whoever has the desk's key can tell whether an address is on the list;
nobody can read one out of it.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FILE = "forgotten.txt"
KEY = "forgotten"
"""The name of the key: ``forgotten.key`` in the data folder."""


@dataclass(frozen=True, slots=True, order=True)
class Forgotten:
    """Somebody who was forgotten, and when they asked for it."""

    at: datetime
    digest: str


class ForgottenList:
    """The list of a data folder. What `add` has returned for is on disk."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path = folder / FILE
        self._key = key

    def digest(self, text: str) -> str:
        """An HMAC of an address or of a message's key, 32 hexadecimal digits."""
        return hmac.digest(self._key, text.encode(), "sha256")[:16].hex()

    def add(self, address: str, at: datetime) -> None:
        """Put somebody on the list; once for each moment. Raises OSError."""
        line = Forgotten(at, self.digest(address))
        if line not in read(self._path):
            append(self._path, [line])


def read(path: Path) -> list[Forgotten]:
    """The lines of a list, the earliest first; none where there is no list. What a crash cut off is left out."""
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        return []
    found = set()
    for line in text.splitlines():
        at, _, digest = line.partition(" ")
        try:
            found.add(Forgotten(datetime.fromisoformat(at), digest))
        except ValueError:
            continue
    return sorted(each for each in found if len(each.digest) == 32 and each.at.tzinfo is not None)


def append(path: Path, lines: Iterable[Forgotten]) -> None:
    """Add lines to a list, durably. Raises OSError."""
    text = "".join(f"{each.at.isoformat()} {each.digest}\n" for each in lines)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":  # a crash cut the last line off
            text = f"\n{text}"
        os.write(file, text.encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
