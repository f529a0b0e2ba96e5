"""Which rungs of the overdue ladder a ticket has to fear, as its work goes on. Sums are written out.

Working time is 09:00-12:00 and 14:00-18:00. 2026: 1-7 October off, Sat 10 October works; 15-23 February off, Sat 14
and Sat 28 February work.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.domain.colour import Colour, colour
from bot.domain.deadlines import Rung, deadline, ladder
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Clock, Limits, WorkHours
from bot.domain.work import AnswerDraft, Outcome, Work
from bot.domain.work_calendar import WorkCalendar
from bot.townfile.holidays import merge_holidays

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAYS, YEARS = merge_holidays(None)
CALENDAR = WorkCalendar(WorkHours(), HOLIDAYS, ZONE, YEARS)
LIMITS = Limits()


def local(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def ticket(status: Status = Status.IN_PROGRESS, work: Work | None = None, **fields: object) -> Ticket:
    """A complaint dispatched on Wed 30 Sep 2026 16:00, due on Tue 13 Oct 18:00: 8, 9, Sat 10, 12, 13 Oct."""
    made = Ticket(
        number="260930-00010", code="123456", alias="A", type=Type.COMPLAINT, kind="roads", status=status,
        source="web", channel="web", text="x", filed_at=local(9, 30, 16), dispatched_at=local(9, 30, 16),
        due_at=local(10, 13, 18), unit="roads", work=work or Work(),
    )  # fmt: skip
    return replace(made, **fields)


def rungs(made: Ticket, clock: Clock = Clock.TYPE) -> list[tuple[Rung, datetime]]:
    steps = ladder(made, clock, LIMITS, CALENDAR, made.work.taken_at)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    return [(step.rung, step.at) for step in steps]


ANSWER = AnswerDraft(outcome=Outcome.SOLVED, text="done", by="chen", submitted_at=local(10, 13, 17, 59))


def test_over_national_day_and_its_make_up_saturday() -> None:
    # 2 h on 30 Sep and five days of 7 h: 37 h. Three quarters are 27.75 h: 2 + 7 + 7 + 7 (till Sat 10), 4.75 on Mon 12.
    assert rungs(ticket(Status.DISPATCHED)) == [
        (Rung.NOT_TAKEN, local(10, 8, 11)),  # 2 h on 30 Sep, 2 h on 8 Oct
        (Rung.LAST_QUARTER, local(10, 12, 15, 45)),
        (Rung.DUE, local(10, 13, 18)),
        (Rung.ONE_DAY_LATE, local(10, 14, 18)),
        (Rung.ORDER, local(10, 15, 18)),
    ]


def test_over_spring_festival() -> None:
    # An enquiry dispatched Fri 13 Feb 20:00: Sat 14 (make-up), Tue 24, Wed 25. Late: Thu 26, Fri 27.
    made = ticket(
        Status.DISPATCHED, type=Type.ENQUIRY, dispatched_at=local(2, 13, 20), due_at=local(2, 25, 18)
    )  # fmt: skip
    assert rungs(made) == [
        (Rung.NOT_TAKEN, local(2, 14, 15)),  # 4 h: 3 before noon, 1 after
        (Rung.LAST_QUARTER, local(2, 25, 10, 45)),  # of 21 h 15.75: 7 + 7 + 1.75
        (Rung.DUE, local(2, 25, 18)),
        (Rung.ONE_DAY_LATE, local(2, 26, 18)),
        (Rung.ORDER, local(2, 27, 18)),
    ]
    # Due Fri 27 instead: the Saturday after makes up, so it is the first working day late; Mon 2 March the second.
    assert rungs(replace(made, due_at=local(2, 27, 18)))[-2:] == [
        (Rung.ONE_DAY_LATE, local(2, 28, 18)),
        (Rung.ORDER, local(3, 2, 18)),
    ]


def test_over_the_turn_to_a_year_nobody_knows() -> None:
    # Due Thu 31 Dec 2026: Fri 1 Jan and Mon 4 Jan 2027 count, as long as nobody knows better.
    made = ticket(dispatched_at=local(12, 28, 10), due_at=local(12, 31, 18))
    assert rungs(made)[-2:] == [
        (Rung.ONE_DAY_LATE, local(1, 1, 18, year=2027)),
        (Rung.ORDER, local(1, 4, 18, year=2027)),
    ]


def test_taking_ends_the_first_rung_and_postpones_the_next() -> None:
    taken = ticket(work=Work(taken_at=local(9, 30, 17)))
    assert rungs(taken) == [
        (Rung.LAST_QUARTER, local(10, 13, 10, 45)),  # Mon 12, 15:45 and 4 h: 2.25 h that day, 1.75 h the next
        (Rung.DUE, local(10, 13, 18)),
        (Rung.ONE_DAY_LATE, local(10, 14, 18)),
        (Rung.ORDER, local(10, 15, 18)),
    ]


def test_taking_late_postpones_what_is_next_then_but_never_the_order() -> None:
    late = ticket(work=Work(taken_at=local(10, 14, 10)))
    assert rungs(late) == [
        (Rung.LAST_QUARTER, local(10, 12, 15, 45)),  # over, as it was
        (Rung.DUE, local(10, 13, 18)),
        (Rung.ONE_DAY_LATE, local(10, 15, 15)),  # Wed 14, 18:00 and 4 h: Thu 15, 3 before noon, 1 after
        (Rung.ORDER, local(10, 15, 18)),
    ]
    later = ticket(work=Work(taken_at=local(10, 15, 10)))
    assert rungs(later)[-2:] == [(Rung.ONE_DAY_LATE, local(10, 14, 18)), (Rung.ORDER, local(10, 15, 18))]


def test_a_last_quarter_put_off_until_due_falls_away() -> None:
    # At once: dispatched Mon 12 Oct 09:00, due 18:00. The last quarter is 1.75 h, taking gives four.
    made = ticket(
        dispatched_at=local(10, 12, 9), due_at=local(10, 12, 18), work=Work(taken_at=local(10, 12, 9, 30))
    )  # fmt: skip
    assert [rung for rung, _ in rungs(made)] == [Rung.DUE, Rung.ONE_DAY_LATE, Rung.ORDER]


def test_the_deadline_is_met_by_submitting() -> None:
    assert rungs(ticket(work=Work(answer=ANSWER))) == []
    assert rungs(ticket(Status.JOINT, work=Work(answer=ANSWER))) == []


def test_a_delivered_question_stops_the_clock_and_one_on_its_way_does_not() -> None:
    asked = Work(taken_at=local(9, 30, 17), asked_at=local(10, 9, 10))
    assert rungs(ticket(Status.WAITING_RESIDENT, work=asked)) == rungs(ticket(work=asked))
    delivered = replace(asked, paused_at=local(10, 9, 11))
    assert rungs(ticket(Status.WAITING_RESIDENT, work=delivered)) == []


def test_round_the_clock_taking_postpones_nothing() -> None:
    # Gas smelt on National Day, 03:00: due at 05:00, an order at 07:00, whatever the calendar says.
    danger = ticket(Status.DISPATCHED, danger="gas", dispatched_at=local(10, 1, 3), due_at=local(10, 1, 5))
    assert rungs(danger, Clock.DANGER) == [
        (Rung.NOT_TAKEN, local(10, 1, 3, 15)),
        (Rung.STILL_NOT_TAKEN, local(10, 1, 3, 30)),
        (Rung.DUE, local(10, 1, 5)),
        (Rung.ORDER, local(10, 1, 7)),
    ]
    taken = replace(danger, status=Status.IN_PROGRESS, work=Work(taken_at=local(10, 1, 3, 10)))
    assert rungs(taken, Clock.DANGER) == [(Rung.DUE, local(10, 1, 5)), (Rung.ORDER, local(10, 1, 7))]


def test_the_pool_counts_from_filing_and_a_reopened_ticket_from_its_reopening() -> None:
    # Filed Wed 30 Sep 16:00, to be sent on by Thu 8 Oct 18:00: 2 + 7 = 9 h, half is 4.5 h: 8 Oct 11:30.
    pooled = ticket(Status.FILED, dispatched_at=None, due_at=None, unit="")
    expected = [(Rung.POOL_HALF, local(10, 8, 11, 30)), (Rung.POOL_DUE, local(10, 8, 18))]
    assert rungs(pooled) == expected
    assert deadline(pooled, Clock.TYPE, LIMITS, CALENDAR) == local(10, 8, 18)
    long_ago = ticket(Status.REOPENED, filed_at=local(3, 4, 10), work=Work(reopened=1, reopened_at=local(9, 30, 16)))
    assert rungs(long_ago) == expected


def test_danger_in_the_pool_has_an_hour() -> None:
    pooled = ticket(Status.FILED, dispatched_at=None, due_at=None, unit="", danger="fire", filed_at=local(10, 1, 3))
    half, due = rungs(pooled, Clock.DANGER)
    assert (half[1] - local(10, 1, 3), due[1] - local(10, 1, 3)) == (timedelta(minutes=30), timedelta(hours=1))


def test_a_joint_session_before_any_dispatch_keeps_the_pools_clock() -> None:
    joint = ticket(Status.JOINT, dispatched_at=None, due_at=None, unit="")
    assert [rung for rung, _ in rungs(joint)] == [Rung.POOL_HALF, Rung.POOL_DUE]
    assert [rung for rung, _ in rungs(ticket(Status.JOINT))][-1] is Rung.ORDER


def test_praise_that_a_unit_has_is_never_late() -> None:
    assert rungs(ticket(Status.DISPATCHED, type=Type.PRAISE, due_at=None)) == []


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (Work(), Colour.RED),
        # Submitted one minute before due: what comes after does not count.
        (Work(answer=ANSWER), Colour.YELLOW),
        (Work(answer=replace(ANSWER, submitted_at=local(10, 13, 18, 1))), Colour.ORANGE),
        (Work(reopened=2), Colour.RED),
    ],
)
def test_colour_three_days_late(work: Work, expected: Colour) -> None:
    assert colour(ticket(work=work), local(10, 16, 18), Clock.TYPE, CALENDAR) is expected


def test_the_colour_stands_still_while_the_resident_is_asked() -> None:
    waiting = ticket(Status.WAITING_RESIDENT, work=Work(paused_at=local(10, 9, 11)))
    assert colour(waiting, local(10, 16, 18), Clock.TYPE, CALENDAR) is Colour.GREEN
    on_its_way = ticket(Status.WAITING_RESIDENT, work=Work(asked_at=local(10, 9, 11)))
    assert colour(on_its_way, local(10, 16, 18), Clock.TYPE, CALENDAR) is Colour.RED


def test_a_second_reopening_is_red_at_once() -> None:
    assert colour(ticket(work=Work(reopened=1)), local(10, 8, 10), Clock.TYPE, CALENDAR) is Colour.GREEN
    assert colour(ticket(work=Work(reopened=2)), local(10, 8, 10), Clock.TYPE, CALENDAR) is Colour.RED
