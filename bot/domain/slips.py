"""The slip somebody is handed who has no chat with the desk, and the signed name under which it can be printed.

The name holds the ticket's number and the moment it ends, and cannot be made without the key: whoever has it may see
number and code of that one ticket until then, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.numbers import parse as parse_number

SLIP_LIFE = timedelta(hours=1)
"""For how long the page of a slip can be opened; the paper lasts."""
KEY_BYTES = 32
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip says: ``lines`` are what stands on it, label and value; ``claim`` is what to type at the desk."""

    number: str
    code: str
    title: str
    lines: tuple[tuple[str, str], ...]
    how: str

    @property
    def claim(self) -> str:
        """Number and code, as a resident types them to follow the ticket."""
        return f"{self.number} {self.code}"


def signed(key: bytes, number: str, now: datetime) -> str:
    """The name of a ticket's slip, good for `SLIP_LIFE`."""
    until = int((now + SLIP_LIFE).timestamp())
    return f"{number}.{until}.{_mac(key, number, until)}"


def opened(key: bytes, name: str, now: datetime) -> str | None:
    """The ticket's number; None for a name that is not ours, or is over."""
    parts = name.split(".")
    if len(parts) != 3 or not name.isascii() or not parts[1].isdecimal() or len(parts[1]) > 12:
        return None
    number, until = parts[0], int(parts[1])
    if not hmac.compare_digest(parts[2], _mac(key, number, until)) or now.timestamp() > until:
        return None
    return parse_number(number)


def _mac(key: bytes, number: str, until: int) -> str:
    mac = hmac.digest(key, f"slip:{number}:{until}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac[:_MAC_BYTES]).decode().rstrip("=")
