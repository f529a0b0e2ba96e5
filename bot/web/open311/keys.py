"""Keys of programs: which there are, what each may do, and how fast."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from bot.buckets import Buckets

READ, FILE, UPDATE = "read", "file", "update"
"""What a key may do: read where that needs a key, hand in requests, add words to those it handed in."""

LONGEST = 200
"""Longer texts are no key; they are not hashed to find out."""


def digest_of(secret: str) -> str:
    """What is kept of a key: its SHA-256 in hex. Keys are random, so nothing slower is needed."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """A program's key. ``name`` is what the desk calls the program."""

    name: str
    digest: str = field(repr=False)
    rights: frozenset[str]
    per_minute: int


class Keyring:
    """All keys, with what each has left. ``anonymous``: requests a minute of a network that shows no key.

    ``monotonic`` gives seconds that never go back.
    """

    def __init__(self, keys: Iterable[Key], anonymous: int, monotonic: Callable[[], float]) -> None:
        self._keys = tuple(keys)
        self._own = {key.name: _bucket(key.per_minute, monotonic) for key in self._keys}
        self._anonymous = _bucket(anonymous, monotonic)
        self._unproven = _bucket(max((key.per_minute for key in self._keys), default=anonymous), monotonic)

    def find(self, secret: str) -> Key | None:
        """The key whose secret that is. How long it takes says nothing of how near it was."""
        if len(secret) > LONGEST:
            return None
        given, found = digest_of(secret), None
        for key in self._keys:
            if hmac.compare_digest(key.digest, given):
                found = key
        return found

    def wait_unread(self, network: str) -> float:
        """Seconds until a network may send a body in which the key stands: nobody is known before it is read."""
        return self._unproven.wait(network)

    def wait(self, key: Key | None, network: str) -> float:
        """Seconds until it may ask again; 0.0 for now."""
        return self._anonymous.wait(network) if key is None else self._own[key.name].wait(key.name)


def _bucket(per_minute: int, monotonic: Callable[[], float]) -> Buckets:
    return Buckets(monotonic, burst=float(per_minute), per_second=per_minute / 60)
