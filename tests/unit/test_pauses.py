"""Questions that stop the clock: which, from when, how long, and where the due moment goes.

The arithmetic stands beside each figure. National Day 2026: Thu 1 to Wed 7 October are off, Sat 10 October is worked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.domain.deadlines import resumed_due, stood_still
from bot.domain.pauses import RunsOn, in_last_quarter, reminder, runs_again, runs_on
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Clock, Limits, WorkHours
from bot.domain.work import Work
from bot.domain.work_calendar import WorkCalendar
from bot.townfile.holidays import merge_holidays

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAYS, YEARS = merge_holidays(None)
CALENDAR = WorkCalendar(WorkHours(), HOLIDAYS, ZONE, YEARS)
LIMITS = Limits()
HOUR = 3600.0


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def ticket(**fields: object) -> Ticket:
    """A complaint dispatched on Wed 30 Sep 16:00, due on Tue 13 Oct 18:00 (8, 9, 10, 12, 13 October)."""
    made = Ticket(
        number="260930-00019", code="123456", alias="A", type=Type.COMPLAINT, kind="roads", status=Status.IN_PROGRESS,
        source="web", channel="web", text="x", filed_at=local(9, 30, 16), dispatched_at=local(9, 30, 16),
        due_at=local(10, 13, 18), unit="transport",
    )  # fmt: skip
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"danger": "gas"}, RunsOn.DANGER),
        ({"clock": "danger"}, RunsOn.DANGER),
        ({"clock": "utility"}, None),
        ({"work": Work(pauses=1, paused=34 * HOUR)}, None),
        ({"work": Work(pauses=2)}, RunsOn.OFTEN),
        ({"work": Work(pauses=1, paused=35 * HOUR)}, RunsOn.USED_UP),  # 5 days of 7 hours
        ({"clock": "utility", "work": Work(pauses=1, paused=5 * 24 * HOUR)}, RunsOn.USED_UP),  # 5 days of 24 hours
    ],
)
def test_which_questions_stop_no_clock(fields: dict[str, object], why: RunsOn | None) -> None:
    assert runs_on(ticket(**fields), LIMITS, CALENDAR) == why


def test_the_last_quarter_is_counted_in_working_time() -> None:
    # 30 Sep 16:00-18:00 = 2 h, then 8, 9, 10, 12, 13 October of 7 h each: 37 h. Three quarters are 27 h 45 min:
    # 2 h + 3 days (21 h) leaves 4 h 45 min of Mon 12 October: 09-12 and 14:00-15:45.
    assert not in_last_quarter(ticket(), local(10, 12, 15, 44), CALENDAR)
    assert in_last_quarter(ticket(), local(10, 12, 15, 45), CALENDAR)
    assert in_last_quarter(ticket(), local(10, 13, 17, 59), CALENDAR)
    assert in_last_quarter(ticket(), local(10, 14, 9), CALENDAR), "late is not early"
    assert not in_last_quarter(ticket(due_at=None), local(10, 14, 9), CALENDAR)


def test_over_the_national_day_a_pause_is_three_working_days() -> None:
    delivered = local(9, 30, 17)
    # Reminded at the end of the first working day after: Thu 8 October; three days end with Sat 10 October (make-up).
    assert reminder(delivered, LIMITS, CALENDAR).at == local(10, 8, 18)
    again = runs_again(ticket(), delivered, LIMITS, CALENDAR).at
    assert again == local(10, 10, 18)
    # It stood still for 1 h of 30 September and 3 days of 7 h: 22 h. Due Tue 13 Oct 18:00 + 22 h of working time:
    # 14, 15, 16 October take 21 h, the last hour is 09:00-10:00 of Mon 19 October.
    stood = stood_still(delivered, again, Clock.TYPE, CALENDAR)
    assert stood == 22 * HOUR
    assert resumed_due(local(10, 13, 18), stood, Clock.TYPE, CALENDAR).at == local(10, 19, 10)


def test_an_answer_in_the_holidays_costs_the_unit_nothing() -> None:
    # Delivered after closing on 30 September, answered on 5 October: no working time passed.
    assert stood_still(local(9, 30, 20), local(10, 5, 12), Clock.TYPE, CALENDAR) == 0.0


def test_all_pauses_together_end_after_five_working_days() -> None:
    # 30 of 35 hours are used: 5 h are left. Delivered Thu 8 October 14:00: 4 h that day, the fifth is 09-10 on Friday.
    paused = ticket(work=Work(pauses=1, paused=30 * HOUR))
    assert runs_again(paused, local(10, 8, 14), LIMITS, CALENDAR).at == local(10, 9, 10)
    nothing_left = ticket(work=Work(pauses=1, paused=36 * HOUR))
    assert runs_again(nothing_left, local(10, 8, 14), LIMITS, CALENDAR).at == local(10, 8, 14)


def test_round_the_clock_the_pause_is_counted_in_hours_of_the_day() -> None:
    heat = ticket(clock="utility", work=Work(pauses=1, paused=4.5 * 24 * HOUR))
    assert runs_again(heat, local(10, 8, 14), LIMITS, CALENDAR).at == local(10, 8, 14) + timedelta(hours=12)
