"""Working time looked up instead of counted day by day: boards ask for it of every ticket of a period."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.domain.work_calendar import WorkCalendar

_BEFORE = 400
"""So many days before the first moment that is asked for the counting begins."""


class Worked:
    """Working time of one calendar; the same figures as `WorkCalendar.working_time_between`."""

    __slots__ = ("_calendar", "_days", "_first")

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        self._first = 0
        # For each day from the first on: hours worked before it, and its spans as seconds since 1970.
        self._days: list[tuple[float, tuple[tuple[float, float], ...]]] = []

    def hours(self, start: datetime, end: datetime) -> float:
        """Working hours between two moments; 0 when the end comes first."""
        if end <= start:
            return 0.0
        if not self._days:
            self._first = start.astimezone(self._calendar.zone).toordinal() - _BEFORE
        first = start.astimezone(self._calendar.zone).toordinal()
        if first < self._first:
            return self._calendar.working_time_between(start, end) / timedelta(hours=1)
        return self._until(end) - self._until(start)

    def _until(self, moment: datetime) -> float:
        """Hours worked from the first day on until a moment."""
        place = moment.astimezone(self._calendar.zone).toordinal() - self._first
        while len(self._days) <= place:
            self._add()
        hours, spans = self._days[place]
        now = moment.timestamp()
        for opens, closes in spans:
            if now <= opens:
                break
            hours += (min(now, closes) - opens) / 3600
        return hours

    def _add(self) -> None:
        before = 0.0
        if self._days:
            before, spans = self._days[-1]
            before += sum(closes - opens for opens, closes in spans) / 3600
        day = date.fromordinal(self._first + len(self._days))
        spans = tuple((opens.timestamp(), closes.timestamp()) for opens, closes in self._calendar.spans(day))
        self._days.append((before, spans))
