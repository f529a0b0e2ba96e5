"""Reading a text once: which places it names, what it is about, what is wanted, and whether it cannot wait.

All vocabulary of the town stands in one index by the first two characters, so a text is gone through once, whatever the
number of words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from operator import add

from bot.domain.gazetteer import Named, PlaceMatch, PlaceName, place_names
from bot.domain.ticket import Type
from bot.domain.town import UNDECIDED, Danger, Town

KINDS_SHOWN = 4
"""The best one stands on the card, three more are offered on "change" (rule book, "Intake" 5)."""

_EARLY = 40  # characters: what people say first is what it is about
_EARLY_BONUS = 1.5
_AGAIN = 0.3  # a word said again adds this much, three times at most
_AGAIN_MOST = 3
_STRONG = 2.0
_TYPE_EDGE = 30  # characters at either end, where people say what they want
_TYPE_INNER = 0.5


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
    urgent: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The code of the best kind, `UNDECIDED` when there is none."""
        return self.kinds[0] if self.kinds else UNDECIDED


@dataclass(slots=True)
class _Entry:
    """One word and everything it may mean."""

    word: str
    latin: bool
    open_end: bool = False  # a long latin word may go on: leak, leaking
    place: PlaceName | None = None
    kinds: list[tuple[str, float]] = field(default_factory=list)
    types: list[Type] = field(default_factory=list)
    dangers: list[int] = field(default_factory=list)
    excepts: list[int] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)


def _weight(word: str) -> float:
    if word.isascii():
        return 1.0 + 0.6 * word.count(" ")
    return math.log2(len(word))


def _letter(character: str) -> bool:
    return character.isascii() and character.isalnum()


class Lexicon:
    """The vocabulary of a town. Built by `Lexicon.of`; reading is thread-safe."""

    __slots__ = ("_dangers", "_fold", "_for_type", "_index")

    def __init__(self, entries: Iterable[_Entry], town: Town, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._dangers = town.dangers
        self._for_type = {kind.code: kind.for_type for kind in town.kinds.values() if kind.for_type is not None}
        index: dict[str, list[_Entry]] = {}
        for entry in entries:
            index.setdefault(entry.word[:2], []).append(entry)
        for bucket in index.values():
            bucket.sort(key=lambda entry: -len(entry.word))
        self._index = index

    @classmethod
    def of(cls, town: Town, fold: Callable[[str], str]) -> Lexicon:
        """All words of a town, folded. Words of fewer than two characters are left out."""
        entries: dict[str, _Entry] = {}

        def entry(word: str) -> _Entry:
            key = fold(word).strip()
            found = entries.get(key)
            if found is None:
                found = entries[key] = _Entry(key, key.isascii(), len(key) >= 5)
            return found

        for key, name in place_names(town, fold).items():
            entry(key).place = name
        for kind in town.kinds.values():
            if kind.retired or kind.code == UNDECIDED:
                continue
            strong = frozenset((*kind.strong_words, *kind.urgent_words))
            for word in dict.fromkeys((*kind.words, *kind.strong_words, *kind.urgent_words)):
                entry(word).kinds.append((kind.code, _weight(word) * (_STRONG if word in strong else 1.0)))
            for word in kind.urgent_words:
                entry(word).urgent.append(kind.code)
        for type_, words in town.type_words.items():
            for word in words:
                entry(word).types.append(type_)
        for number, danger in enumerate(town.dangers):
            for word in danger.phrases:
                entry(word).dangers.append(number)
            for word in danger.except_:
                entry(word).excepts.append(number)
        return cls((e for e in entries.values() if len(e.word) > 1), town, fold)

    def read(self, text: str) -> TextReading:
        """What a text says; text is folded here."""
        folded = self._fold(text)
        reading = _Reading(len(folded))
        startswith = folded.startswith
        for start, bucket in enumerate(map(self._index.get, map(add, folded, islice(folded, 1, None)))):
            if bucket is None:
                continue
            for entry in bucket:
                word = entry.word
                if not startswith(word, start):
                    continue
                end = start + len(word)
                if entry.latin and not _whole(folded, start, end, entry.open_end):
                    continue
                reading.take(entry, start, end)
        return self._result(reading)

    def _result(self, reading: _Reading) -> TextReading:
        type_, said = reading.type()
        danger = self._dangers[min(reading.dangers)] if reading.dangers else None
        scores = reading.scores
        wanted = self._for_type
        fitting = [code for code in scores if code not in wanted or wanted[code] is type_]
        fitting.sort(key=lambda code: -scores[code])
        if danger is not None and danger.kind != UNDECIDED:
            fitting = [danger.kind, *(code for code in fitting if code != danger.kind)]
        return TextReading(
            type_, said, tuple(fitting[:KINDS_SHOWN]), tuple(reading.places), danger, frozenset(reading.urgent)
        )


def _whole(text: str, start: int, end: int, open_end: bool) -> bool:
    """Whether a latin word stands by itself: a short one may only take an s, a long one any ending."""
    if start and _letter(text[start - 1]) and _letter(text[start]):
        return False
    if open_end or end == len(text) or not _letter(text[end]):
        return True
    return text[end] == "s" and (end + 1 == len(text) or not _letter(text[end + 1]))


class _Reading:
    """What has been found so far. Words come in order of their start, the longer one first."""

    __slots__ = ("_excepted", "_kind_end", "_length", "_place_end", "_said", "_types", "_what", "dangers", "places",
                 "scores", "urgent")  # fmt: skip

    def __init__(self, length: int) -> None:
        self._length = length
        self._place_end = 0
        self._what = Named.STREET
        self._kind_end = 0
        self._excepted: dict[int, int] = {}
        self._said: dict[str, int] = {}
        self._types: dict[Type, float] = {}
        self.places: list[PlaceMatch] = []
        self.scores: dict[str, float] = {}
        self.dangers: set[int] = set()
        self.urgent: set[str] = set()

    def take(self, entry: _Entry, start: int, end: int) -> None:
        """Count a word found from ``start`` to ``end``."""
        if entry.place is not None and end > self._place_end:
            self.places.append(PlaceMatch(entry.place, start, end))
            self._place_end = end
            self._what = entry.place.what
        for danger in entry.excepts:
            self._excepted[danger] = max(self._excepted.get(danger, 0), end)
        for danger in entry.dangers:
            if end > self._excepted.get(danger, 0):
                self.dangers.add(danger)
        if entry.kinds and end > self._kind_end:
            self._kind_end = end
            self._count(entry, start, end)
        if entry.types:
            inner = start >= _TYPE_EDGE and end <= self._length - _TYPE_EDGE
            weight = _weight(entry.word) * (_TYPE_INNER if inner else 1.0)
            for type_ in entry.types:
                self._types[type_] = self._types.get(type_, 0.0) + weight

    def _count(self, entry: _Entry, start: int, end: int) -> None:
        share = 1.0
        if end <= self._place_end:  # part of a name: the road's name says nothing, a school's a little
            if self._what is not Named.LANDMARK:
                return
            share = 0.5
        said = self._said.get(entry.word, 0)
        self._said[entry.word] = said + 1
        if said:
            share *= _AGAIN if said <= _AGAIN_MOST else 0.0
        elif start < _EARLY:
            share *= _EARLY_BONUS
        for code, weight in entry.kinds:
            self.scores[code] = self.scores.get(code, 0.0) + weight * share
        self.urgent.update(entry.urgent)

    def type(self) -> tuple[Type, bool]:
        """The type that is spoken for most, and whether any is."""
        if not self._types:
            return Type.COMPLAINT, False
        return max(self._types, key=lambda t: self._types[t]), True
