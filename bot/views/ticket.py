"""A ticket as a page shows it to a member of staff. All texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from bot.views.evidence import Evidence, Pair
from bot.views.frame import Frame


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table of facts."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened: when, who, what, the words that went with it, and what else is known of it."""

    at: str
    who: str
    what: str
    words: str = ""
    details: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its ``head`` says when, by whom and how it ended, ``notes`` what looks odd or is still to come."""

    head: str
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a form asks for. ``kind``: words, line, date, number, choice or given (a value that goes along).

    ``options`` are values and labels of a choice, ``value`` what stands there already, ``most`` the greatest number.
    """

    kind: str
    label: str = ""
    needed: bool = True
    options: tuple[tuple[str, str], ...] = ()
    value: str = ""
    most: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """Something the reader may do now. Without ``fields`` a press suffices; ``files``: it takes some. ``hint`` says
    what is good to know before."""

    command: str
    label: str
    fields: tuple[Field, ...] = ()
    files: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposal that waits: its ``line``, and how the reader may decide it (nothing for who may not)."""

    line: str
    forms: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Words the desk has asked this reader for: ``date`` when it is a day, ``value`` what there is already."""

    date: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """The page of a ticket, as it was ``at`` a moment.

    ``colour`` is a name (green to red), ``colour_label`` says it; ``left`` is the time left, ``late`` whether it is
    over. ``steps`` are in order of time. ``history``: the reader may ask who read it. ``waiting`` is what the last
    press asked for.
    """

    frame: Frame
    number: str
    title: str
    at: str
    colour: str
    colour_label: str
    state: str
    left: str
    late: bool
    words: str
    facts: tuple[Fact, ...]
    open_matters: tuple[str, ...]
    asked: tuple[Asked, ...]
    answers: tuple[Answered, ...]
    reviews: tuple[Step, ...]
    findings: tuple[Step, ...]
    steps: tuple[Step, ...]
    deliveries: tuple[Step, ...]
    links: tuple[tuple[str, str], ...]
    evidence: tuple[Evidence, ...]
    pairs: tuple[Pair, ...]
    quick: tuple[Form, ...] = ()
    forms: tuple[Form, ...] = ()
    waiting: Waiting | None = None
    history: bool = False


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Who read, forwarded or exported a ticket, the newest first."""

    frame: Frame
    number: str
    title: str
    looks: tuple[Step, ...]
