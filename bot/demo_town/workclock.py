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


_MINUTES = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440)]
_SECONDS = [f"{second:02d}+00:00" for second in range(60)]
_DAYS: dict[int, str] = {}


def iso(at: int) -> str:
    """As `datetime.isoformat` has a moment, to the second."""
    seconds = at // SECOND
    day, second = divmod(seconds, 86_400)
    date_ = _DAYS.get(day)
    if date_ is None:
        date_ = _DAYS[day] = date.fromordinal(_EPOCH_DAY + day).isoformat()
    return date_ + _MINUTES[second // 60] + _SECONDS[second % 60]


_EPOCH_DAY = date(1970, 1, 1).toordinal()


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
        closes = self._closes[span]
        return self._before[span] + (at if at < closes else closes) - self._opens[span]

    def after(self, at: int, worked: int) -> int:
        """When so much working time has passed since a moment, to the second; past the last day, the end of that."""
        opens, before = self._opens, self._before
        span = bisect_right(opens, at) - 1
        closes = self._closes[span]
        wanted = before[span] + (at if at < closes else closes) - opens[span] + worked - worked % SECOND
        if span + 1 == len(before) or wanted >= before[span + 1]:
            span = bisect_right(before, wanted, span) - 1
        found = opens[span] + wanted - before[span]
        if found > self._closes[span]:
            found = self._closes[span]
        return found if found > at else at

    def between(self, start: int, end: int) -> int:
        """Working time between two moments."""
        return max(self.until(end) - self.until(start), 0)
