"""One-time codes: how they are made of chance, read as people type them, and kept as digests only."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import timedelta

from bot.domain.words import fold

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""30 signs, none of which looks like another: no 0 and O, no 1, I and L, no U beside V."""

LENGTH = 10
"""30^10 codes are 49 bits: at five tries an hour and person nobody meets one by chance."""

LIFE = timedelta(days=7)
"""How long an invitation waits."""

ADDRESS_LIFE = timedelta(minutes=30)
"""How long a member of staff has for typing a code of their own on another channel."""

_CHANCE_DIGITS = 16
_WHOLE = re.compile(rf"((?:[{ALPHABET}][-_ ]?){{{LENGTH - 1}}}[{ALPHABET}])(?![0-9A-Z])\s*(.*)", re.I | re.S)
_CODE_LIKE = re.compile(r"([0-9A-Z](?:[-_]?[0-9A-Z]){3,23})(?:\s+(.*))?", re.I | re.S)
_APART = re.compile(r"[-_\s]")


def code_of(chance: str) -> str:
    """The code that 16 or more hexadecimal digits of chance make: ``K7QXM-3R9TD``. Raises ValueError for fewer."""
    if len(chance) < _CHANCE_DIGITS:
        raise ValueError("too little chance for a code")
    number, signs = int(chance, 16), ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        signs += ALPHABET[place]
    return f"{signs[: LENGTH // 2]}-{signs[LENGTH // 2 :]}"


def split(text: str) -> tuple[str, str] | None:
    """The code, right or wrong, that a text begins with, and the rest; None when nothing there was meant as a code."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _WHOLE.fullmatch(plain)
    if found is None:
        found = _CODE_LIKE.fullmatch(plain)
        if found is None or not any(sign.isdecimal() for sign in found[1]):
            return None
    return found[1], (found[2] or "").strip()


def digest_of(code: str) -> str:
    """What is kept of a code: the SHA-256 in hex of its signs, however they were typed (case, hyphen, full width)."""
    return hashlib.sha256(_APART.sub("", fold(code)).upper().encode()).hexdigest()
