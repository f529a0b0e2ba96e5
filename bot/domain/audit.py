"""The chained record: how an entry is bound to what it speaks of, and to the entry before it.

Everything is SHA-256 over JSON without blanks, in UTF-8, bytes as base64: whoever has the database and this page can
count it again in any language (docs/audit.md says how).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

BEFORE_ALL = bytes(32)
"""What the first entry is chained to."""

SALT_BYTES = 16
PERSON = "person"
"""The actor of what somebody did who is no member of staff. Who that was stands in the row, and can be erased there."""

_TAG_BYTES = 8


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry as it was at a moment (ISO, UTC), of which somebody outside keeps a note."""

    seq: int
    hash: bytes
    at: str


_encode = msgspec.json.Encoder().encode


def chained(before: bytes, said: tuple[Any, ...]) -> bytes:
    """The hash of an entry: of the hash before it, and of what it says: seq, at, what, subject, part, steps, actor,
    note, digest, state."""
    return hashlib.sha256(before + _encode(said)).digest()


def bound(salt: bytes, table: str, rows: Sequence[Sequence[Any]]) -> bytes:
    """What binds an entry to rows of a table: it tells nothing without the salt.

    Salts have one length, so the salt in front is as good as an HMAC here, at a third of its cost.
    """
    return hashlib.sha256(salt + table.encode() + _encode(rows)).digest()


def tag(salt: bytes, key: str) -> str:
    """What stands for a key that names somebody: the same key has another tag with another salt."""
    return hmac.digest(salt, key.encode(), "sha256")[:_TAG_BYTES].hex()


def named(actor: str) -> str:
    """An actor as the chain may name them: the id of a member of staff, the desk, or a person."""
    return PERSON if ":" in actor else actor
