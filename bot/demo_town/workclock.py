"""Working time as whole microseconds, looked up: a year has many moments, and its days are always the same."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

from bot.domain.work_calendar import WorkCalendar

HOUR = 3_600_000_000
SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """The moment, UTC."""
    return _EPOCH + timedelta(microseconds=at)


class WorkClock:
    """The working time of a calendar between two days. Moments are microseconds since 1970, whole seconds of them."""

    __slots__ = ("_before", "_closes", "_opens")

    def __init__(self, calendar: WorkCalendar, first: date, last: date) -> None:
        self._opens: list[int] = []
        self._closes: list[int] = []
        self._before: list[int] = []
        worked, day = 0, first
        while day <= last:
            for opens, closes in calendar.spans(day):
                self._opens.append(micros(opens))
                self._closes.append(micros(closes))
                self._before.append(worked)
                worked += self._closes[-1] - self._opens[-1]
            day += timedelta(days=1)

    def until(self, at: int) -> int:
        """Working time from the first day until a moment."""
        span = bisect_right(self._opens, at) - 1
        if span < 0:
            return 0
        return self._before[span] + min(at, self._closes[span]) - self._opens[span]

    def after(self, at: int, worked: int) -> int:
        """When so much working time has passed since a moment, to the second; past the last day, the end of that."""
        wanted = self.until(at) + worked - worked % SECOND
        span = bisect_right(self._before, wanted) - 1
        return max(at, min(self._opens[span] + wanted - self._before[span], self._closes[span]))

    def between(self, start: int, end: int) -> int:
        """Working time between two moments."""
        return max(self.until(end) - self.until(start), 0)
