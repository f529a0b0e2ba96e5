"""Heads of the chained record, signed: what stands outside of the desk, so that nobody can cut off the record's end.

A line each, in a file that is only added to::

    head 1234 <hash, hex> 2026-03-04T02:00:00+00:00 <key, 16 hex digits> <Ed25519 signature, base64>

``restored`` instead of ``head`` says that a backup was put back whose newest entry that was: heads of later entries
that were signed before speak of what was lost then. Signed is the line up to the signature, behind "minsheng audit ".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.domain.audit import Head

KEY = "audit"
"""The name of the signing key in the data folder: ``audit.key``."""

FOLDER, FILE, PUBLIC = "audit", "heads.txt", "audit.pub"
"""In the data folder; the file of heads and that of the public key have these names outside too."""

PUBLIC_BYTES = 32
HEAD, RESTORED = "head", "restored"
_PREFIX = "minsheng audit "
_LONGEST = 1024
"""Bytes of a line at most."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One line whose signature is good. ``kind`` is `HEAD` or `RESTORED`."""

    kind: str
    seq: int
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Read:
    """The lines of a file. ``flaws`` say in words what is wrong with others."""

    signed: tuple[Signed, ...]
    flaws: tuple[str, ...]


class Signer:
    """Signs heads with a key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key)
        self.public = self._key.public_key().public_bytes_raw()

    def line(self, kind: str, seq: int, link: bytes, at: datetime) -> str:
        """A signed line, without its end."""
        moment = at.astimezone(UTC).isoformat(timespec="seconds")
        said = f"{kind} {seq} {link.hex()} {moment} {key_id(self.public)}"
        return f"{said} {base64.b64encode(self._key.sign((_PREFIX + said).encode())).decode()}"


def key_id(public: bytes) -> str:
    """What lines call a key."""
    return hashlib.sha256(public).hexdigest()[:16]


def read(text: str, keys: Iterable[bytes], name: str) -> Read:
    """The lines of a file of heads; ``keys`` are public ones that may have signed, ``name`` is that of the file."""
    known = {key_id(key): key for key in keys}
    signed, flaws = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found = _signed(line, known)
            if isinstance(found, Signed):
                signed.append(found)
            else:
                flaws.append(f"{name}, line {number}: {found}")
    return Read(tuple(signed), tuple(flaws))


def counting(signed: Sequence[Signed]) -> list[Head]:
    """The heads that the record must have: not those that were lost when a backup was put back."""
    restores = [each for each in signed if each.kind == RESTORED]
    heads = {
        Head(each.seq, each.hash, each.at.isoformat())
        for each in signed
        if each.seq > 0 and not any(each.seq > other.seq and each.at <= other.at for other in restores)
    }
    return sorted(heads, key=lambda head: (head.seq, head.at))


def lost(signed: Sequence[Signed]) -> list[tuple[int, int, datetime]]:
    """What was lost when backups were put back, as far as heads tell: the first and the last entry, and when."""
    found = []
    for restore in (each for each in signed if each.kind == RESTORED):
        gone = [each.seq for each in signed if each.seq > restore.seq and each.at <= restore.at]
        if gone:
            found.append((restore.seq + 1, max(gone), restore.at))
    return found


def _signed(line: str, known: Mapping[str, bytes]) -> Signed | str:
    try:
        kind, seq, link, at, key, signature = line.split(" ")
        found = Signed(kind, int(seq), bytes.fromhex(link), datetime.fromisoformat(at))
        proof = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return "this is no head"
    if kind not in (HEAD, RESTORED) or found.at.tzinfo is None:
        return "this is no head"
    if key not in known:
        return f"signed with another key than this desk's ({key})"
    said = line.rpartition(" ")[0]
    try:
        Ed25519PublicKey.from_public_bytes(known[key]).verify(proof, (_PREFIX + said).encode())
    except InvalidSignature:
        return "its signature is wrong: somebody changed it"
    return found


def lines_of(path: Path) -> list[str]:
    """The whole lines of a file of heads; none where there is no file. Raises OSError."""
    try:
        content = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in content.split("\n")[:-1] if line]


def add(path: Path, lines: Sequence[str]) -> None:
    """Add lines to a file of heads, durably. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        begin = max(0, size - _LONGEST)
        begun = os.pread(file, _LONGEST, begin)
        if begun and not begun.endswith(b"\n"):  # the last line was cut off while it was written
            os.ftruncate(file, begin + begun.rfind(b"\n") + 1)
        os.write(file, "".join(f"{line}\n" for line in lines).encode())
        os.fsync(file)
    finally:
        os.close(file)


def copy_missing(source: Path, target: Path) -> int:
    """Add to one file of heads what another has and it has not; how many lines. Raises OSError."""
    there = set(lines_of(target))
    missing = [line for line in lines_of(source) if line not in there]
    if missing:
        add(target, missing)
    return len(missing)
