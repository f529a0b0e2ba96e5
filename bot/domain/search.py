"""Words of a ticket as terms that an index can keep, and words somebody looks for as the same terms.

Chinese is written without blanks, so a run of its characters becomes all its pairs of neighbours: a word of two
characters is one term, a longer one is all of its pairs. Everything else is split at what is neither letter nor digit,
and between letters and digits. Who finds a ticket by its terms must still look whether the words stand in it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from bot.domain.words import fold

TERMS = 12
"""So many terms of what somebody looks for are enough to find candidates."""

# Ideographs with all their extensions, kana and hangul syllables: what is written without blanks, or agglutinates.
_RUN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_TERMS = re.compile(rf"[{_RUN}]+|[0-9]+|[^\W\d_{_RUN}]+")
_RUN_FIRST = re.compile(f"[{_RUN}]")
_NUMBER = re.compile(r"([0-9]{6})-([0-9]{1,9})")
_WIDTHS, _COUNTERS = 10, 10**9


def terms(text: str) -> set[str]:
    """The terms of a text; a lone ideograph is one too."""
    found: set[str] = set()
    for run in _TERMS.findall(fold(text)):
        if len(run) > 2 and _RUN_FIRST.match(run):
            found.update(map("".join, pairwise(run)))
        else:
            found.add(run)
    return found


def wanted(text: str) -> tuple[str, ...]:
    """The words somebody looks for, folded, in their order: what must stand in a ticket."""
    return tuple(dict.fromkeys(fold(text).split()))


def wanted_terms(words: tuple[str, ...]) -> tuple[str, ...]:
    """The terms that a ticket with all those words certainly has, at most `TERMS`; the longest first.

    A lone ideograph is none: inside a text it stands in pairs. Nor is the beginning of a longer word or number.
    """
    found = {term for word in words for term in terms(word) if len(term) > 1 or not _RUN_FIRST.match(term)}
    return tuple(sorted(found, key=lambda term: (-len(term), term))[:TERMS])


def place(number: str) -> int | None:
    """A ticket's number as an integer that grows with the number; None for what is not written like one."""
    parts = _NUMBER.fullmatch(number)
    if parts is None:
        return None
    return (int(parts[1]) * _WIDTHS + len(parts[2])) * _COUNTERS + int(parts[2])


def number_at(place: int) -> str:
    """The number that `place` came from."""
    rest, counter = divmod(place, _COUNTERS)
    day, width = divmod(rest, _WIDTHS)
    return f"{day:06d}-{counter:0{width}d}"
