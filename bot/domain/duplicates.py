"""Whether two texts speak of the same matter (rule book, "Likely same": like text).

What a matter is called stands in its title; where there is none, what is said first stands for it. Two texts are alike
when the title of each is found in the whole of the other. So a long letter and a short line can be alike, and two
letters are not because they share a page of courtesy.

Terms are as in `bot.domain.search`, each once, without the words that stand in nearly every matter. All weigh the same:
what many people write about is what weighing by rarity would discount. Of a longer title a smaller share is enough.

Places do not count. Names that the town knows are cut out before; what else ends like a name of a place may support a
likeness, but never make it: something of both titles must be found beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from string import ascii_lowercase, digits

from bot.domain.search import folded_terms
from bot.domain.town import CommonWords, Town
from bot.domain.words import fold

ENOUGH = 0.24
"""So alike are two texts that are shown to people as likely the same. Measured with ``main.py alike measure`` on
letters to a city: from 0.20 to 0.30 both recall and precision of pairs stay above 0.8."""

_TITLE_TERMS = 30
"""So many terms of the beginning stand for a title where there is none."""
_USUAL = 12
"""Terms of a usual title: of so many, the share `ENOUGH` must be found in the other text."""
_SLOWER = 0.6
"""What must be found grows with this power of the title's terms."""
_SHARED = 2
"""So many terms must be shared in any case, and beside all places."""
_SHORT = 60
"""Characters of a chat message in which each word says much: the town's words for its kinds count double there."""

_COMPARED = 4000
"""So many characters of a text are compared: what it is about stands in them."""

_REMEMBERED = 2048  # texts
_REMEMBERED_LENGTH = 400  # characters
_SCALE = math.pow(_USUAL, 1 - _SLOWER)
_PLACE = "\u4e00-\u9fff"
_NAME_LENGTH = "{2,5}?"


@dataclass(frozen=True, slots=True)
class Matter:
    """A text made comparable: the terms of its title and of all of it; ``own`` ones are not part of a place's name."""

    title: frozenset[str]
    whole: frozenset[str]
    own_title: frozenset[str]
    own_whole: frozenset[str]
    short: bool


class Likeness:
    """Compares texts of one town. Built by `Likeness.of`; reading is thread-safe."""

    __slots__ = ("_common", "_kinds", "_particles", "_place_like", "_remembered", "_without_places")

    def __init__(self, common: CommonWords, kinds: Iterable[str], without_places: Callable[[str], str]) -> None:
        self._common = frozenset(
            (*(term for word in common.words for term in folded_terms(fold(word))), *ascii_lowercase, *digits)
        )
        self._kinds = frozenset(kinds)
        self._particles = dict.fromkeys(map(ord, common.particles), "|")
        self._place_like = _place_like(common)
        self._without_places = without_places
        self._remembered = lru_cache(_REMEMBERED)(self._matter)

    @classmethod
    def of(cls, town: Town, without_places: Callable[[str], str]) -> Likeness:
        """For the words of a town; ``without_places`` folds a text and cuts out the names of the town's places."""
        words = (
            fold(word)
            for kind in town.kinds.values()
            for word in (*kind.words, *kind.strong_words, *kind.urgent_words)
            if not kind.retired
        )
        return cls(town.common, (word for word in words if len(folded_terms(word)) == 1), without_places)

    def matter(self, text: str, title: str = "") -> Matter:
        """A text made comparable. ``title`` is what its writer called it, "" where nobody did.

        Short ones are remembered: a candidate is looked at again and again.
        """
        return (self._remembered if len(text) <= _REMEMBERED_LENGTH else self._matter)(text, title)

    def _matter(self, text: str, title: str) -> Matter:
        text, title = text[:_COMPARED], title[:_COMPARED]
        whole, head = self._without_places(text), self._without_places(title) if title else ""
        every = f"{head}\n{whole}" if head else whole
        called = frozenset(self._first(head or whole))
        entire = self._telling(every)
        if self._place_like is None:
            return Matter(called, entire, called, entire, not head and len(whole) <= _SHORT)
        own_head = called & self._telling(self._place_like.sub("|", head or whole))
        own = self._telling(self._place_like.sub("|", every))
        return Matter(called, entire, own_head, own, not head and len(whole) <= _SHORT)

    def likeness(self, one: Matter, other: Matter) -> float:
        """How alike two texts are: from 0 (nothing in common) upwards; the same whichever comes first."""
        weigh = self._weighed if one.short or other.short else len
        found, back = weigh(one.title & other.whole), weigh(other.title & one.whole)
        if min(found, back) < _SHARED:
            return 0.0
        if weigh(one.own_title & other.own_whole) < _SHARED or weigh(other.own_title & one.own_whole) < _SHARED:
            return 0.0
        return min(_share(found, len(one.title)), _share(back, len(other.title)))

    def alike(self, one: Matter, other: Matter) -> bool:
        """Whether they are likely the same."""
        return self.likeness(one, other) >= ENOUGH

    def promising(self, one: Matter) -> Callable[[str], int]:
        """A cheap look at other texts, which are folded, before `likeness`, which needs them taken apart.

        The look says how much of the matter's title stands in a text, 0 where it is too little for a likeness.
        """
        terms, needed = tuple(one.title), max(_SHARED, ENOUGH / _share(1, len(one.title)))

        def look(folded: str) -> int:
            if 2 * sum(map(folded.__contains__, terms)) < needed:
                return 0
            weight = self._weighed(term for term in terms if term in folded)
            return weight if weight >= needed else 0

        return look

    def _telling(self, folded: str) -> frozenset[str]:
        """The terms that say something. A lone letter or digit says nothing."""
        return frozenset(folded_terms(folded.translate(self._particles))) - self._common

    def _first(self, folded: str) -> Iterable[str]:
        """The first `_TITLE_TERMS` of them."""
        terms = dict.fromkeys(folded_terms(folded.translate(self._particles)))
        return islice((term for term in terms if term not in self._common), _TITLE_TERMS)

    def _weighed(self, terms: Iterable[str]) -> int:
        kinds = self._kinds
        return sum(2 if term in kinds else 1 for term in terms)


def spoken_title(text: str, length: int = 30) -> str:
    """What a text without a title is called: its first sentence or line, at most so many characters."""
    first = next((part.strip() for part in re.split(r"[\n。！？!?；;]", text) if part.strip()), "")
    return first[:length]


def said_alike(one: str, other: str) -> bool:
    """Whether two texts are the same word for word, but for blanks, punctuation and how characters are typed."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", fold(text))


def _share(found: int, terms: int) -> float:
    return found / (_SCALE * math.pow(max(terms, 1), _SLOWER))


def _place_like(common: CommonWords) -> re.Pattern[str] | None:
    """What ends like the name of a place, with a few characters before the ending; None where no ending is known."""
    if not common.place_endings:
        return None
    endings = []
    for ending in sorted(common.place_endings, key=len, reverse=True):
        no = "".join(word[len(ending)] for word in common.not_places if word.startswith(ending) and word != ending)
        endings.append(re.escape(ending) + (f"(?![{re.escape(no)}])" if no else ""))
    return re.compile(f"[{_PLACE}]{_NAME_LENGTH}(?:{'|'.join(endings)})")
