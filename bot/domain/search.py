"""Words of a ticket as terms that an index can keep, and words somebody looks for as the same terms.

Chinese is written without blanks, so a run of its characters becomes all its pairs of neighbours: a word of two
characters is one term, a longer one is all of its pairs. Everything else is split at what is neither letter nor digit,
and between letters and digits. Who finds a ticket by its terms must still look whether the words stand in it.
"""

from __future__ import annotations

import re

from bot.domain.words import fold

TERMS = 12
"""So many terms of what somebody looks for are enough to find candidates."""

# Ideographs with all their extensions, kana and hangul syllables: what is written without blanks, or agglutinates.
_RUN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_PAIRS = re.compile(f"(?=([{_RUN}]{{2}}))")
_OTHERS = re.compile(rf"[0-9]+|[^\W\d_{_RUN}]+")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"([0-9]{6})-([0-9]{1,9})")
_WIDTHS, _COUNTERS = 10, 10**9


def terms(text: str) -> list[str]:
    """The terms of a text, some of them more than once. A lone ideograph is none: within a text it stands in pairs."""
    return folded_terms(fold(text))


def folded_terms(folded: str) -> list[str]:
    """The `terms` of a text that is folded already."""
    return [*_PAIRS.findall(folded), *_OTHERS.findall(folded)]


def wanted(text: str) -> tuple[str, ...]:
    """The words somebody looks for, folded, in their order: what must stand in a ticket. Signs only part them."""
    return tuple(dict.fromkeys(_WORD.findall(fold(text))))


def wanted_terms(words: tuple[str, ...]) -> tuple[str, ...]:
    """The terms that a ticket with all those words has, at most `TERMS`, the longest first.

    So only whole words and numbers of other scripts are found, while of Chinese every two neighbours are.
    """
    found = {term for word in words for term in terms(word)}
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
