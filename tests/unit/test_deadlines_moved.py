"""Dates that move: extensions, pauses, re-opening, help; and when the desk's lists are due. Every sum is written out.

Working time is 09:00-12:00 and 14:00-18:00, 7 hours a day. 2026: National Day 1-7 October off, Sun 20 September and
Sat 10 October work; Spring Festival 15-23 February off, Sat 14 and Sat 28 February work. 2027 is not known yet.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.deadlines import Tier, due_of, extended_due, half_of_rest, resumed_due, stood_still
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Clock, Limits, WorkHours
from bot.domain.work import Work
from bot.domain.work_calendar import Moment, WorkCalendar
from bot.townfile.holidays import merge_holidays

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAYS, YEARS = merge_holidays(None)
CALENDAR = WorkCalendar(WorkHours(), HOLIDAYS, ZONE, YEARS)
LIMITS = Limits()
HOURS = 3600


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def ticket(dispatched_at: datetime, type_: Type = Type.COMPLAINT, clock: Clock = Clock.TYPE, **work: object) -> Ticket:
    return Ticket(
        number="260304-00010", code="123456", alias="A", type=type_, kind="roads", status=Status.IN_PROGRESS,
        source="web", channel="web", text="x", filed_at=dispatched_at, dispatched_at=dispatched_at, clock=clock,
        work=Work(**work),  # type: ignore[arg-type]  # whichever fields a test names
    )  # fmt: skip


@pytest.mark.parametrize(
    ("due", "days", "expected"),
    [
        # From closing time to the closing time of the Nth working day after: Wed 4 -> Thu 5, Fri 6, Mon 9 March.
        (local(2026, 3, 4, 18), 1, local(2026, 3, 5, 18)),
        (local(2026, 3, 4, 18), 3, local(2026, 3, 9, 18)),
        # The time of day stays: a due moment that a pause has moved to 10:30.
        (local(2026, 3, 4, 10, 30), 1, local(2026, 3, 5, 10, 30)),
        # Over National Day: Wed 30 Sep 18:00 -> Thu 8, Fri 9, Sat 10 (make-up) Oct.
        (local(2026, 9, 30, 18), 3, local(2026, 10, 10, 18)),
        # Over Spring Festival: Fri 13 Feb -> Sat 14 (make-up), then 15-23 off, Tue 24.
        (local(2026, 2, 13, 18), 2, local(2026, 2, 24, 18)),
        (local(2026, 3, 4, 18), 0, local(2026, 3, 4, 18)),
    ],
)
def test_extensions(due: datetime, days: int, expected: datetime) -> None:
    assert extended_due(due, days, CALENDAR) == Moment(expected)


def test_an_extension_into_a_year_nobody_knows_is_provisional() -> None:
    # Wed 30 Dec 18:00 -> Thu 31 Dec is known; Fri 1 Jan 2027 counts as a working day and says so.
    assert extended_due(local(2026, 12, 30, 18), 1, CALENDAR) == Moment(local(2026, 12, 31, 18))
    assert extended_due(local(2026, 12, 30, 18), 2, CALENDAR) == Moment(local(2027, 1, 1, 18), provisional=True)


def test_round_the_clock_an_extension_is_days_of_24_hours() -> None:
    saturday = local(2026, 3, 7, 3)
    assert extended_due(saturday, 2, CALENDAR, Clock.UTILITY).at == local(2026, 3, 9, 3)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        (local(2026, 3, 4, 10), local(2026, 3, 4, 15), 3),  # 2 h before noon, 1 h after
        (local(2026, 3, 6, 18), local(2026, 3, 9, 9), 0),  # asked on Friday evening, answered by Monday morning
        (local(2026, 9, 30, 17), local(2026, 10, 8, 10), 2),  # 1 h on 30 Sep, the holiday, 1 h on 8 Oct
        (local(2026, 3, 4, 15), local(2026, 3, 4, 10), 0),  # a clock set back never takes time away
    ],
)
def test_a_pause_is_working_time(since: datetime, until: datetime, hours: float) -> None:
    assert stood_still(since, until, Clock.TYPE, CALENDAR) == hours * HOURS


def test_a_pause_round_the_clock_is_all_the_time() -> None:
    assert stood_still(local(2026, 3, 6, 18), local(2026, 3, 7, 2), Clock.UTILITY, CALENDAR) == 8 * HOURS
    assert stood_still(local(2026, 3, 7, 2), local(2026, 3, 6, 18), Clock.UTILITY, CALENDAR) == 0


@pytest.mark.parametrize(
    ("due", "hours", "expected"),
    [
        (local(2026, 3, 11, 18), 3, local(2026, 3, 12, 12)),  # the next morning's 3 hours, ending with them
        (local(2026, 3, 11, 18), 4, local(2026, 3, 12, 15)),
        (local(2026, 9, 30, 18), 7, local(2026, 10, 8, 18)),  # a whole day, after the holiday
    ],
)
def test_what_stood_still_is_added(due: datetime, hours: float, expected: datetime) -> None:
    assert resumed_due(due, hours * HOURS, Clock.TYPE, CALENDAR) == Moment(expected)


def test_what_stood_still_round_the_clock_is_added_as_it_is() -> None:
    assert resumed_due(local(2026, 3, 6, 18), 8 * HOURS, Clock.UTILITY, CALENDAR).at == local(2026, 3, 7, 2)


@given(
    hours=st.integers(0, 24 * 400),
    paused=st.integers(0, 5 * 7 * HOURS),
    days=st.integers(0, 10),
)
def test_it_makes_no_difference_whether_a_pause_or_an_extension_came_first(hours: int, paused: int, days: int) -> None:
    due = local(2026, 1, 5, 9) + timedelta(hours=hours)
    paused_first = extended_due(resumed_due(due, paused, Clock.TYPE, CALENDAR).at, days, CALENDAR).at
    extended_first = resumed_due(extended_due(due, days, CALENDAR).at, paused, Clock.TYPE, CALENDAR).at
    # Closing time and the next opening are the same point of working time; nothing else may differ.
    assert CALENDAR.working_time_between(
        min(paused_first, extended_first), max(paused_first, extended_first)
    ) == timedelta(0)


def test_an_assist_has_half_of_the_rest() -> None:
    # Thu 5 Mar 14:00 -> Wed 11 Mar 18:00: 4 + 7 + 7 + 7 + 7 = 32 h (5, 6, 9, 10, 11 March). Half is 16 h:
    # 4 h on Thursday, 7 h on Friday, 5 h on Monday: 16:00.
    half = half_of_rest(local(2026, 3, 5, 14), local(2026, 3, 11, 18), Clock.TYPE, LIMITS, CALENDAR)
    assert half == local(2026, 3, 9, 16)
    danger = half_of_rest(local(2026, 3, 5, 14), local(2026, 3, 5, 15), Clock.DANGER, LIMITS, CALENDAR)
    assert danger == local(2026, 3, 5, 14, 30)


def test_with_nothing_left_an_assist_has_the_time_for_taking() -> None:
    late = half_of_rest(local(2026, 3, 12, 9), local(2026, 3, 11, 18), Clock.TYPE, LIMITS, CALENDAR)
    assert late == local(2026, 3, 12, 15)  # 4 working hours: 3 before noon, 1 after
    danger = half_of_rest(local(2026, 3, 5, 16), local(2026, 3, 5, 15), Clock.DANGER, LIMITS, CALENDAR)
    assert danger == local(2026, 3, 5, 16, 30)


@pytest.mark.parametrize(
    ("made", "due"),
    [
        # Rule book: a complaint dispatched Wed 30 Sep 16:00 is due Tue 13 Oct 18:00 (8, 9, 10, 12, 13 Oct).
        (ticket(local(2026, 9, 30, 16)), local(2026, 10, 13, 18)),
        # Rule book: an enquiry dispatched Fri 13 Feb 20:00 is due Wed 25 Feb 18:00 (Sat 14, Tue 24, Wed 25).
        (ticket(local(2026, 2, 13, 20), Type.ENQUIRY), local(2026, 2, 25, 18)),
        # Two days more: Wed 14, Thu 15 Oct.
        (ticket(local(2026, 9, 30, 16), extended=2), local(2026, 10, 15, 18)),
        # It stood still for 3 working hours: Wed 14 Oct, 12:00.
        (ticket(local(2026, 9, 30, 16), paused=3 * HOURS), local(2026, 10, 14, 12)),
        # Both: Fri 16 Oct, 12:00.
        (ticket(local(2026, 9, 30, 16), paused=3 * HOURS, extended=2), local(2026, 10, 16, 12)),
        # At once, Wed 30 Sep 16:00: 2 h that day, 5 h on Thu 8 Oct: 3 before noon, 2 after.
        (ticket(local(2026, 9, 30, 16), tier=Tier.AT_ONCE), local(2026, 10, 8, 16)),
        # To be studied, 10 working days: 8, 9, 10, 12, 13, 14, 15, 16, 19, 20 Oct.
        (ticket(local(2026, 9, 30, 16), tier=Tier.STUDY), local(2026, 10, 20, 18)),
        # Re-opened once, dispatched Wed 4 Mar 10:00: of 6 + 5 * 7 = 41 h half is 20.5 h:
        # 6 on Wed, 7 on Thu, 7 on Fri, 0.5 on Mon 9 March.
        (ticket(local(2026, 3, 4, 10), reopened=1), local(2026, 3, 9, 9, 30)),
        # Re-opened three times: an eighth is 5.125 h, but a working day is the least: Thu 5 March, closing time.
        (ticket(local(2026, 3, 4, 10), reopened=3), local(2026, 3, 5, 18)),
        # Danger: two hours, day and night; a tier changes nothing.
        (ticket(local(2026, 10, 3, 23), clock=Clock.DANGER, tier=Tier.STUDY), local(2026, 10, 4, 1)),
        # Water off on a Saturday night, paused for 8 hours of the clock: 24 + 8.
        (ticket(local(2026, 10, 3, 23), clock=Clock.UTILITY, paused=8 * HOURS), local(2026, 10, 5, 7)),
    ],
)
def test_due_counted_anew(made: Ticket, due: datetime) -> None:
    assert due_of(made, LIMITS, CALENDAR) == Moment(due)


def test_due_counted_anew_over_the_turn_of_the_year_is_provisional() -> None:
    # Tue 29 Dec 2026: 30, 31 Dec, and Fri 1 Jan 2027 as long as nobody knows that it is a holiday.
    made = ticket(local(2026, 12, 29, 10), Type.ENQUIRY)
    assert due_of(made, LIMITS, CALENDAR) == Moment(local(2027, 1, 1, 18), provisional=True)
    # Once the list of 2027 is there: 1-3 Jan off, so Mon 4 Jan.
    new_year = {local(2027, 1, day, 12).astimezone(ZONE).date(): True for day in (1, 2, 3)}
    known = WorkCalendar(WorkHours(), {**HOLIDAYS, **new_year}, ZONE, YEARS | {2027})
    assert due_of(made, LIMITS, known) == Moment(local(2027, 1, 4, 18))


def test_praise_and_the_pool_have_no_due_moment() -> None:
    assert due_of(ticket(local(2026, 3, 4, 10), Type.PRAISE), LIMITS, CALENDAR) is None
    pooled = Ticket(
        number="1", code="1", alias="A", type=Type.HELP, kind="roads", status=Status.FILED, source="web",
        channel="web", text="x", filed_at=local(2026, 3, 4, 10),
    )  # fmt: skip
    assert due_of(pooled, LIMITS, CALENDAR) is None


MORNING = time(8, 30)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (local(2026, 3, 4, 8, 29), local(2026, 3, 4, 8, 30)),
        (local(2026, 3, 4, 8, 30), local(2026, 3, 5, 8, 30)),  # the one that is firing sets the next
        (local(2026, 3, 6, 12), local(2026, 3, 9, 8, 30)),  # Friday -> Monday
        (local(2026, 9, 18, 12), local(2026, 9, 20, 8, 30)),  # Fri 18 Sep -> Sunday 20, which makes up
        (local(2026, 9, 30, 12), local(2026, 10, 8, 8, 30)),  # over National Day
        (local(2026, 10, 9, 12), local(2026, 10, 10, 8, 30)),  # Saturday 10 makes up
        (local(2026, 2, 14, 12), local(2026, 2, 24, 8, 30)),  # over Spring Festival
        (local(2026, 12, 31, 12), local(2027, 1, 1, 8, 30)),  # Fri 1 Jan: nobody knows better
        (local(2026, 3, 4, 0, 10), local(2026, 3, 4, 8, 30)),  # ten past midnight is still Tuesday in UTC
    ],
)
def test_the_next_morning_list(now: datetime, expected: datetime) -> None:
    assert CALENDAR.next_morning(now, MORNING) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (local(2026, 3, 4, 12), local(2026, 3, 9, 8, 45)),  # Wed -> Mon
        (local(2026, 3, 9, 8, 44), local(2026, 3, 9, 8, 45)),
        (local(2026, 3, 9, 8, 45), local(2026, 3, 16, 8, 45)),
        (local(2026, 4, 3, 12), local(2026, 4, 7, 8, 45)),  # Mon 6 Apr is off (Qingming): Tue 7
        (local(2026, 4, 7, 8, 45), local(2026, 4, 13, 8, 45)),
        (local(2026, 9, 30, 12), local(2026, 10, 8, 8, 45)),  # Mon 5 Oct off: Thu 8
        (local(2026, 10, 7, 12), local(2026, 10, 8, 8, 45)),
        (local(2026, 10, 8, 8, 45), local(2026, 10, 12, 8, 45)),
        (local(2026, 2, 10, 12), local(2026, 2, 24, 8, 45)),  # Mondays 16 and 23 Feb both fall on Tue 24: once
        (local(2026, 2, 24, 8, 45), local(2026, 3, 2, 8, 45)),
        (local(2026, 12, 30, 12), local(2027, 1, 4, 8, 45)),
    ],
)
def test_the_next_week_reckoned_up(now: datetime, expected: datetime) -> None:
    assert CALENDAR.next_week(now, time(8, 45)) == expected


@pytest.mark.parametrize(
    ("now", "before"),
    [
        # Thu 12 Mar 08:30: what was due on Mon 9 is two working days late since Wed 11, 18:00; Tue 10's is not.
        (local(2026, 3, 12, 8, 30), local(2026, 3, 10)),
        (local(2026, 3, 11, 18), local(2026, 3, 9)),  # at that very moment it is not yet over
        (local(2026, 3, 11, 18, 1), local(2026, 3, 10)),
        # Fri 9 Oct 08:30: of National Day only Thu 8 has counted since; what was due Tue 29 Sep (30 Sep, 8 Oct) is.
        (local(2026, 10, 9, 8, 30), local(2026, 9, 30)),
    ],
)
def test_what_is_late_by_two_working_days(now: datetime, before: datetime) -> None:
    assert CALENDAR.late_by(2, now) == before


def test_the_bounds_of_a_day_are_local() -> None:
    assert CALENDAR.day_bounds(local(2026, 3, 4, 0, 10)) == (local(2026, 3, 4), local(2026, 3, 5))
