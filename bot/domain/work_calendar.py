"""Working time of a town: its hours, its holidays and the Saturdays that make up for them.

A calendar answers in UTC and never fails for a date: in a year whose holidays nobody knows yet Monday to Friday count,
and the answer says that it is provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.town import WorkHours

_DAY = timedelta(days=1)
_CACHE_LIMIT = 4096


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time (UTC). ``provisional``: it was counted over a year whose holidays are not known yet."""

    at: datetime
    provisional: bool = False


class WorkCalendar:
    """Counts working days and hours.

    ``holidays`` maps a date to True (day off) or False (make-up working day) and beats the weekday; ``years`` are those
    it knows completely.
    """

    __slots__ = ("_closings", "_spans", "holidays", "hours", "years", "zone")

    def __init__(
        self, hours: WorkHours, holidays: Mapping[date, bool], zone: ZoneInfo, years: frozenset[int] | None = None
    ) -> None:
        self.hours = hours
        self.holidays = holidays
        self.zone = zone
        self.years = frozenset(day.year for day in holidays) if years is None else years
        self._closings: dict[tuple[int, int], Moment] = {}
        self._spans: dict[int, tuple[tuple[datetime, datetime], ...]] = {}

    def with_hours(self, hours: WorkHours) -> WorkCalendar:
        """The same calendar for somebody who works at other hours."""
        return WorkCalendar(hours, self.holidays, self.zone, self.years)

    @property
    def day_length(self) -> timedelta:
        """How much working time a working day has."""
        return sum((_since_midnight(end) - _since_midnight(start) for start, end in self.hours.spans), timedelta(0))

    @property
    def known_until(self) -> date | None:
        """The last day of the unbroken run of known years that ends latest; None when no year is known."""
        return date(max(self.years), 12, 31) if self.years else None

    def knows(self, day: date) -> bool:
        """Whether the holidays of that day's year are known."""
        return day.year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether people work on that (local) day."""
        off = self.holidays.get(day)
        return day.weekday() < 5 if off is None else not off

    def local_day(self, moment: datetime) -> date:
        """The date in the town at a moment."""
        return moment.astimezone(self.zone).date()

    def spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The working spans of a local day in UTC, in order; empty on a day off."""
        known = self._spans.get(day.toordinal())
        if known is None:
            known = (
                tuple(
                    (
                        datetime.combine(day, start, self.zone).astimezone(UTC),
                        datetime.combine(day, end, self.zone).astimezone(UTC),
                    )
                    for start, end in self.hours.spans
                )
                if self.is_working_day(day)
                else ()
            )
            if len(self._spans) >= _CACHE_LIMIT:
                self._spans.clear()
            self._spans[day.toordinal()] = known
        return known

    def is_open(self, moment: datetime) -> bool:
        """Whether the moment is within working time (the closing minute itself is not)."""
        return any(start <= moment < end for start, end in self.spans(self.local_day(moment)))

    def after_working_days(self, moment: datetime, days: int) -> Moment:
        """Closing time of the Nth working day after the (local) day of ``moment``; that day itself never counts.

        For ``days`` = 0 it is closing time of that very day, working day or not. Raises ValueError below 0.
        """
        if days < 0:
            raise ValueError("a deadline lies ahead")
        first = moment.astimezone(self.zone).toordinal()
        key = (first, days)
        found = self._closings.get(key)
        if found is None:
            found = self._closing(date.fromordinal(first), days)
            if len(self._closings) >= _CACHE_LIMIT:
                self._closings.clear()
            self._closings[key] = found
        return found

    def _closing(self, day: date, days: int) -> Moment:
        provisional = not self.knows(day) and days == 0
        while days:
            day += _DAY
            provisional = provisional or not self.knows(day)
            days -= self.is_working_day(day)
        return Moment(datetime.combine(day, self.hours.spans[-1][1], self.zone).astimezone(UTC), provisional)

    def after_working_hours(self, moment: datetime, hours: float | timedelta) -> Moment:
        """When so much working time has passed since ``moment``; never before it.

        What ends exactly with a span ends at its closing time, not at the next opening.
        """
        left = hours if isinstance(hours, timedelta) else timedelta(hours=hours)
        if left < timedelta(0):
            raise ValueError("a deadline lies ahead")
        day, provisional = self.local_day(moment), False
        while left:
            provisional = provisional or not self.knows(day)
            for start, end in self.spans(day):
                begin = max(start, moment)
                if begin >= end:
                    continue
                if end - begin >= left:
                    return Moment(begin + left, provisional)
                left -= end - begin
            day += _DAY
        return Moment(moment.astimezone(UTC), provisional)

    def next_opening(self, moment: datetime) -> datetime:
        """When the next working span after a moment begins."""
        day = self.local_day(moment)
        while True:
            for start, _ in self.spans(day):
                if start > moment:
                    return start
            day += _DAY

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``; zero when the end comes first."""
        total = timedelta(0)
        day, last = self.local_day(start), self.local_day(end)
        while day <= last:
            for opens, closes in self.spans(day):
                total += max(min(closes, end) - max(opens, start), timedelta(0))
            day += _DAY
        return total

    def next_morning(self, now: datetime, at: time) -> datetime:
        """The next moment after ``now`` at which a working day's clock shows ``at`` (local time)."""
        day = self.local_day(now)
        while True:
            moment = self._local(day, at)
            if moment > now and self.is_working_day(day):
                return moment
            day += _DAY

    def next_week(self, now: datetime, at: time) -> datetime:
        """The next moment after ``now`` at which ``at`` is shown on a Monday, or on the first working day after it."""
        day = self.local_day(now)
        monday = day - _DAY * (day.weekday() + 7)  # last week's may have been put off until now
        while True:
            first = monday
            while not self.is_working_day(first):
                first += _DAY
            if (moment := self._local(first, at)) > now:
                return moment
            monday += _DAY * 7

    def day_bounds(self, moment: datetime) -> tuple[datetime, datetime]:
        """When the local day of a moment begins and ends."""
        day = self.local_day(moment)
        return self._local(day, time()), self._local(day + _DAY, time())

    def late_by(self, days: int, now: datetime) -> datetime:
        """What was due before this moment is overdue by so many working days, closing times counted."""
        day = self.local_day(now)
        while self.after_working_days(self._local(day, time()), days).at >= now:
            day -= _DAY
        return self._local(day + _DAY, time())

    def _local(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)
