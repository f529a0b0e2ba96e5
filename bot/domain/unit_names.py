"""Which units somebody means who types a code, a name, or a part of one."""

from __future__ import annotations

import re

from bot.domain.town import Town, Unit
from bot.domain.words import desk_word

LONGEST_NAME = 6
"""Names of more words than that are not looked for ("Human Resources and Social Security Bureau" has six)."""

MOST_UNITS = 20
"""Nobody names more units than that at once; what follows them is words, however many names stand there."""

_WORD = re.compile(r"[^\s,，、;；+]+")
_SIGNS = " \t\r\n,，、;；:：+"


def units_called(town: Town, said: str) -> tuple[Unit, ...]:
    """The units of that code or name; else those whose name holds what was said. Retired ones act no more."""
    wanted = desk_word(said)
    if not wanted:
        return ()
    units = [unit for unit in town.units.values() if not unit.retired]
    exact = tuple(unit for unit in units if wanted in map(desk_word, (unit.code, unit.name, unit.name_en)))
    return exact or tuple(u for u in units if any(wanted in desk_word(name) for name in (u.name, u.name_en)))


def first_unit(town: Town, text: str) -> tuple[tuple[Unit, ...], str]:
    """The units that the beginning of a text may mean, and the rest of the text; no units: the text as it was.

    The longest run of words that means anything wins, so that names with blanks are read whole.
    """
    words = list(_WORD.finditer(text))[:LONGEST_NAME]
    for count in range(len(words), 0, -1):
        said = text[words[0].start() : words[count - 1].end()]
        found = units_called(town, said)
        if found:
            return found, text[words[count - 1].end() :].strip(_SIGNS)
    return (), text


def leading_units(town: Town, text: str) -> tuple[tuple[Unit, ...], tuple[Unit, ...], str]:
    """The units a text begins with, one after the other; those that the next name may mean if it fits several; the
    rest of the text."""
    found: dict[str, Unit] = {}
    for _ in range(MOST_UNITS):
        candidates, rest = first_unit(town, text)
        if len(candidates) != 1:
            return tuple(found.values()), candidates, text
        found[candidates[0].code] = candidates[0]
        text = rest
    return tuple(found.values()), (), text
