"""By when, as staff type it: a date (see `bot.domain.dates`) or a number of hours: ``4小时``, ``4h``.

What is written here in Chinese is notation that is read, as digits are; nobody is shown any of it.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from bot.domain.dates import folded_head, read_date
from bot.domain.town import Clock
from bot.domain.work_calendar import WorkCalendar

_HOURS = re.compile(r"\s*(\d{1,3})\s?(?:个?(?:工作)?(?:小时|钟头)|h|hours?)(?:之?内)?(?![a-z])")
_SIGNS = " \t\r\n,，:：;；、。"


def read_until(
    text: str, now: datetime, calendar: WorkCalendar, clock: Clock = Clock.TYPE
) -> tuple[datetime, str] | None:
    """The moment a text begins with, and the rest of it; None when it begins with none.

    A date means closing time of that day. Hours are working hours, on a round-the-clock ``clock`` those of the day.
    It may lie in the past: refusing that is the caller's.
    """
    folded, origin = folded_head(text)
    found = _HOURS.match(folded)
    if found is not None:
        hours = int(found[1])
        at = calendar.after_working_hours(now, hours).at if clock is Clock.TYPE else now + timedelta(hours=hours)
        return at, text[origin[found.end()] :].strip(_SIGNS)
    day = read_date(text, calendar.local_day(now), calendar)
    if day is None:
        return None
    noon = datetime.combine(day[0], time(12), calendar.zone)
    return calendar.after_working_days(noon, 0).at, day[1]
