"""Working days and hours, against the rule book's worked examples and the calendar on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.town import WorkHours
from bot.domain.work_calendar import WorkCalendar
from bot.townfile.holidays import covered_until, merge_holidays

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAYS, YEARS = merge_holidays(None)
CALENDAR = WorkCalendar(WorkHours(), HOLIDAYS, ZONE, YEARS)


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


moments = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive and adds the zone itself
    max_value=datetime(2028, 12, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("dispatched", "days", "due", "provisional"),
    [
        # Rule book: complaint, dispatched Wed 30 Sep 2026 16:00. Holiday 1-7 Oct; 8, 9, Sat 10 (make-up), 12, 13 Oct.
        (local(2026, 9, 30, 16), 5, local(2026, 10, 13, 18), False),
        # Rule book: enquiry, dispatched Fri 13 Feb 2026 20:00. Sat 14 (make-up), holiday 15-23, Tue 24, Wed 25 Feb.
        (local(2026, 2, 13, 20), 3, local(2026, 2, 25, 18), False),
        # Sat 9 May 2026 makes up for Labour Day: Fri 8 -> Sat 9.
        (local(2026, 5, 8, 10), 1, local(2026, 5, 9, 18), False),
        # Sunday 20 Sep 2026 makes up for National Day.
        (local(2026, 9, 18, 17, 59), 1, local(2026, 9, 20, 18), False),
        # A working day like others: the day itself never counts, even at 00:00.
        (local(2026, 3, 4, 0), 1, local(2026, 3, 5, 18), False),
        (local(2026, 3, 3, 23, 59), 1, local(2026, 3, 4, 18), False),
        # Over the turn of the year nobody knows 2027's holidays yet: Fri 1 Jan counts, and says so.
        (local(2026, 12, 30, 9), 1, local(2026, 12, 31, 18), False),
        (local(2026, 12, 30, 9), 2, local(2027, 1, 1, 18), True),
        (local(2027, 3, 5, 9), 1, local(2027, 3, 8, 18), True),
    ],
)
def test_n_working_days(dispatched: datetime, days: int, due: datetime, provisional: bool) -> None:
    moment = CALENDAR.after_working_days(dispatched, days)
    assert (moment.at, moment.provisional) == (due, provisional)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (local(2026, 3, 4, 9), 3, local(2026, 3, 4, 12)),  # ends with the span, not at the next opening
        (local(2026, 3, 4, 9), 3.5, local(2026, 3, 4, 14, 30)),
        (local(2026, 3, 4, 12, 30), 4, local(2026, 3, 4, 18)),
        (local(2026, 3, 4, 16), 4, local(2026, 3, 5, 11)),
        (local(2026, 3, 6, 17), 7, local(2026, 3, 9, 17)),  # Friday 1 h, Monday 6 h
        (local(2026, 9, 30, 17), 4, local(2026, 10, 8, 12)),  # National Day lies between
        (local(2026, 3, 7, 3), 1, local(2026, 3, 9, 10)),  # asked on a Saturday night
    ],
)
def test_working_hours(start: datetime, hours: float, end: datetime) -> None:
    assert CALENDAR.after_working_hours(start, hours).at == end
    assert CALENDAR.working_time_between(start, end) == timedelta(hours=hours)


def test_open_hours() -> None:
    assert CALENDAR.is_open(local(2026, 3, 4, 9))
    assert not CALENDAR.is_open(local(2026, 3, 4, 12))
    assert not CALENDAR.is_open(local(2026, 3, 4, 13, 59))
    assert CALENDAR.is_open(local(2026, 10, 10, 17, 59))  # a Saturday that makes up
    assert not CALENDAR.is_open(local(2026, 10, 5, 10))  # a Monday on holiday


def test_units_may_keep_other_hours() -> None:
    early = CALENDAR.with_hours(WorkHours(((time(8), time(11, 30)), (time(13), time(17, 30)))))
    assert early.after_working_days(local(2026, 9, 30, 16), 5).at == local(2026, 10, 13, 17, 30)
    assert CALENDAR.after_working_days(local(2026, 9, 30, 16), 5).at == local(2026, 10, 13, 18)


def test_a_list_of_the_town_makes_a_year_known() -> None:
    assert covered_until(YEARS) == CALENDAR.known_until == date(2026, 12, 31)
    known = WorkCalendar(WorkHours(), {**HOLIDAYS, date(2027, 1, 1): True}, ZONE, YEARS | {2027})
    moment = known.after_working_days(local(2026, 12, 30, 9), 2)
    assert (moment.at, moment.provisional) == (local(2027, 1, 4, 18), False)
    assert WorkCalendar(WorkHours(), {}, ZONE).known_until is None


def test_a_deadline_never_lies_behind() -> None:
    with pytest.raises(ValueError, match="ahead"):
        CALENDAR.after_working_days(local(2026, 3, 4), -1)
    with pytest.raises(ValueError, match="ahead"):
        CALENDAR.after_working_hours(local(2026, 3, 4), -1)


@given(moments, st.integers(1, 30))
def test_the_nth_day_is_the_first_day_after_the_one_before(moment: datetime, days: int) -> None:
    before, after = (CALENDAR.after_working_days(moment, n) for n in (days - 1, days))
    assert after == CALENDAR.after_working_days(before.at, 1) or before.provisional < after.provisional
    assert after.at > moment
    day = CALENDAR.local_day(after.at)
    assert CALENDAR.is_working_day(day)
    between = (CALENDAR.local_day(moment) + timedelta(days=n) for n in range(1, 400))
    assert sum(CALENDAR.is_working_day(d) for d in between if d <= day) == days


@given(moments, st.integers(0, 4800))
def test_hours_added_are_hours_counted(moment: datetime, minutes: int) -> None:
    added = timedelta(minutes=minutes)
    end = CALENDAR.after_working_hours(moment, added).at
    assert CALENDAR.working_time_between(moment, end) == added
    assert end >= moment


@given(moments, moments, moments)
def test_time_counted_in_parts_is_time_counted_at_once(a: datetime, b: datetime, c: datetime) -> None:
    first, middle, last = sorted((a, b, c))
    parts = CALENDAR.working_time_between(first, middle) + CALENDAR.working_time_between(middle, last)
    assert parts == CALENDAR.working_time_between(first, last)
    assert CALENDAR.working_time_between(last, first) == timedelta(0) or first == last


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_no_date_is_an_error(day: date) -> None:
    noon = datetime.combine(day, time(12), UTC)
    assert CALENDAR.after_working_days(noon, 15).provisional == (
        not all(
            CALENDAR.knows(day + timedelta(days=n)) for n in (1, (CALENDAR.after_working_days(noon, 15).at - noon).days)
        )
    )
