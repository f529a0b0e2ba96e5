"""What may stand in a town file, as it is written; docs/town.md says what it means. Unknown keys are refused."""

from __future__ import annotations

from typing import Any

import msgspec


class Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of all tables of a town file."""


class TownEntry(Entry):
    code: str
    name: str
    name_en: str = ""
    timezone: str = "Asia/Shanghai"


class HoursEntry(Entry):
    working: list[str]


class HolidaysEntry(Entry):
    """``off`` and ``work`` hold days or spans ("2027-02-05..2027-02-11"); ``complete`` the years listed in full."""

    complete: list[int] = []
    off: list[Any] = []
    work: list[Any] = []


class LimitsEntry(Entry):
    """Days are working days; spans of time are written "90s", "30min", "2h", "1d"."""

    answer_days: dict[str, int | str] = {}
    dispatch_days: int | None = None
    study_days: int | None = None
    day_hours: int | None = None
    take_hours: int | None = None
    raise_hours: int | None = None
    pauses: int | None = None
    pause_days: int | None = None
    pause_days_all: int | None = None
    pause_reminder_days: int | None = None
    object_hours: int | None = None
    decide_hours: int | None = None
    bounces_max: int | None = None
    extension_days: int | None = None
    recall_within: str | None = None
    evidence_within: str | None = None
    answer_short: int | None = None
    urgent_take: str | None = None
    urgent_desk: str | None = None
    urgent_order: str | None = None
    danger_dispatch: str | None = None
    danger_answer: str | None = None
    utility_dispatch: str | None = None
    utility_answer: str | None = None
    danger_unconfirmed: str | None = None
    listen_within: str | None = None
    quiet_window: str | None = None
    draft_fresh: str | None = None
    draft_reminders: list[str] | None = None
    draft_ends: str | None = None
    after_filing: str | None = None
    question_life: str | None = None
    pin_reach_m: float | None = None
    text_max: int | None = None
    file_max_mb: int | None = None
    attachments_max: int | None = None
    files_per_day: int | None = None
    code_tries_per_hour: int | None = None
    alike_reach_m: float | None = None
    alike_days: int | None = None
    alike_offered: int | None = None
    board_least: int | None = None
    board_red: int | None = None
    board_black: int | None = None
    board_speed: int | None = None
    board_quality: int | None = None
    board_satisfaction: int | None = None
    board_repeats: int | None = None


class ContactsEntry(Entry):
    hotline: str = ""
    hotline_hours: str = ""
    hotline_hours_en: str = ""
    privacy_url: str = ""


class CannedEntry(Entry):
    zh: str
    en: str = ""


class AreaEntry(Entry):
    """Points are [longitude, latitude], as in GeoJSON; the outline may also be a GeoJSON polygon in a string."""

    code: str
    name: str
    name_en: str = ""
    level: int | None = None
    parent: str = ""
    aliases: list[str] = []
    roads: list[str] = []
    estates: list[str] = []
    landmarks: list[str] = []
    centre: list[float] | None = None
    outline: list[list[float]] | str = []
    retired: bool = False


class GroupEntry(Entry):
    zh: str
    en: str = ""


class KindEntry(Entry):
    code: str
    name: str
    name_en: str = ""
    group: str = ""
    words: list[str] = []
    strong_words: list[str] = []
    urgent_words: list[str] = []
    for_type: str = ""
    details: list[str] = []
    details_en: list[str] = []
    clock: str = "type"
    forbids_level_1: bool = False
    walled: bool = False
    joinable: bool = False
    public: bool = False
    retired: bool = False


class UnitEntry(Entry):
    code: str
    name: str
    name_en: str = ""
    level: int = 3
    parent: str = ""
    area: str = ""
    hours: list[str] | None = None
    phone: str = ""
    sign_off: bool = False
    assign: str = "first"
    retired: bool = False


class DispatchEntry(Entry):
    """Each rule is [kind, area, unit]."""

    rules: list[list[str]] = []


class DangerEntry(Entry):
    code: str
    name: str
    phrases: list[str]
    name_en: str = ""
    except_: list[str] = msgspec.field(default_factory=list, name="except")
    kind: str = "undecided"
    numbers: list[str] = []
    advice: str = ""
    advice_en: str = ""


class FileEntry(Entry):
    """One file of a town. Tables may stand in any file; lists of several files are put together."""

    town: TownEntry | None = None
    hours: HoursEntry | None = None
    holidays: HolidaysEntry | None = None
    limits: LimitsEntry | None = None
    contacts: ContactsEntry | None = None
    type_words: dict[str, list[str]] | None = None
    canned: dict[str, CannedEntry] | None = None
    areas: list[AreaEntry] = []
    groups: dict[str, GroupEntry] | None = None
    kinds: list[KindEntry] = []
    units: list[UnitEntry] = []
    dispatch: DispatchEntry | None = None
    danger: list[DangerEntry] = []
