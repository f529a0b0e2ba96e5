"""Secret keys of the pages, made at the first start and readable by us alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def key_in(folder: Path, name: str, size: int = 32) -> bytes:
    """The key of that name (``sign-in``, ``links``, ...). Raises OSError."""
    path = folder / f"{name}.key"
    try:
        with open(path, "xb", opener=_for_us_alone) as file:
            file.write(secrets.token_bytes(size))
    except FileExistsError:
        pass
    key = path.read_bytes()
    if len(key) != size:
        raise OSError(f"{path} is not a key: remove it, and a new one is made")
    return key


def put(folder: Path, name: str, key: bytes) -> None:
    """Have the key of that name be this one from now on. Raises OSError."""
    path = folder / f"{name}.key"
    coming = path.with_suffix(".coming")
    with open(coming, "wb", opener=_for_us_alone) as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    coming.replace(path)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
