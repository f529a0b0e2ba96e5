"""What everybody may see of the desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it counts."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A released case, an adopted idea or a special case: what it is, the released words, what became of it, when,
    and released photos: address, address of the small one, its width and height."""

    head: str
    text: str
    state: str
    at: str
    photos: tuple[tuple[str, str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class BoardLink:
    """A published board: the key of its period, and its name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class PublicPage:
    """The whole page, in one language. ``promises`` are sentences."""

    town: str
    promises: tuple[str, ...]
    month: str
    figures: tuple[Figure, ...]
    boards: tuple[BoardLink, ...]
    ideas: tuple[Entry, ...]
    specials: tuple[Entry, ...]
    cases: tuple[Entry, ...]
    hotline: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A unit on a published board; ``colour`` is "red", "black" or "", with ``mark`` as its word."""

    rank: str
    unit: str
    score: str
    tickets: int
    colour: str
    mark: str
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoardLevel:
    """The units of one level."""

    name: str
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True, slots=True)
class PublicBoard:
    """A published board. ``columns`` are the names of the figures of each row."""

    town: str
    name: str
    published: str
    columns: tuple[str, ...]
    levels: tuple[BoardLevel, ...]
