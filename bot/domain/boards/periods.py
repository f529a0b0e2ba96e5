"""The spans of time that boards are made for: weeks, months and quarters of the town's calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_WEEK = timedelta(days=7)
_KEY = re.compile(r"(\d{4})-(?:W(\d{1,2})|Q([1-4])|(\d{1,2}))", re.I)


class Span(StrEnum):
    """How long a period is."""

    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day's midnight to the midnight after the last day, in the town's time."""

    span: Span
    first: date
    after: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        """When it begins, UTC."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """When it is over, UTC; that moment is the next one's."""
        return _midnight(self.after, self.zone)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    @property
    def key(self) -> str:
        """How it is written: 2026-W10, 2026-03, 2026-Q1."""
        match self.span:
            case Span.WEEK:
                year, week, _ = self.first.isocalendar()
                return f"{year}-W{week:02d}"
            case Span.MONTH:
                return f"{self.first:%Y-%m}"
            case Span.QUARTER:
                return f"{self.first.year}-Q{(self.first.month + 2) // 3}"

    def holds(self, at: datetime | None) -> bool:
        """Whether a moment lies in it; nothing does not."""
        return at is not None and self.begin <= at < self.end

    def before(self, count: int = 1) -> Period:
        """The period of the same span so many earlier."""
        found = self
        for _ in range(count):
            found = of(self.span, found.first - timedelta(days=1), self.zone)
        return found


def of(span: Span, day: date, zone: ZoneInfo) -> Period:
    """The period of that span a day lies in."""
    match span:
        case Span.WEEK:
            first = day - timedelta(days=day.weekday())
            return Period(span, first, first + _WEEK, zone)
        case Span.MONTH:
            first = day.replace(day=1)
            return Period(span, first, _months_later(first, 1), zone)
        case Span.QUARTER:
            first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
            return Period(span, first, _months_later(first, 3), zone)


def read(key: str, zone: ZoneInfo) -> Period | None:
    """The period a key names (see `Period.key`); None for what names none."""
    found = _KEY.fullmatch(key.strip())
    if found is None:
        return None
    year, week, quarter, month = (int(part) if part else 0 for part in found.groups())
    try:
        if week:
            return of(Span.WEEK, date.fromisocalendar(year, week, 1), zone)
        if quarter:
            return of(Span.QUARTER, date(year, quarter * 3, 1), zone)
        return of(Span.MONTH, date(year, month, 1), zone)
    except (ValueError, OverflowError):
        return None


def _months_later(first: date, months: int) -> date:
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
