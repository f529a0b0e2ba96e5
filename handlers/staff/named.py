"""Units, areas and people as staff call them inside a command: by name, by code, by a part of the name."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.people import Staff
from bot.domain.unit_names import first_unit
from bot.domain.words import desk_word
from bot.errors import Refusal
from bot.turn import Turn
from handlers.naming import area_name, unit_name

LONGEST = 8
"""A name has so many words at most ("Urban Management Bureau")."""

SHOWN = 5
_SIGNS = " \t\r\n,:;，：；、"


def unit_said(turn: Turn, text: str) -> tuple[str, str] | None:
    """The code of the unit a text begins with, and the rest; None when it begins with none that is in use.

    Raises Refusal (``named.several``) for a part of a name that several have.
    """
    found, rest = first_unit(turn.town, text)
    if len(found) > 1:
        raise _several(turn, text.split()[0], [unit_name(turn, unit.code) for unit in found])
    return (found[0].code, rest) if found else None


def area_said(turn: Turn, text: str) -> tuple[str, str] | None:
    """The code of the area a text begins with, and the rest; None when it begins with none that is in use.

    Raises Refusal (``named.several``) for a name that several have.
    """
    areas = [area for area in turn.town.areas.values() if not area.retired]
    for head, rest in _heads(text):
        word = desk_word(head)
        found = [a for a in areas if word and word in map(desk_word, (a.code, a.name, a.name_en, *a.aliases))]
        if len(found) > 1:
            raise _several(turn, head, [area_name(turn, area.code) for area in found])
        if found:
            return found[0].code, rest
    return None


def people_said(people: Iterable[Staff], text: str) -> tuple[tuple[Staff, ...], str]:
    """Who of these a text begins with, by id or whole name (several of one name), and the rest; nobody and the text."""
    people = tuple(people)
    for head, rest in _heads(text):
        found = tuple(s for s in people if s.id == head) or tuple(
            s for s in people if desk_word(s.name) == desk_word(head)
        )
        if found:
            return found, rest
    return (), text


def _several(turn: Turn, said: str, names: list[str]) -> Refusal:
    shown = turn.words("list.comma").join(names[:SHOWN])
    return Refusal("named.several", name=said, names=shown, count=len(names))


def _heads(text: str) -> Iterable[tuple[str, str]]:
    """The beginnings of a text that end with a word, the longest first, each with the rest."""
    words = text.replace("\u3000", " ").split()
    for count in range(min(len(words), LONGEST), 0, -1):
        yield " ".join(words[:count]).strip(_SIGNS), " ".join(words[count:])
