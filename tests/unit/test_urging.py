"""When urging counts. The arithmetic stands beside each figure.

National Day 2026: 1 to 7 October are off, Sat 10 October is worked.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.domain.deadlines import half_time
from bot.domain.ticket import Action, Event, Status, Ticket, Type
from bot.domain.town import Clock, Limits, WorkHours
from bot.domain.urging import Urging, can_be_urged, urging, working_day
from bot.domain.work_calendar import WorkCalendar
from bot.townfile.holidays import merge_holidays

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAYS, YEARS = merge_holidays(None)
CALENDAR = WorkCalendar(WorkHours(), HOLIDAYS, ZONE, YEARS)
LIMITS = Limits()


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def ticket(**fields: object) -> Ticket:
    """A complaint dispatched on Wed 30 Sep 16:00, due on Tue 13 Oct 18:00."""
    made = Ticket(
        number="260930-00019", code="123456", alias="A", type=Type.COMPLAINT, kind="roads", status=Status.IN_PROGRESS,
        source="web", channel="web", text="x", filed_at=local(9, 30, 16), dispatched_at=local(9, 30, 16),
        due_at=local(10, 13, 18), unit="transport",
    )  # fmt: skip
    return replace(made, **fields)


def urged(at: datetime, **data: object) -> Event:
    return Event("260930-00019", 3, at, Action.URGE, Status.IN_PROGRESS, "web:li", dict(data))


def half(of: Ticket) -> datetime | None:
    return half_time(of, Clock(of.clock), LIMITS, CALENDAR)


def test_half_of_the_time_is_working_time() -> None:
    # 2 h on 30 Sep, 7 h on each of 8, 9, 10, 12 and 13 Oct are 37 h; 18.5 h: 2 + 7 + 7 + 2.5 on Sat 10 Oct.
    assert half(ticket()) == local(10, 10, 11, 30)


def test_half_of_the_time_of_a_danger_is_on_the_wall_clock() -> None:
    danger = ticket(clock="danger", dispatched_at=local(10, 2, 22), due_at=local(10, 3, 0))
    assert half(danger) == local(10, 2, 23)


def test_in_the_pool_half_of_the_time_for_dispatching_counts() -> None:
    # Filed Thu 8 Oct 16:00, to be dispatched by Fri 9 Oct 18:00: 2 + 7 = 9 h, half are 4.5: 2 + 2.5 on Friday.
    pooled = ticket(
        status=Status.FILED, unit="", filed_at=local(10, 8, 16), dispatched_at=None, due_at=None, promised_at=None
    )
    assert half(pooled) == local(10, 9, 11, 30)


def test_praise_has_no_half() -> None:
    assert half(ticket(type=Type.PRAISE, due_at=None)) is None


@pytest.mark.parametrize(
    ("now", "events", "amounts"),
    [
        (local(10, 10, 11, 29), [], Urging.EARLY),
        (local(10, 10, 11, 30), [], Urging.COUNTED),
        (local(10, 10, 16), [urged(local(10, 10, 11, 30))], Urging.TODAY),
        (local(10, 11, 16), [urged(local(10, 10, 11, 30))], Urging.COUNTED),  # Sunday counts to Monday
        (local(10, 12, 9), [urged(local(10, 11, 16))], Urging.TODAY),
        (local(10, 13, 0), [urged(local(10, 12, 9))], Urging.COUNTED),
        (local(10, 12, 9), [urged(local(10, 12, 8), counted=False)], Urging.COUNTED),
        (local(11, 2, 9), [], Urging.COUNTED),  # long overdue
    ],
)
def test_once_a_working_day_from_half_of_the_time_on(now: datetime, events: list[Event], amounts: Urging) -> None:
    assert urging(ticket(), half(ticket()), events, now, CALENDAR) is amounts


def test_while_the_resident_is_asked_nothing_counts() -> None:
    asked = ticket(status=Status.WAITING_RESIDENT)
    assert urging(asked, half(asked), [], local(10, 13, 9), CALENDAR) is Urging.ASKED


def test_without_a_date_nothing_counts() -> None:
    assert urging(ticket(), None, [], local(10, 13, 9), CALENDAR) is Urging.NO_TIME


@pytest.mark.parametrize("status", list(Status))
def test_only_what_is_owed_can_be_urged(status: Status) -> None:
    owed = {
        *(Status.FILED, Status.DISPATCHED, Status.IN_PROGRESS, Status.WAITING_RESIDENT, Status.OBJECTED),
        *(Status.JOINT, Status.REOPENED),
    }
    assert can_be_urged(ticket(status=status)) is (status in owed)


def test_the_working_day_of_a_moment() -> None:
    assert working_day(local(9, 30, 23), CALENDAR) == date(2026, 9, 30)
    assert working_day(local(10, 1, 0), CALENDAR) == date(2026, 10, 8)
    assert working_day(local(10, 10, 12), CALENDAR) == date(2026, 10, 10)  # a Saturday that is worked
