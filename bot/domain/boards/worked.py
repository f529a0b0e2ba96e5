"""Working time looked up instead of counted day by day: boards ask for it of every ticket of a period."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta

from bot.domain.work_calendar import WorkCalendar

_BEFORE, _AT_ONCE = 400, 100
"""Days before the first moment that is asked for with which the counting begins; days that are added at once."""


class Worked:
    """Working time of one calendar; the same figures as `WorkCalendar.working_time_between`."""

    __slots__ = ("_before", "_calendar", "_closes", "_first", "_next", "_opens", "_until")

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        # Spans as seconds since 1970, and the seconds worked before each; known from the first to the last moment.
        self._opens: list[float] = []
        self._closes: list[float] = []
        self._before: list[float] = []
        self._first = self._until = float("inf")
        self._next = date.min

    def hours(self, start: datetime, end: datetime) -> float:
        """Working hours between two moments; 0 when the end comes first."""
        begin, over = start.timestamp(), end.timestamp()
        if over <= begin:
            return 0.0
        if not self._opens:
            self._begin(self._calendar.local_day(start))
        if begin < self._first:
            return self._calendar.working_time_between(start, end) / timedelta(hours=1)
        while over > self._until:
            self._add()
        return (self._worked(over) - self._worked(begin)) / 3600

    def _worked(self, moment: float) -> float:
        """Seconds worked from the first moment on until another."""
        span = bisect_right(self._opens, moment) - 1
        if span < 0:
            return 0.0
        closes = self._closes[span]
        return self._before[span] + (moment if moment < closes else closes) - self._opens[span]

    def _begin(self, day: date) -> None:
        self._next = day - timedelta(days=_BEFORE)
        self._first = self._midnight(self._next)
        while not self._opens:
            self._add()

    def _add(self) -> None:
        for _ in range(_AT_ONCE):
            for opens, closes in self._calendar.spans(self._next):
                before = self._before[-1] + self._closes[-1] - self._opens[-1] if self._before else 0.0
                self._before.append(before)
                self._opens.append(opens.timestamp())
                self._closes.append(closes.timestamp())
            self._next += timedelta(days=1)
        self._until = self._midnight(self._next)

    def _midnight(self, day: date) -> float:
        return datetime(day.year, day.month, day.day, tzinfo=self._calendar.zone).timestamp()
