"""A set of messages in which people marked by hand what must be masked, and how well that is found.

Independent of the rules: it was written before they were looked at again, with what people write and not with what the
rules know. ``python -m tests.labelled`` prints the table of docs/privacy.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.masking import LAST, Number, finds

FILE = Path(__file__).parent / "personal_numbers.txt"
_MARKED = re.compile(r"\[(phone|identity|card|plate):([^\]]+)\]")


@dataclass(frozen=True)
class Message:
    """A message, and what must be masked in it: kind, from place, to before place."""

    text: str
    marked: tuple[tuple[Number, int, int], ...]


@dataclass
class Score:
    """Of one kind: how many there are, how many of them were found, how many finds were wrong."""

    number: Number
    there: int = 0
    found: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        """What part of all was found."""
        return self.found / self.there

    @property
    def precision(self) -> float:
        """What part of what was found is one."""
        return self.found / (self.found + self.wrong)


def messages(path: Path = FILE) -> Iterator[Message]:
    """Those of a file."""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        text, marked, at = "", list[tuple[Number, int, int]](), 0
        line = line.replace("\\n", "\n")
        for each in _MARKED.finditer(line):
            text += line[at : each.start()]
            marked.append((Number(each[1]), len(text), len(text) + len(each[2])))
            text += each[2]
            at = each.end()
        yield Message(text + line[at:], tuple(marked))


def scores(many: Sequence[Message]) -> tuple[dict[Number, Score], list[str]]:
    """How well each kind is found, and the messages in which something went wrong.

    One is found when it is masked whole, as what it is. A find is wrong where nothing is marked, or when it takes more
    than the marked signs with it.
    """
    found = {number: Score(number) for number in Number}
    wrong: list[str] = []
    for message in many:
        finds_ = list(finds(message.text))
        missed = False
        for number, begin, end in message.marked:
            found[number].there += 1
            inner = _signs(message.text, begin, end)
            hit = next((f for f in finds_ if f.number is number and f.begin <= inner[0] and inner[1] <= f.end), None)
            if hit is None or hit.begin < begin - LAST or hit.end > end + LAST:
                missed = True
                continue
            finds_.remove(hit)
            found[number].found += 1
        for left in finds_:
            found[left.number].wrong += 1
        if missed or finds_:
            wrong.append(message.text)
    return found, wrong


def _signs(text: str, begin: int, end: int) -> tuple[int, int]:
    """Where the first and the last letter or digit of a marked number stand: brackets around it need no mask."""
    while not text[begin].isalnum():
        begin += 1
    while not text[end - 1].isalnum():
        end -= 1
    return begin, end
