"""Ticket numbers: ``YYMMDD-NNNNC``, the town's date, a counter of at least four digits and a check digit.

The check digit is Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", 2004) over all the digits before it. It
finds every single wrong digit and every swap of neighbours, which is what people get wrong on the telephone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

# The totally anti-symmetric quasigroup of order 10 of Damm's dissertation, p. 111. Its diagonal is 0.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_DIGITS = 11  # a date of six, a counter of four, the check digit
_LONGEST = 18
_DASHES = re.compile(r"[\s\-\u2010-\u2015\u2212\uff0d_]+")


def check_digit(digits: str) -> str:
    """Damm's check digit of a string of the digits 0 to 9."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return str(interim)


def make(day: date, n: int) -> str:
    """The number of the ``n``-th ticket (from 1) of a day. Raises ValueError for an ``n`` below 1."""
    if n < 1:
        raise ValueError(f"counters start at 1, not {n}")
    stamp, counter = f"{day:%y%m%d}", f"{n:04d}"
    return f"{stamp}-{counter}{check_digit(stamp + counter)}"


def series(day: date) -> Iterator[str]:
    """The numbers of a day, from the first ticket on: those of `make`, for many."""
    stamp = f"{day:%y%m%d}"
    begun = 0
    for digit in stamp:
        begun = _DAMM[begun][int(digit)]
    n = 0
    while True:
        n += 1
        counter, interim = f"{n:04d}", begun
        for digit in counter:
            interim = _DAMM[interim][int(digit)]
        yield f"{stamp}-{counter}{interim}"


def parse(text: str) -> str | None:
    """The number in its written form, however it was typed: with hyphens or not, with blanks, in full-width digits.

    None when the whole text is not a number, or its check digit or date is wrong.
    """
    digits = _DASHES.sub("", unicodedata.normalize("NFKC", text))
    if not (_DIGITS <= len(digits) <= _LONGEST and digits.isascii() and digits.isdecimal()):
        return None
    if len(digits) > _DIGITS and digits[6] == "0":  # counters beyond four digits have no leading zero
        return None
    if check_digit(digits) != "0" or not _is_day(digits[:6]):
        return None
    return f"{digits[:6]}-{digits[6:]}"


def _is_day(stamp: str) -> bool:
    try:
        date(2000 + int(stamp[:2]), int(stamp[2:4]), int(stamp[4:6]))
    except ValueError:
        return False
    return True
