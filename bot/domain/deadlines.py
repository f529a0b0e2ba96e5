"""What is due when (rule book, "Time" and "Overdue ladder").

Working time unless a matter cannot wait: danger and utilities run on the wall clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

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


@lru_cache(maxsize=30_000)
def last_quarter(start: datetime, due: datetime, clock: Clock, calendar: WorkCalendar) -> datetime:
    """When the last quarter begins: the same for as long as nobody moves the dates, and asked for with every list."""
    return share_of_time(0.75, start, due, clock, calendar)


def extended_due(due: datetime, days: int, calendar: WorkCalendar, clock: Clock = Clock.TYPE) -> Moment:
    """The due moment so many working days later, at the same time of day; round the clock: so many times 24 hours.

    Working time is added, not closing times counted, so that it makes no difference whether a pause or an extension
    came first. From a closing time it leads to the closing time of the Nth working day after.
    """
    if clock is Clock.TYPE:
        return calendar.after_working_hours(due, calendar.day_length * days)
    return Moment(due + timedelta(days=days))


def stood_still(since: datetime, until: datetime, clock: Clock, calendar: WorkCalendar) -> float:
    """How many seconds the clock of a matter stood still between two moments: working seconds, or those of the day."""
    if clock is Clock.TYPE:
        return calendar.working_time_between(since, until).total_seconds()
    return max(0.0, (until - since).total_seconds())


def resumed_due(due: datetime, paused: float, clock: Clock, calendar: WorkCalendar) -> Moment:
    """The due moment after the clock stood still for so many seconds (see `stood_still`)."""
    pause = timedelta(seconds=paused)
    return calendar.after_working_hours(due, pause) if clock is Clock.TYPE else Moment(due + pause)


def half_of_rest(now: datetime, due: datetime, clock: Clock, limits: Limits, calendar: WorkCalendar) -> datetime:
    """By when an assisting unit must have helped: half of what is left; when nothing is left, the time for taking."""
    if due > now:
        return share_of_time(0.5, now, due, clock, calendar)
    return calendar.after_working_hours(now, limits.take_hours).at if clock is Clock.TYPE else now + limits.urgent_desk


def due_of(ticket: Ticket, limits: Limits, calendar: WorkCalendar) -> Moment | None:
    """The due moment of a ticket counted anew from its dispatch: its limit, what was granted and it stood still since.

    Each re-opening halves the limit, down to a working day (rule book, "Review"). The date of a special case takes the
    place of the limit. None for what needs no answer, or has no unit.
    """
    start, clock, work = ticket.dispatched_at, Clock(ticket.clock), ticket.work
    if start is None:
        return None
    due = answer_due(ticket.type, clock, start, limits, calendar, Tier(work.tier))
    if due is None:
        return None
    steps = [due if work.set_due is None else Moment(work.set_due)]
    if work.reopened and work.set_due is None:
        half = share_of_time(0.5**work.reopened, start, due.at, clock, calendar)
        least = calendar.after_working_days(start, 1).at if clock is Clock.TYPE else half
        steps.append(Moment(max(half, least)))
    paused, granted = work.paused - work.paused_before, work.extended - work.extended_before
    if paused > 0:
        steps.append(resumed_due(steps[-1].at, paused, clock, calendar))
    if granted > 0:
        steps.append(extended_due(steps[-1].at, granted, calendar, clock))
    return Moment(steps[-1].at, any(step.provisional for step in steps))


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

_RUNNING = frozenset({Status.DISPATCHED, Status.IN_PROGRESS, Status.WAITING_RESIDENT, Status.OBJECTED, Status.JOINT})
_POOLED = frozenset({Status.FILED, Status.REOPENED})


def deadline(ticket: Ticket, clock: Clock, limits: Limits, calendar: WorkCalendar) -> datetime | None:
    """What a ticket's ladder counts to: when its unit must have answered, or when it must have a unit."""
    if _in_pool(ticket):
        return dispatch_due(clock, _pooled_since(ticket), limits, calendar).at
    return ticket.due_at


def half_time(ticket: Ticket, clock: Clock, limits: Limits, calendar: WorkCalendar) -> datetime | None:
    """When half of the time has passed that a ticket's unit, or the desk while it has none, is given; None: no time."""
    due = deadline(ticket, clock, limits, calendar)
    start = _pooled_since(ticket) if _in_pool(ticket) else ticket.dispatched_at
    return None if due is None or start is None else share_of_time(0.5, start, due, clock, calendar)


def ladder(
    ticket: Ticket, clock: Clock, limits: Limits, calendar: WorkCalendar, taken_at: datetime | None = None
) -> tuple[Step, ...]:
    """The rungs a ticket still has to fear, earliest first; none while nobody is expected to act.

    It stands still once an answer is submitted, and while a question that was delivered waits for the resident; a
    question on its way stops nothing. What waits for the answer of its special case climbs that one's instead. Taking
    at ``taken_at`` ends the first rungs and postpones the next one once by the time a unit has for taking, never the
    order.
    """
    if _in_pool(ticket):
        since = _pooled_since(ticket)
        due = dispatch_due(clock, since, limits, calendar).at
        return _steps("pool", {Rung.POOL_HALF: share_of_time(0.5, since, due, clock, calendar), Rung.POOL_DUE: due})
    work = ticket.work
    if ticket.status not in _RUNNING or ticket.dispatched_at is None or ticket.due_at is None:
        return ()
    if work.together or work.submitted or (ticket.status is Status.WAITING_RESIDENT and work.paused_at is not None):
        return ()
    start, due = ticket.dispatched_at, ticket.due_at
    if clock is not Clock.TYPE:
        moments = {
            Rung.NOT_TAKEN: start + limits.urgent_take,
            Rung.STILL_NOT_TAKEN: start + limits.urgent_desk,
            Rung.DUE: due,
            Rung.ORDER: due + limits.urgent_order,
        }
        if taken_at is not None:
            del moments[Rung.NOT_TAKEN], moments[Rung.STILL_NOT_TAKEN]
        return _steps("round_the_clock", moments)
    moments = {
        Rung.NOT_TAKEN: calendar.after_working_hours(start, limits.take_hours).at,
        Rung.LAST_QUARTER: last_quarter(start, due, clock, calendar),
        Rung.DUE: due,
        Rung.ONE_DAY_LATE: calendar.after_working_days(due, 1).at,
        Rung.ORDER: calendar.after_working_days(due, 2).at,
    }
    if taken_at is not None:
        del moments[Rung.NOT_TAKEN]
        following = next((rung for rung in LADDERS["working"] if rung in moments and moments[rung] > taken_at), None)
        if following not in (None, Rung.ORDER):
            moments[following] = calendar.after_working_hours(moments[following], limits.take_hours).at
        if moments[Rung.LAST_QUARTER] >= due:
            del moments[Rung.LAST_QUARTER]  # the next rung has come first, and says more
    return _steps("working", moments)


def _in_pool(ticket: Ticket) -> bool:
    """Whether no unit has it: a joint session of units without a dispatch is still the supervisors' to end."""
    return ticket.status in _POOLED or (ticket.status is Status.JOINT and ticket.dispatched_at is None)


def _pooled_since(ticket: Ticket) -> datetime:
    return ticket.work.reopened_at or ticket.filed_at


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
