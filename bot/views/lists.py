"""Lists and queues of staff as values; made by `handlers.pages`, arranged by the templates of ``staff/``."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.views.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a text; ``marked`` where it is what was searched for."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A ticket in a list. All texts are in the reader's language and hold what this reader may know.

    ``address`` is its page, "" where there is none for this reader. ``level`` is the name of its colour, ``level_word``
    that in words. ``signs`` are short words that set it apart: danger, re-opened.
    """

    number: str
    address: str
    level: str
    level_word: str
    title: tuple[Piece, ...]
    type: str
    kind: str
    place: str
    state: str
    unit: str
    handler: str
    left: str
    due: str
    filed: str
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tap:
    """A button. ``token`` is what is pressed."""

    token: str
    label: str
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WordForm:
    """Words to be sent with an act: ``command`` about a ticket's number or "staff"; ``given`` goes before them, then
    one of ``choices`` (value, label), where there are some. ``value`` stands there already. ``lines`` is how high the
    field is, ``needed`` whether it may stay empty."""

    id: str
    about: str
    command: str
    label: str
    button: str
    given: tuple[str, ...] = ()
    needed: bool = False
    lines: int = 1
    value: str = ""
    choices_label: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits in a queue. ``facts`` are (label, text), ``links`` (address, label); ``words`` is what
    somebody wrote."""

    id: str
    title: str
    row: Row | None = None
    words: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] | None = None
    file_base: str = ""
    taps: tuple[Tap, ...] = ()
    forms: tuple[WordForm, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A number that leads to its list. ``name`` is the queue's, ``level`` a colour where it is bad news."""

    label: str
    count: int
    address: str
    name: str = ""
    level: str = ""
    more: bool = False  # there are more than that


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Addresses of the neighbours, "" where there are none, and what is shown of how many."""

    shown: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: its items, what it is about, and what to do where it is empty. ``waiting``: the desk asked for words."""

    name: str
    title: str
    about: str
    empty: str
    items: tuple[Item, ...]
    paging: Paging
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A field of a filter with what can be chosen: (value, label, chosen)."""

    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a filter that is typed. ``type`` is that of an ``input``."""

    name: str
    label: str
    value: str
    type: str = "text"


@dataclass(frozen=True, slots=True)
class Tick:
    """A field of a filter that is ticked."""

    name: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketList:
    """Tickets, their filters, and what somebody may do with many at once (``acts``: value, label).

    ``views`` are (address, label, chosen). ``notes`` say what the list leaves out.
    """

    title: str
    view: str
    views: tuple[tuple[str, str, bool], ...]
    rows: tuple[Row, ...]
    empty: str
    paging: Paging
    selects: tuple[Select, ...] = ()
    fields: tuple[Field, ...] = ()
    ticks: tuple[Tick, ...] = ()
    filtered: bool = False
    notes: tuple[str, ...] = ()
    acts: tuple[tuple[str, str], ...] = ()
    units: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff in a line."""

    name: str
    role: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What a day begins with. ``mine`` counts one's own work and ``first`` is the most urgent of it; ``desk`` counts
    what is in reach, ``queues`` what waits to be decided. Of ``undelivered`` something could not be told.
    ``unreachable`` are the first of those whom nothing reaches, ``deserted`` the units in which nobody can be
    reached."""

    day: str
    mine: tuple[Count, ...]
    desk: tuple[Count, ...]
    queues: tuple[Count, ...]
    first: tuple[Row, ...]
    undelivered: tuple[Row, ...] = ()
    unreachable: tuple[Person, ...] = ()
    more_unreachable: int = 0
    deserted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found. ``older`` is the address that goes on, "" where nothing is left."""

    said: str
    rows: tuple[Row, ...]
    excerpts: tuple[tuple[Piece, ...], ...]
    note: str = ""
    older: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a ticket in an act on many: how it is and how it will be, or why it is left out."""

    row: Row
    before: str
    after: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """An act on many tickets, before it is done. ``token`` does it, "" where there is nothing to do; ``going`` says of
    each that goes on how far it is."""

    title: str
    words: str
    changed: tuple[Change, ...]
    left_out: tuple[Change, ...]
    heard: str = ""
    token: str = ""
    going: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdeaLine:
    """An idea, or a lesson of a special case: ``facts`` are (label, text)."""

    number: str
    address: str
    text: tuple[Piece, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ideas:
    """The idea store: what was found in it."""

    said: str
    ideas: tuple[IdeaLine, ...]
    lessons: tuple[IdeaLine, ...] = field(default=())
    note: str = ""
