"""What is due when (rule book, "Time" and "Overdue ladder").

Working time unless a matter cannot wait: danger and utilities run on the wall clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Clock, Kind, Limits
from bot.domain.work_calendar import Moment, WorkCalendar


class Tier(StrEnum):
    """How much time a lead or supervisor gives a ticket, with a reason."""

    NORMAL = "normal"
    AT_ONCE = "at_once"  # within the day
    STUDY = "study"


def clock_of(kind: Kind | None, danger: str, urgent: bool) -> Clock:
    """Which clock a matter runs on.

    ``danger`` is the code of a danger that was read ("" for none); ``urgent`` whether the text holds an urgent word
    of the kind (see `bot.domain.lexicon.TextReading.urgent`).
    """
    if danger:
        return Clock.DANGER
    if kind is None or (kind.urgent_words and not urgent):
        return Clock.TYPE
    return kind.clock


def dispatch_due(clock: Clock, filed_at: datetime, limits: Limits, calendar: WorkCalendar) -> Moment:
    """By when a ticket must have a unit."""
    if clock is Clock.DANGER:
        return Moment(filed_at + limits.danger_dispatch)
    if clock is Clock.UTILITY:
        return Moment(filed_at + limits.utility_dispatch)
    return calendar.after_working_days(filed_at, limits.dispatch_days)


def answer_due(
    type_: Type,
    clock: Clock,
    dispatched_at: datetime,
    limits: Limits,
    calendar: WorkCalendar,
    tier: Tier = Tier.NORMAL,
) -> Moment | None:
    """By when the unit must have answered; None for what needs no answer.

    ``calendar`` is that of the unit. A tier changes the type's limit, never a round-the-clock class.
    """
    if clock is Clock.DANGER:
        return Moment(dispatched_at + limits.danger_answer)
    if clock is Clock.UTILITY:
        return Moment(dispatched_at + limits.utility_answer)
    days = limits.answer_days.get(type_)
    if days is None:
        return None
    if tier is Tier.AT_ONCE:
        return calendar.after_working_hours(dispatched_at, limits.day_hours)
    return calendar.after_working_days(dispatched_at, limits.study_days if tier is Tier.STUDY else days)


def share_of_time(share: float, start: datetime, due: datetime, clock: Clock, calendar: WorkCalendar) -> datetime:
    """When that share (0 to 1) of the time between two moments has passed, on the clock the matter runs on."""
    if clock is Clock.TYPE:
        return calendar.after_working_hours(start, calendar.working_time_between(start, due) * share).at
    return start + (due - start) * share


class Rung(StrEnum):
    """A step of the overdue ladder."""

    NOT_TAKEN = "not_taken"  # lead; round the clock: unit duty and lead
    STILL_NOT_TAKEN = "still_not_taken"  # round the clock only: desk duty
    LAST_QUARTER = "last_quarter"  # handler
    DUE = "due"  # handler and lead; round the clock: all supervisors
    ONE_DAY_LATE = "one_day_late"  # the supervisor too
    ORDER = "order"  # a supervision order, drafted
    POOL_HALF = "pool_half"  # supervisors
    POOL_DUE = "pool_due"  # the admin too


@dataclass(frozen=True, slots=True)
class Step:
    """A rung, its number in the ladder (from 1) and its moment."""

    level: int
    rung: Rung
    at: datetime


LADDERS: dict[str, tuple[Rung, ...]] = {
    "working": (Rung.NOT_TAKEN, Rung.LAST_QUARTER, Rung.DUE, Rung.ONE_DAY_LATE, Rung.ORDER),
    "round_the_clock": (Rung.NOT_TAKEN, Rung.STILL_NOT_TAKEN, Rung.DUE, Rung.ORDER),
    "pool": (Rung.POOL_HALF, Rung.POOL_DUE),
}
"""Which rungs a ticket climbs, lowest first; a rung's level is its place in the row, from 1."""

ONCE_TAKEN = frozenset({Rung.NOT_TAKEN, Rung.STILL_NOT_TAKEN})
"""Rungs that fall away when somebody takes the ticket."""

_RUNNING = frozenset({Status.DISPATCHED, Status.IN_PROGRESS, Status.OBJECTED, Status.JOINT})
_POOLED = frozenset({Status.FILED, Status.REOPENED})


def ladder(
    ticket: Ticket, clock: Clock, limits: Limits, calendar: WorkCalendar, taken_at: datetime | None = None
) -> tuple[Step, ...]:
    """The rungs a ticket still has to fear, earliest first; none while nobody is expected to act.

    Taking at ``taken_at`` ends the first rungs and postpones the next one once by the time a unit has for taking,
    never the order.
    """
    if ticket.status in _POOLED:
        due = dispatch_due(clock, ticket.filed_at, limits, calendar).at
        half = share_of_time(0.5, ticket.filed_at, due, clock, calendar)
        return _steps("pool", {Rung.POOL_HALF: half, Rung.POOL_DUE: due})
    if ticket.status not in _RUNNING or ticket.dispatched_at is None or ticket.due_at is None:
        return ()
    start, due = ticket.dispatched_at, ticket.due_at
    if clock is Clock.TYPE:
        name = "working"
        moments = {
            Rung.NOT_TAKEN: calendar.after_working_hours(start, limits.take_hours).at,
            Rung.LAST_QUARTER: share_of_time(0.75, start, due, clock, calendar),
            Rung.DUE: due,
            Rung.ONE_DAY_LATE: calendar.after_working_days(due, 1).at,
            Rung.ORDER: calendar.after_working_days(due, 2).at,
        }
    else:
        name = "round_the_clock"
        moments = {
            Rung.NOT_TAKEN: start + limits.urgent_take,
            Rung.STILL_NOT_TAKEN: start + limits.urgent_desk,
            Rung.DUE: due,
            Rung.ORDER: due + limits.urgent_order,
        }
    if taken_at is not None:
        for rung in ONCE_TAKEN:
            moments.pop(rung, None)
        following = next((rung for rung in LADDERS[name] if rung in moments and moments[rung] > taken_at), None)
        if clock is Clock.TYPE and following not in (None, Rung.ORDER):
            moments[following] = calendar.after_working_hours(moments[following], limits.take_hours).at
    return _steps(name, moments)


def first_rung(ticket: Ticket, clock: Clock, limits: Limits, calendar: WorkCalendar) -> Step | None:
    """The first of `ladder`, for a ticket that has just been dispatched: nobody has taken it, and no unit is given
    less time for answering than for taking."""
    if ticket.status is not Status.DISPATCHED or ticket.dispatched_at is None or ticket.due_at is None:
        return next(iter(ladder(ticket, clock, limits, calendar)), None)
    if clock is Clock.TYPE:
        return Step(1, Rung.NOT_TAKEN, calendar.after_working_hours(ticket.dispatched_at, limits.take_hours).at)
    return Step(1, Rung.NOT_TAKEN, ticket.dispatched_at + limits.urgent_take)


def next_step(steps: Sequence[Step], now: datetime) -> Step | None:
    """The first rung that is not past yet."""
    return next((step for step in steps if step.at > now), None)


def _steps(name: str, moments: dict[Rung, datetime]) -> tuple[Step, ...]:
    return tuple(
        sorted(
            (Step(level, rung, moments[rung]) for level, rung in enumerate(LADDERS[name], 1) if rung in moments),
            key=lambda step: (step.at, step.level),
        )
    )
