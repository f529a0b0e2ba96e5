"""Public holidays and make-up working days: the library's years, and over them the town's own list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import chinese_calendar

from bot.townfile.entries import HolidaysEntry
from bot.townfile.source import Placed
from bot.townfile.values import read_days


def library_holidays() -> dict[date, bool]:
    """Every day the library says something about: True a day off, False a working day that makes up for one."""
    days: dict[date, bool] = dict.fromkeys(chinese_calendar.holidays, True)
    days.update(dict.fromkeys(chinese_calendar.workdays, False))
    return days


def merge_holidays(own: Placed[HolidaysEntry] | None) -> tuple[Mapping[date, bool], frozenset[int]]:
    """The days a town's calendar goes by, and the years it knows completely. Raises ConfigurationError."""
    days = library_holidays()
    years = {day.year for day in days}
    if own is None:
        return days, frozenset(years)
    for year in own.entry.complete:
        days = {day: off for day, off in days.items() if day.year != year}
        years.add(year)
    seen: set[date] = set()
    for key, off in (("off", True), ("work", False)):
        for number, written in enumerate(getattr(own.entry, key)):
            try:
                for day in read_days(written):
                    if day in seen:
                        raise ValueError(f"{day} is listed twice")
                    seen.add(day)
                    days[day] = off
            except ValueError as error:
                raise own.fault(str(error), key, number) from None
    return days, frozenset(years)


def covered_until(years: frozenset[int]) -> date | None:
    """The last day whose holidays are known; None when no year is."""
    return date(max(years), 12, 31) if years else None
