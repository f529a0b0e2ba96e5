"""Dates as staff type them: ``2026-10-08``, ``10-08``, ``10月8日``, ``明天``, ``+3``, ``3天``.

What is written here in Chinese is notation that is read, as digits are; nobody is shown any of it.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.domain.words import fold
from bot.domain.work_calendar import WorkCalendar

_FARTHEST = 400
"""Counts of days beyond this are not dates."""

_YEARS = 100
"""A year farther away is a slip of the finger, and would lead beyond what a calendar can count."""

_LOOKED_AT = 64
"""Characters."""

_NEAR = {"大后天": 3, "后天": 2, "明天": 1, "明日": 1, "今天": 0, "今日": 0, "tomorrow": 1, "today": 0}
"""Words for days near today, the longer ones first."""

_NUMERALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}

_COUNT = r"(\d{1,3}|[一二两三四五六七八九十])"
_END = r"(?![0-9a-z点])"
_FULL = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?:\s?[日号])?" + _END)
_SHORT = re.compile(r"(\d{1,2})\s?(?:[-/]|月)\s?(\d{1,2})(?:\s?[日号])?" + _END)
_WORKING = re.compile(rf"\+{_COUNT}(?:\s?(?:天|working days?))?{_END}|{_COUNT}\s?个?(?:工作日|working days?){_END}")
_DAYS = re.compile(rf"{_COUNT}\s?(?:天|日(?=内)|days?){_END}")
_COUNTED = re.compile(rf"\+?{_COUNT}(?![0-9./-])\s?(?:个?工作日|天|日|working days?|days?)?")
_AFTER = re.compile(r"\s?(?:之?[内后前])")
_SIGNS = " \t\r\n,:;、。"


def read_date(text: str, today: date, calendar: WorkCalendar) -> tuple[date, str] | None:
    """The date a text begins with, and the rest of the text; None when it begins with none.

    ``today`` is the local day. A year that is not said is the one in which the date lies nearest to today, so a date of
    last week stays in the past: refusing that is the caller's. ``+3`` and ``3个工作日`` are working days after today
    by the ``calendar``, ``3天`` are days of the week.
    """
    folded, origin = folded_head(text)
    found = _dated(folded, today, calendar)
    if found is None:
        return None
    day, end = found
    end += next((m.end() for m in [_AFTER.match(folded[end:])] if m), 0)
    return day, text[origin[end] :].lstrip(_SIGNS + "，：；")


def read_days(text: str) -> tuple[int, str] | None:
    """How many days a text begins with (``3``, ``3天``, ``+3``, ``三个工作日``), and the rest; None for no count."""
    folded, origin = folded_head(text)
    found = _COUNTED.match(folded)
    if found is None:
        return None
    return _number(found[1]), text[origin[found.end()] :].lstrip(_SIGNS + "，：；")


def _dated(folded: str, today: date, calendar: WorkCalendar) -> tuple[date, int] | None:
    if found := _FULL.match(folded):
        day = _valid(int(found[1]), int(found[2]), int(found[3]))
        return (day, found.end()) if day and abs(day.year - today.year) <= _YEARS else None
    if found := _SHORT.match(folded):
        day = _nearest(int(found[1]), int(found[2]), today)
        return (day, found.end()) if day else None
    if found := _WORKING.match(folded):
        count = _number(found[1] or found[2])
        return (_working(today, count, calendar), found.end()) if count <= _FARTHEST else None
    if found := _DAYS.match(folded):
        count = _number(found[1])
        return (today + timedelta(count), found.end()) if count <= _FARTHEST else None
    for word, days in _NEAR.items():
        if folded.startswith(word):
            return today + timedelta(days), len(word)
    return None


def folded_head(text: str) -> tuple[str, list[int]]:
    """The beginning of a text as `fold` makes it, without blanks before it, and where each of its characters comes
    from. No date and no count is longer, so the rest of a long text costs nothing."""
    folded, origin = "", []
    begin = len(text) - len(text.lstrip())
    end = min(begin + _LOOKED_AT, len(text))
    for place in range(begin, end):
        narrow = fold(text[place])
        if not folded and narrow.isspace():
            continue
        folded += narrow
        origin += [place] * len(narrow)
    return folded, [*origin, end]


def _number(written: str) -> int:
    return int(written) if written.isdecimal() else _NUMERALS[written]


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, today: date) -> date | None:
    years = (_valid(year, month, day) for year in range(max(today.year - 1, 1), min(today.year + 1, 9999) + 1))
    return min((found for found in years if found), key=lambda found: abs(found - today), default=None)


def _working(today: date, days: int, calendar: WorkCalendar) -> date:
    while days:
        today += timedelta(1)
        days -= calendar.is_working_day(today)
    return today
