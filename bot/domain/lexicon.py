"""Reading a text once: which places it names, what it is about, what is wanted, and whether it cannot wait.

All vocabulary of the town stands in one index by the first two characters, so a text is gone through once, whatever the
number of words. A pair of characters is looked up as the number that its two UTF-16 units form: cutting a text into
such numbers costs a tenth of cutting it into strings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress, count

from bot.domain.gazetteer import Named, PlaceMatch, PlaceName, place_names
from bot.domain.ticket import Type
from bot.domain.town import UNDECIDED, Danger, Town

KINDS_SHOWN = 4
"""The best one stands on the card, three more are offered on "change" (rule book, "Intake" 5)."""

_EARLY = 40  # characters: what people say first is what it is about
_EARLY_BONUS = 2.0
_AGAIN = 0.3  # a word said again adds this much, three times at most
_AGAIN_MOST = 3
_STRONG = 2.0
_TYPE_EDGE = 30  # characters at either end, where people say what they want
_TYPE_INNER = 0.5
_REMEMBERED = 1024  # readings
_REMEMBERED_LENGTH = 400  # characters
_IN_LANDMARK = 0.5
NONE_URGENT: frozenset[str] = frozenset()
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")  # emoji, mostly: one character each, part of no word


@dataclass(frozen=True, slots=True)
class TextReading:
    """What a text says.

    ``type`` is complaint unless words say otherwise (``type_said``). ``kinds`` are codes, best first, at most four,
    empty when nothing speaks for any. ``urgent`` are the kinds whose urgent words it holds. ``places`` come as they
    stand in the text.
    """

    type: Type = Type.COMPLAINT
    type_said: bool = False
    kinds: tuple[str, ...] = ()
    places: tuple[PlaceMatch, ...] = ()
    danger: Danger | None = None
    urgent: frozenset[str] = NONE_URGENT

    @property
    def kind(self) -> str:
        """The code of the best kind, `UNDECIDED` when there is none."""
        return self.kinds[0] if self.kinds else UNDECIDED


NOTHING_SAID = TextReading()


@dataclass(slots=True)
class _Entry:
    """One word and everything it may mean."""

    word: str
    weight: float
    latin: bool
    open_end: bool = False  # a long latin word may go on: leak, leaking
    place: PlaceName | None = None
    kinds: list[tuple[str, float]] = field(default_factory=list)
    types: list[Type] = field(default_factory=list)
    dangers: list[int] = field(default_factory=list)
    excepts: list[int] = field(default_factory=list)
    urgent: frozenset[str] = NONE_URGENT
    alarming: bool = False


_Found = tuple[int, _Entry]
"""Where a word begins, and the word; in order of the beginning, the longer one first."""


def _weight(word: str) -> float:
    if len(word) < 2:
        return 0.0
    if word.isascii():
        return 1.0 + 0.6 * word.count(" ")
    return math.log2(len(word))


def _pairs(text: str) -> list[int]:
    """A number for every two neighbouring characters, none of which may lie beyond the basic plane."""
    units = text.encode("utf-16-le", "surrogatepass")
    pairs = [0] * (len(text) - 1)
    even, odd = len(text) // 2 * 4, (len(text) - 1) // 2 * 4
    pairs[0::2] = memoryview(units[:even]).cast("I").tolist()
    pairs[1::2] = memoryview(units[2 : 2 + odd]).cast("I").tolist()
    return pairs


def _letter(character: str) -> bool:
    return character.isascii() and character.isalnum()


class Lexicon:
    """The vocabulary of a town. Built by `Lexicon.of`; reading is thread-safe."""

    __slots__ = ("_dangers", "_fold", "_for_type", "_index", "_remembered")

    def __init__(self, entries: Iterable[_Entry], town: Town, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._dangers = town.dangers
        self._for_type = {kind.code: kind.for_type for kind in town.kinds.values() if kind.for_type is not None}
        index: dict[int, list[tuple[str, _Entry]]] = {}
        for entry in entries:
            index.setdefault(_pairs(entry.word[:2])[0], []).append((entry.word, entry))
        for bucket in index.values():
            bucket.sort(key=lambda pair: -len(pair[0]))
        self._index = index
        self._remembered = lru_cache(_REMEMBERED)(self._read)

    @classmethod
    def of(cls, town: Town, fold: Callable[[str], str]) -> Lexicon:
        """All words of a town, folded. Words of fewer than two characters are left out."""
        entries: dict[str, _Entry] = {}

        def entry(word: str) -> _Entry:
            key = _ASTRAL.sub("\ufffd", fold(word).strip())
            found = entries.get(key)
            if found is None:
                found = entries[key] = _Entry(key, _weight(key), key.isascii(), len(key) >= 5)
            return found

        for key, name in place_names(town, fold).items():
            entry(key).place = name
        for kind in town.kinds.values():
            if kind.retired or kind.code == UNDECIDED:
                continue
            strong = frozenset((*kind.strong_words, *kind.urgent_words))
            for word in dict.fromkeys((*kind.words, *kind.strong_words, *kind.urgent_words)):
                found = entry(word)
                found.kinds.append((kind.code, found.weight * (_STRONG if word in strong else 1.0)))
            for word in kind.urgent_words:
                found = entry(word)
                found.urgent |= {kind.code}
        for type_, words in town.type_words.items():
            for word in words:
                entry(word).types.append(type_)
        for number, danger in enumerate(town.dangers):
            for word in danger.phrases:
                found = entry(word)
                found.dangers.append(number)
                found.alarming = True
            for word in danger.except_:
                found = entry(word)
                found.excepts.append(number)
                found.alarming = True
        return cls((e for e in entries.values() if len(e.word) > 1), town, fold)

    def read(self, text: str) -> TextReading:
        """What a text says; text is folded here. Short texts read lately are remembered: each is read several times."""
        return self._remembered(text) if len(text) <= _REMEMBERED_LENGTH else self._read(text)

    def without_places(self, text: str) -> str:
        """The text folded, with a bar in the place of each name of a place that stands in it."""
        folded, end, parts = _ASTRAL.sub("\ufffd", self._fold(text)), 0, list[str]()
        for match in self.read(text).places:
            parts += (folded[end : match.start], "|")
            end = max(end, match.end)
        return "".join((*parts, folded[end:]))

    def _read(self, text: str) -> TextReading:
        folded = _ASTRAL.sub("\ufffd", self._fold(text))
        index, pairs, startswith = self._index, _pairs(folded), folded.startswith
        found = [
            (start, entry)
            for start in compress(count(), map(index.__contains__, pairs))
            for word, entry in index[pairs[start]]
            if startswith(word, start) and (not entry.latin or _whole(folded, start, entry))
        ]
        if not found:
            return NOTHING_SAID
        places = _places(found)
        type_, said = _type(found, len(folded))
        danger = self._danger(found)
        scores, urgent = _scores(found, places)
        ranked = sorted(scores, key=scores.__getitem__, reverse=True) if len(scores) > 1 else list(scores)
        wanted = self._for_type
        fitting = [code for code in ranked if code not in wanted or wanted[code] is type_]
        if danger is not None and danger.kind != UNDECIDED:
            fitting = [danger.kind, *(code for code in fitting if code != danger.kind)]
        return TextReading(type_, said, tuple(fitting[:KINDS_SHOWN]), places, danger, urgent)

    def _danger(self, found: Sequence[_Found]) -> Danger | None:
        """The first danger of the town that is spoken of and not hidden by an exception."""
        excepted: dict[int, int] = {}  # danger -> where its exceptions so far end
        spoken: list[int] = []
        for start, entry in found:
            if not entry.alarming:
                continue
            end = start + len(entry.word)
            for danger in entry.excepts:
                excepted[danger] = max(excepted.get(danger, 0), end)
            spoken += (danger for danger in entry.dangers if end > excepted.get(danger, 0))
        return self._dangers[min(spoken)] if spoken else None


def _places(found: Sequence[_Found]) -> tuple[PlaceMatch, ...]:
    """The names in a text; one within a longer one does not count."""
    places: list[PlaceMatch] = []
    covered = 0
    for start, entry in found:
        if entry.place is not None:
            end = start + len(entry.word)
            if end > covered:
                places.append(PlaceMatch(entry.place, start, end))
                covered = end
    return tuple(places)


def _type(found: Sequence[_Found], length: int) -> tuple[Type, bool]:
    """The type that is spoken for most, and whether any is."""
    weights: dict[Type, float] = {}
    for start, entry in found:
        if entry.types:
            inner = start >= _TYPE_EDGE and start + len(entry.word) <= length - _TYPE_EDGE
            for type_ in entry.types:
                weights[type_] = weights.get(type_, 0.0) + entry.weight * (_TYPE_INNER if inner else 1.0)
    if not weights:
        return Type.COMPLAINT, False
    return max(weights, key=weights.__getitem__), True


def _scores(found: Sequence[_Found], places: Sequence[PlaceMatch]) -> tuple[dict[str, float], frozenset[str]]:
    """How much speaks for each kind, and the kinds whose urgent words were found.

    Words within a longer word do not count; nor do those within the name of a road (hospital road), and those within
    the name of a landmark (a school) count half.
    """
    scores: dict[str, float] = {}
    urgent: frozenset[str] = NONE_URGENT
    said: dict[str, int] = {}
    covered, place_number, place_end, share_there = 0, 0, 0, 1.0
    for start, entry in found:
        if not entry.kinds:
            continue
        end = start + len(entry.word)
        if end <= covered:
            continue
        while place_number < len(places) and places[place_number].start <= start:
            place = places[place_number]
            place_end, share_there = place.end, _IN_LANDMARK if place.found.what is Named.LANDMARK else 0.0
            place_number += 1
        covered = end
        share = share_there if end <= place_end else 1.0
        if not share:
            continue
        times = said.get(entry.word, 0)
        said[entry.word] = times + 1
        if times:
            share *= _AGAIN if times <= _AGAIN_MOST else 0.0
        elif start < _EARLY:
            share *= _EARLY_BONUS
        for code, weight in entry.kinds:
            scores[code] = scores.get(code, 0.0) + weight * share
        if entry.urgent:
            urgent |= entry.urgent
    return scores, urgent


def _whole(text: str, start: int, entry: _Entry) -> bool:
    """Whether a latin word stands by itself: a short one may only take an s, a long one any ending."""
    end = start + len(entry.word)
    if start and _letter(text[start - 1]) and _letter(text[start]):
        return False
    if entry.open_end or end == len(text) or not _letter(text[end]):
        return True
    return text[end] == "s" and (end + 1 == len(text) or not _letter(text[end + 1]))
