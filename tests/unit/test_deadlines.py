"""What is due when, which rungs there are, and the colour that follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.domain.colour import Colour, colour
from bot.domain.deadlines import Rung, Tier, answer_due, clock_of, dispatch_due, first_rung, ladder, next_step
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.town import Clock, Kind, Limits, WorkHours
from bot.domain.work import Work
from bot.domain.work_calendar import Moment, WorkCalendar
from bot.townfile.holidays import merge_holidays

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAYS, YEARS = merge_holidays(None)
CALENDAR = WorkCalendar(WorkHours(), HOLIDAYS, ZONE, YEARS)
LIMITS = Limits()


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def ticket(status: Status = Status.DISPATCHED, **fields: object) -> Ticket:
    """A complaint dispatched on Wed 4 Mar 10:00, due on Wed 11 Mar 18:00 (5, 6, 9, 10, 11 March)."""
    made = Ticket(
        number="260304-00010", code="123456", alias="A", type=Type.COMPLAINT, kind="roads", status=status,
        source="web", channel="web", text="x", filed_at=local(3, 4, 10), dispatched_at=local(3, 4, 10),
        due_at=local(3, 11, 18),
    )  # fmt: skip
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("type_", "clock", "tier", "due"),
    [
        (Type.ENQUIRY, Clock.TYPE, Tier.NORMAL, local(3, 9, 18)),
        (Type.COMPLAINT, Clock.TYPE, Tier.NORMAL, local(3, 11, 18)),
        (Type.HELP, Clock.TYPE, Tier.NORMAL, local(3, 11, 18)),
        (Type.REPORT, Clock.TYPE, Tier.NORMAL, local(3, 11, 18)),
        (Type.IDEA, Clock.TYPE, Tier.NORMAL, local(3, 25, 18)),
        (Type.COMPLAINT, Clock.TYPE, Tier.AT_ONCE, local(3, 5, 10)),  # 7 working hours: 2 + 4, and 1 tomorrow
        (Type.COMPLAINT, Clock.TYPE, Tier.STUDY, local(3, 18, 18)),
        (Type.COMPLAINT, Clock.DANGER, Tier.NORMAL, local(3, 4, 12)),
        (Type.COMPLAINT, Clock.UTILITY, Tier.STUDY, local(3, 5, 10)),
        (Type.PRAISE, Clock.DANGER, Tier.NORMAL, local(3, 4, 12)),
    ],
)
def test_answers(type_: Type, clock: Clock, tier: Tier, due: datetime) -> None:
    assert answer_due(type_, clock, local(3, 4, 10), LIMITS, CALENDAR, tier) == Moment(due)


def test_praise_needs_no_answer() -> None:
    assert answer_due(Type.PRAISE, Clock.TYPE, local(3, 4, 10), LIMITS, CALENDAR) is None


def test_dispatch() -> None:
    friday_night = local(3, 6, 22)
    assert dispatch_due(Clock.TYPE, friday_night, LIMITS, CALENDAR).at == local(3, 9, 18)
    assert dispatch_due(Clock.DANGER, friday_night, LIMITS, CALENDAR).at == local(3, 6, 23)
    assert dispatch_due(Clock.UTILITY, friday_night, LIMITS, CALENDAR).at == local(3, 7, 0)


def test_which_clock() -> None:
    utility = Kind(code="water", name="water", clock=Clock.UTILITY, urgent_words=("no water",))
    always = Kind(code="heat", name="heat", clock=Clock.UTILITY)
    assert clock_of(utility, "", urgent=False) is Clock.TYPE
    assert clock_of(utility, "", urgent=True) is Clock.UTILITY
    assert clock_of(always, "", urgent=False) is Clock.UTILITY
    assert clock_of(utility, "gas", urgent=False) is Clock.DANGER
    assert clock_of(None, "", urgent=True) is Clock.TYPE


def test_the_ladder_of_a_common_ticket() -> None:
    # Working time 4 Mar 10:00 -> 11 Mar 18:00: 6 h + 5 * 7 h = 41 h.
    # Three quarters are 30.75 h: 27 h till 9 Mar, 3.75 h more.
    steps = ladder(ticket(), Clock.TYPE, LIMITS, CALENDAR)
    assert [(step.level, step.rung, step.at) for step in steps] == [
        (1, Rung.NOT_TAKEN, local(3, 4, 16)),
        (2, Rung.LAST_QUARTER, local(3, 10, 14, 45)),
        (3, Rung.DUE, local(3, 11, 18)),
        (4, Rung.ONE_DAY_LATE, local(3, 12, 18)),
        (5, Rung.ORDER, local(3, 13, 18)),
    ]
    assert next_step(steps, local(3, 11, 18)) == steps[3]
    assert next_step(steps, local(4, 1)) is None


def test_taking_postpones_the_next_rung_once_but_never_the_order() -> None:
    taken = ticket(Status.IN_PROGRESS)
    early = ladder(taken, Clock.TYPE, LIMITS, CALENDAR, taken_at=local(3, 4, 11))
    assert [step.rung for step in early] == [Rung.LAST_QUARTER, Rung.DUE, Rung.ONE_DAY_LATE, Rung.ORDER]
    assert early[0].at == local(3, 11, 9, 45)  # 14:45 and 4 working hours: 3.25 h, and 0.75 h of the next morning
    assert early[1].at == local(3, 11, 18)
    late = ladder(taken, Clock.TYPE, LIMITS, CALENDAR, taken_at=local(3, 13, 10))
    assert late[-1].at == local(3, 13, 18)


def test_round_the_clock_rungs() -> None:
    danger = ticket(danger="gas", due_at=local(3, 4, 12))
    steps = ladder(danger, Clock.DANGER, LIMITS, CALENDAR)
    assert [(step.rung, step.at - local(3, 4, 10)) for step in steps] == [
        (Rung.NOT_TAKEN, timedelta(minutes=15)),
        (Rung.STILL_NOT_TAKEN, timedelta(minutes=30)),
        (Rung.DUE, timedelta(hours=2)),
        (Rung.ORDER, timedelta(hours=4)),
    ]


def test_the_pool_has_half_time_and_due() -> None:
    pooled = ticket(Status.FILED, dispatched_at=None, due_at=None)
    # Filed Wed 10:00, due Thu 18:00: 6 h + 7 h; half of 13 h is 6.5 h: Thu 09:30.
    assert [(step.rung, step.at) for step in ladder(pooled, Clock.TYPE, LIMITS, CALENDAR)] == [
        (Rung.POOL_HALF, local(3, 5, 9, 30)),
        (Rung.POOL_DUE, local(3, 5, 18)),
    ]


@pytest.mark.parametrize("status", [Status.ANSWERED, Status.CLOSED, Status.WITHDRAWN, Status.REJECTED, Status.MERGED])
def test_nobody_is_chased_while_nobody_must_act(status: Status) -> None:
    assert ladder(ticket(status), Clock.TYPE, LIMITS, CALENDAR) == ()


@pytest.mark.parametrize(
    ("now", "work", "expected"),
    [
        (local(3, 10, 14, 44), Work(), Colour.GREEN),
        (local(3, 10, 14, 45), Work(), Colour.YELLOW),
        (local(3, 11, 18), Work(), Colour.YELLOW),
        (local(3, 11, 18, 1), Work(), Colour.ORANGE),
        (local(3, 13, 18), Work(), Colour.ORANGE),
        (local(3, 13, 18, 1), Work(), Colour.RED),
        (local(3, 4, 11), Work(urges=1, reporters=2, bad_reviews=1), Colour.GREEN),
        (local(3, 4, 11), Work(urges=2), Colour.ORANGE),
        (local(3, 4, 11), Work(reporters=3), Colour.ORANGE),
        (local(3, 4, 11), Work(bad_reviews=2), Colour.RED),
        (local(3, 4, 11), Work(care=True), Colour.YELLOW),
        (local(3, 11, 18, 1), Work(care=True), Colour.RED),
        (local(3, 13, 18, 1), Work(care=True), Colour.RED),
    ],
)
def test_colours(now: datetime, work: Work, expected: Colour) -> None:
    assert colour(ticket(work=work), now, Clock.TYPE, CALENDAR) is expected


def test_danger_is_red_until_answered() -> None:
    danger = ticket(danger="fire", due_at=local(3, 4, 12))
    assert colour(danger, local(3, 4, 10), Clock.DANGER, CALENDAR) is Colour.RED
    answered = danger.after(Action.TAKE, local(3, 4, 10)).after(Action.ANSWER, local(3, 4, 11))
    assert colour(answered, local(3, 20), Clock.DANGER, CALENDAR) is Colour.GREEN


@pytest.mark.parametrize("clock", list(Clock))
@pytest.mark.parametrize("type_", [Type.ENQUIRY, Type.COMPLAINT, Type.IDEA])
def test_the_first_rung_is_the_first_of_the_ladder(clock: Clock, type_: Type) -> None:
    for hours in range(0, 24 * 9, 7):
        at = local(9, 29, 7, 15) + timedelta(hours=hours)
        due = answer_due(type_, clock, at, LIMITS, CALENDAR)
        assert due is not None
        fresh = ticket(type=type_, clock=clock, dispatched_at=at, due_at=due.at)
        assert first_rung(fresh, clock, LIMITS, CALENDAR) == ladder(fresh, clock, LIMITS, CALENDAR)[0]
