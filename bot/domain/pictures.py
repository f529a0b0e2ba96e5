"""How pictures look, so that one that was used before is known again: perceptual hashes of 64 bits, and dates.

Two pictures look (nearly) the same when their hashes differ in at most `NEAR` of 64 bits. A hash is cut into four bands
of 16 bits: where at most seven bits differ in all, one band differs in at most one. So whatever is near is found among
the pictures that have a band in common, or one that is a single bit away, by an index.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import msgspec

NEAR = 6
"""Bits in which the hashes of two pictures may differ that count as the same one."""

BANDS = 4
BITS = 16
_BAND = (1 << BITS) - 1

_WRITTEN = "%Y:%m:%d %H:%M:%S"
"""How EXIF writes a moment (Exif 2.32, 4.6.5, DateTimeOriginal)."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How a file looks. ``phash`` is 16 hex digits, "" for what is no picture or shows nothing.

    ``taken_at`` is what the picture says of itself; None where it says nothing (what WeChat and Telegram make smaller
    never does).
    """

    attachment: str
    sha256: str = ""
    phash: str = ""
    taken_at: datetime | None = None


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """Another file that looks (nearly) like ``attachment``: of which ticket it is, and in how many bits they differ."""

    attachment: str
    other: str
    ticket: str
    bits: int


def bands(phash: str) -> tuple[int, ...]:
    """The four bands of a hash, each with its place, so that those of different places never meet."""
    value = int(phash, 16)
    return tuple(place << BITS | (value >> place * BITS) & _BAND for place in range(BANDS))


def probes(phash: str) -> tuple[int, ...]:
    """The bands that a hash near this one has at least one of: its own, and each with a single bit turned."""
    return tuple(probe for band in bands(phash) for probe in (band, *(band ^ 1 << bit for bit in range(BITS))))


def difference(one: str, other: str) -> int:
    """In how many bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def moment_of(written: str, offset: str, zone: tzinfo, now: datetime) -> datetime | None:
    """The moment that EXIF tells, in UTC: as written in ``zone`` where it tells no offset.

    None for what is no date, and for one that is still to come: that clock was never set.
    """
    try:
        local = datetime.strptime(written.strip("\0 "), _WRITTEN)  # noqa: DTZ007 - the zone follows
        at = local.replace(tzinfo=_offset(offset) or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at <= now else None


def _offset(said: str) -> timezone | None:
    """``+08:00``; None for anything else."""
    sign, digits = said[:1], said[1:6]
    hours, colon, minutes = digits.partition(":")
    if sign not in ("+", "-") or not colon or not (hours.isdecimal() and minutes.isdecimal()):
        return None
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-delta if sign == "-" else delta) if delta < timedelta(hours=24) else None
