"""Checks that entries of all sorts share; what fails becomes the error of its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from bot.domain.town import Area, Unit
from bot.townfile.source import Placed, Source

_CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
V = TypeVar("V")
C = TypeVar("C", bound=StrEnum)
N = TypeVar("N", Area, Unit)


def free_table(sources: Sequence[Source], table: str) -> dict[str, Any]:
    """A table with free keys, which may be spread over files."""
    found: dict[str, Any] = {}
    for source in sources:
        for key, value in (getattr(source.entry, table) or {}).items():
            if key in found:
                raise source.fault(f"{key!r} stands twice", table, key)
            found[key] = value
    return found


def value_of(placed: Placed[Any], read: Callable[[Any], V], written: Any, *keys: str | int) -> V:
    """What is written under a key, read; a reason why it cannot be read becomes the error of its line."""
    try:
        return read(written)
    except ValueError as error:
        raise placed.fault(str(error), *keys) from None


def check_code(placed: Placed[Any], code: str, known: Iterable[str] = ()) -> None:
    if not _CODE.fullmatch(code):
        raise placed.fault(f"code {code!r} may hold small letters, digits, - and _ only", "code")
    if code in known:
        raise placed.fault(f"code {code!r} stands twice", "code")
    if not placed.entry.name.strip():
        raise placed.fault(f"{code!r} has no name", "name")


def one_of(placed: Placed[Any], choices: type[C], written: str, key: str) -> C:
    try:
        return choices(written)
    except ValueError:
        known = ", ".join(choices)
        raise placed.fault(f"unknown {key} {written!r}; there are: {known}", key) from None


def words_of(placed: Placed[Any], key: str) -> tuple[str, ...]:
    """A list of words; one of a single character would be found everywhere."""
    words: list[str] = getattr(placed.entry, key)
    for number, word in enumerate(words):
        if len(word.strip()) < 2:
            raise placed.fault(f"{word!r} is too short: at least two characters", key.removesuffix("_"), number)
    return tuple(word.strip() for word in words)


def check_parents(found: Mapping[str, N], placed: Mapping[str, Placed[Any]]) -> None:
    for code, entry in found.items():
        if not entry.parent:
            continue
        parent = found.get(entry.parent)
        if parent is None:
            raise placed[code].fault(f"parent {entry.parent!r} does not exist", "parent")
        way: list[str] = [code]
        above: str = entry.parent
        while above and above in found:
            if above in way:
                raise placed[code].fault(f"a loop: {' -> '.join((*way, above))}", "parent")
            way.append(above)
            above = found[above].parent
        if parent.level <= entry.level:
            raise placed[code].fault(f"parent {entry.parent!r} is not of a higher level", "parent")
