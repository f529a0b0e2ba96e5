"""A resident's page of one ticket, in words: made by `handlers.pages.resident_page`, arranged by templates."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.people import Address
from bot.views.evidence import Evidence, Pair


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose page it is, of which ticket. ``locale`` is the language the desk speaks to them ("" unknown)."""

    address: Address
    number: str
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be tapped: the act, its value, and what stands on it. ``current``: it is so already."""

    act: str
    value: str
    label: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. ``at`` is said, ``iso`` is the same moment for machines; ``text`` are the words that
    belong to it ("" for none), ``mine``: the reader did it."""

    at: str
    iso: str
    what: str
    text: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """The date somebody was told. ``used`` of ``whole`` is the time gone, in minutes of the clock it runs on; None
    where the date has no beginning to count from. ``words`` say the same, ``late``: it has passed."""

    due: str
    iso: str
    words: str
    late: bool = False
    used: int = 0
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked under an answer now. ``step`` is rate, finished, points or reason; ``options`` can be tapped (none
    for reason: that is said in words)."""

    step: str
    question: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentPage:
    """All that a page of one ticket shows its holder, in their language.

    ``question`` is what the handler wants to know, "" when nothing is. ``answer`` are the words of the last answer as
    they were told. ``supplement``, ``urge``, ``withdraw``: whether that can be done now. ``review`` is what is asked,
    ``said`` what they have answered, ``again`` lets them say that it is not settled after all. ``merged`` is where the
    matter goes on (number, address; the address is "" where it is not theirs).
    """

    number: str
    title: str
    text: str
    place: str
    kind: str
    state: str
    unit: str
    since: str
    joined: bool = False
    promise: Promise | None = None
    steps: tuple[Step, ...] = ()
    question: str = ""
    answer: str = ""
    evidence: tuple[Evidence, ...] = ()
    pairs: tuple[Pair, ...] = ()
    supplement: bool = False
    urge: bool = False
    withdraw: bool = False
    review: Asked | None = None
    said: tuple[str, ...] = ()
    again: tuple[Option, ...] = ()
    hide: Option | None = None
    mute: Option | None = None
    languages: tuple[Option, ...] = ()
    merged: tuple[str, str] | None = None
    limits: str = ""
    hotline: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What an act was answered, with what can be tapped on."""

    text: str
    options: tuple[Option, ...] = ()
