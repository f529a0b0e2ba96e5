"""The spans of time that boards are made for: weeks, months and quarters of the town's calendar, and days one chose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_KEY = re.compile(r"(\d{4})-(?:W(\d{1,2})|Q([1-4])|(\d{1,2}))", re.I)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
LONGEST = 366
"""Days of a period one chose."""


class Span(StrEnum):
    """How long a period is."""

    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"
    DAYS = "days"  # from a day to a day, as somebody chose them


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
        """How it is written: 2026-W10, 2026-03, 2026-Q1, 2026-03-02..2026-03-05."""
        match self.span:
            case Span.WEEK:
                year, week, _ = self.first.isocalendar()
                return f"{year}-W{week:02d}"
            case Span.MONTH:
                return f"{self.first:%Y-%m}"
            case Span.QUARTER:
                return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
            case Span.DAYS:
                return f"{self.first}..{self.last}"

    def holds(self, at: datetime | None) -> bool:
        """Whether a moment lies in it; nothing does not."""
        return at is not None and self.begin <= at < self.end

    def before(self, count: int = 1) -> Period:
        """The period of the same span so many earlier."""
        if self.span is Span.DAYS:
            back = (self.after - self.first) * count
            return Period(self.span, self.first - back, self.after - back, self.zone)
        found = self
        for _ in range(count):
            found = of(self.span, found.first - timedelta(days=1), self.zone)
        return found

    def following(self) -> Period:
        """The next period of the same span."""
        if self.span is Span.DAYS:
            return Period(self.span, self.after, self.after + (self.after - self.first), self.zone)
        return of(self.span, self.after, self.zone)


def between(first: date, last: date, zone: ZoneInfo) -> Period | None:
    """The period from a day to a day, both in it; None for none, or one longer than `LONGEST`."""
    try:
        after = last + _DAY
    except OverflowError:
        return None
    return Period(Span.DAYS, first, after, zone) if timedelta(0) < after - first <= LONGEST * _DAY else None


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
        case Span.DAYS:
            return Period(span, day, day + _DAY, zone)


def read(key: str, zone: ZoneInfo) -> Period | None:
    """The period a key names (see `Period.key`); None for what names none."""
    found = _KEY.fullmatch(key.strip())
    if found is None:
        return _read_days(key.strip(), zone)
    year, week, quarter, month = (int(part) if part else 0 for part in found.groups())
    try:
        if week:
            return of(Span.WEEK, date.fromisocalendar(year, week, 1), zone)
        if quarter:
            return of(Span.QUARTER, date(year, quarter * 3, 1), zone)
        return of(Span.MONTH, date(year, month, 1), zone)
    except (ValueError, OverflowError):
        return None


def _read_days(key: str, zone: ZoneInfo) -> Period | None:
    found = _DAYS.fullmatch(key)
    try:
        return found and between(date.fromisoformat(found[1]), date.fromisoformat(found[2]), zone)
    except ValueError:
        return None


def _months_later(first: date, months: int) -> date:
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
