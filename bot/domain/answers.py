"""What an answer looks like before it leaves: is it perfunctory, and is anything left to fill in?

Flags are shown to whoever answers and kept with the answer; they never block (rule book, "Life of a ticket").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ticket import Type
from bot.domain.words import desk_word, fold
from bot.domain.work import Outcome

OF_A_MATTER = (Outcome.SOLVED, Outcome.PROMISED, Outcome.EXPLAINED)
OF_AN_IDEA = (Outcome.ADOPTED, Outcome.STUDIED, Outcome.DECLINED)

FEW = 4
"""So many characters besides stock phrases say nothing yet."""

_BRACES = re.compile(r"\{([^{}\n]{0,20})\}|_{3,}")
_BRACKETS = re.compile(r"【([^【】\n]{1,20})】")


class Flag(StrEnum):
    """Why an answer looks perfunctory."""

    SHORT = "short"
    SAME = "same"  # word for word a former answer
    EMPTY = "empty"  # received, passed on, being worked on: and nothing else
    SAME_PHOTO = "same_photo"  # the evidence was with the ticket before
    REUSED_PHOTO = "reused_photo"  # it was, or something that looks nearly like it, with another ticket before
    OLD_PHOTO = "old_photo"  # it was taken before the matter was filed


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words that say nothing by themselves, folded, without blanks and punctuation.

    ``stock`` say that something was received, passed on or is being worked on; ``filler`` are the courtesies around.
    """

    stock: tuple[str, ...]
    filler: tuple[str, ...] = ()

    @classmethod
    def of(cls, stock: Iterable[str], filler: Iterable[str] = ()) -> Phrases:
        """The phrases as people write them, made comparable, long ones first."""
        return cls(_comparable(stock), _comparable(filler))


def outcomes_of(type_: Type) -> tuple[Outcome, ...]:
    """How a matter of that type can be answered; the second promises a date."""
    return OF_AN_IDEA if type_ is Type.IDEA else OF_A_MATTER


def flags(text: str, former: Iterable[str], phrases: Phrases, short: int) -> tuple[Flag, ...]:
    """What is odd about an answer's words. ``former`` are earlier answers, ``short`` a number of characters."""
    words = desk_word(text)
    found: list[Flag] = []
    if len("".join(text.split())) < short:
        found.append(Flag.SHORT)
    if words and any(words == desk_word(other) for other in former):
        found.append(Flag.SAME)
    if says_nothing(words, phrases):
        found.append(Flag.EMPTY)
    return tuple(found)


def says_nothing(words: str, phrases: Phrases) -> bool:
    """Whether folded words are nothing but stock phrases and courtesies."""
    rest = words
    for phrase in phrases.stock:
        rest = rest.replace(phrase, "")
    if rest == words:
        return False
    for phrase in phrases.filler:
        rest = rest.replace(phrase, "")
    return len(rest) < FEW


def blanks(text: str, named: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """What still has to be filled in, as it is written in the text, in order and each once.

    ``{date}`` and a line of underscores are always blanks. ``【日期】`` is one when it is among ``named``: people put
    headings in such brackets too.
    """
    found = [(m.start(), m[0]) for m in _BRACES.finditer(text)]
    found += [(m.start(), m[0]) for m in _BRACKETS.finditer(text) if fold(m[0]) in named]
    return tuple(dict.fromkeys(blank for _, blank in sorted(found)))


def named_blanks(texts: Iterable[str]) -> frozenset[str]:
    """The bracketed blanks of canned answers, folded: what `blanks` takes for one in any text."""
    return frozenset(fold(m[0]) for text in texts for m in _BRACKETS.finditer(text))


def filled(text: str, blank: str, value: str) -> str:
    """The text with a value everywhere a blank stands."""
    return text.replace(blank, value)


def _comparable(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word for phrase in phrases if (word := desk_word(phrase))}, key=lambda w: (-len(w), w)))
