"""A town as its clerk describes it: areas, kinds, units, rules, hours, limits, danger, contacts.

These are plain values; `bot.townfile` reads them from TOML and refuses wrong ones with line and reason. Entries retire,
they never vanish: an old ticket always finds the names it was filed under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum

from bot.domain.ticket import Type


class Clock(StrEnum):
    """Which time a kind's limit is counted in."""

    TYPE = "type"  # the type's limit, in working days
    DANGER = "danger"  # dispatch 1 h, answer 2 h, round the clock
    UTILITY = "utility"  # dispatch 2 h, answer 24 h, round the clock


UNDECIDED = "undecided"
"""The code of the kind 待定: always there, goes to the pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A town or street (level 2) or a village or community (level 1). Points are (latitude, longitude), WGS-84."""

    code: str
    name: str
    name_en: str = ""
    level: int = 1
    parent: str = ""
    aliases: tuple[str, ...] = ()
    roads: tuple[str, ...] = ()
    estates: tuple[str, ...] = ()
    landmarks: tuple[str, ...] = ()
    centre: tuple[float, float] | None = None
    outline: tuple[tuple[float, float], ...] = ()
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a matter is about. ``words`` in a text speak for it, ``strong_words`` twice as loud.

    ``group`` is one of the four classes. ``details`` are asked of the resident, once. The ``clock`` binds only texts
    that hold one of ``urgent_words`` (all, when there are none): no water cannot wait, a wrong water bill can.
    A kind with ``for_type`` is suggested for that type only.
    """

    code: str
    name: str
    name_en: str = ""
    group: str = ""
    words: tuple[str, ...] = ()
    strong_words: tuple[str, ...] = ()
    urgent_words: tuple[str, ...] = ()
    for_type: Type | None = None
    details: tuple[str, ...] = ()
    details_en: tuple[str, ...] = ()
    clock: Clock = Clock.TYPE
    forbids_level_1: bool = False
    walled: bool = False
    joinable: bool = False
    public: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True)
class WorkHours:
    """The spans of a working day, in order, in the town's time zone."""

    spans: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(14), time(18)))


FIRST, LOAD = "first", "load"
"""Who in a unit gets a ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Who acts. ``level`` 1 village or community, 2 town or street, 3 city department.

    ``area`` is what it serves ("" = all of the town). ``assign`` says who in it gets a ticket: the `FIRST` to take it,
    or by `LOAD` the handler with the fewest open ones.
    """

    code: str
    name: str
    name_en: str = ""
    level: int = 3
    parent: str = ""
    area: str = ""
    hours: WorkHours | None = None
    phone: str = ""
    sign_off: bool = False
    assign: str = FIRST
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """kind × area → unit. "*" stands for every kind or area; the unit "@1", "@2" is that level's own at the place."""

    kind: str
    area: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """A phrase that cannot wait. ``phrases`` say it, ``except_`` looks like it and is not; ``advice`` is told first."""

    code: str
    name: str
    phrases: tuple[str, ...]
    name_en: str = ""
    except_: tuple[str, ...] = ()
    kind: str = UNDECIDED
    numbers: tuple[str, ...] = ()
    advice: str = ""
    advice_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonWords:
    """Words that stand in nearly every matter, and how names of places end: what likeness must not rest on.

    ``particles`` are single characters that make a pair of neighbours no word. ``not_places`` begin like an ending of
    ``place_endings`` and are none.
    """

    words: tuple[str, ...] = ()
    particles: frozenset[str] = frozenset()
    place_endings: tuple[str, ...] = ()
    not_places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every figure of the rule book that a town may change. Working days, unless the name says otherwise."""

    answer_days: Mapping[Type, int | None] = field(
        default_factory=lambda: {
            Type.ENQUIRY: 3,
            Type.COMPLAINT: 5,
            Type.HELP: 5,
            Type.REPORT: 5,
            Type.IDEA: 15,
            Type.PRAISE: None,
        }
    )
    dispatch_days: int = 1
    study_days: int = 10
    day_hours: int = 7
    danger_dispatch: timedelta = timedelta(hours=1)
    danger_answer: timedelta = timedelta(hours=2)
    utility_dispatch: timedelta = timedelta(hours=2)
    utility_answer: timedelta = timedelta(hours=24)
    danger_unconfirmed: timedelta = timedelta(minutes=5)
    listen_within: timedelta = timedelta(minutes=30)
    quiet_window: timedelta = timedelta(seconds=3)
    draft_fresh: timedelta = timedelta(hours=2)
    draft_reminders: tuple[timedelta, ...] = (timedelta(hours=2), timedelta(hours=20))
    draft_ends: timedelta = timedelta(hours=44)
    after_filing: timedelta = timedelta(minutes=10)
    question_life: timedelta = timedelta(minutes=30)
    pin_reach_m: float = 3000.0
    text_max: int = 20_000
    file_max_bytes: int = 20 * 1024 * 1024
    attachments_max: int = 30
    files_per_day: int = 300
    take_hours: int = 4
    urgent_take: timedelta = timedelta(minutes=15)
    urgent_desk: timedelta = timedelta(minutes=30)
    urgent_order: timedelta = timedelta(hours=2)
    raise_hours: int = 4
    pauses: int = 2
    pause_days: int = 3
    pause_days_all: int = 5
    pause_reminder_days: int = 1
    object_hours: int = 4
    decide_hours: int = 4
    bounces_max: int = 2
    extension_days: int = 10
    recall_within: timedelta = timedelta(minutes=2)
    evidence_within: timedelta = timedelta(minutes=10)
    answer_short: int = 20
    code_tries_per_hour: int = 5
    alike_reach_m: float = 250.0
    alike_days: int = 90
    alike_offered: int = 3
    board_least: int = 5
    board_red: int = 85
    board_black: int = 60
    board_speed: int = 25
    board_quality: int = 25
    board_satisfaction: int = 30
    board_repeats: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What people are told when they want a human, or to know what is kept."""

    hotline: str = ""
    hotline_hours: str = ""
    hotline_hours_en: str = ""
    privacy_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Everything a town's clerk decides.

    ``holidays`` maps a date to True (day off) or False (make-up working day); ``holiday_years`` are the years that list
    knows completely. ``canned`` are ready answers by code, ``canned_en`` the same in English.
    """

    code: str
    name: str
    name_en: str = ""
    timezone: str = "Asia/Shanghai"
    areas: Mapping[str, Area] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    dangers: tuple[Danger, ...] = ()
    type_words: Mapping[Type, tuple[str, ...]] = field(default_factory=dict)
    hours: WorkHours = WorkHours()
    holidays: Mapping[date, bool] = field(default_factory=dict)
    holiday_years: frozenset[int] = frozenset()
    limits: Limits = field(default_factory=Limits)
    contacts: Contacts = field(default_factory=Contacts)
    canned: Mapping[str, str] = field(default_factory=dict)
    canned_en: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # code -> zh, en
    common: CommonWords = CommonWords()
