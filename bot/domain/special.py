"""A special case: tickets of one matter, with one lead unit, deadline and answer (rule book, "Repeats, shared").

The LIFECYCLE table says what may follow what. After the answer its people are asked twice whether it came back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.domain.deadlines import share_of_time
from bot.domain.numbers import parse as parse_number
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Clock
from bot.domain.work import AnswerDraft
from bot.domain.work_calendar import WorkCalendar
from bot.errors import Refusal

PREFIX = "S"
"""What its number begins with; the rest is made as a ticket's."""

OFFERED_AT = 3
"""At the third repeat, or the third person, supervisors are told."""

MOST = 200
"""So many tickets at most belong to one."""

TITLE = 40
"""Characters of a title that are kept."""

PROPOSED_AT = 2
"""So many people who say that it came back, or one who filed, propose to open it again."""

STAGES = (30, 90)
"""Days after the answer at which people are asked."""

CLOSING_AFTER = 7
"""Days after the last asking at which supervisors are told that it can be closed."""

REMIND_AFTER = timedelta(days=3)
"""Whoever has not said whether it came back is asked once more, and no second time."""


class State(StrEnum):
    """Where a special case stands."""

    OPEN = "open"
    ANSWERED = "answered"
    LOOKED_BACK_30 = "looked_back_30"
    LOOKED_BACK_90 = "looked_back_90"
    CLOSED = "closed"


class Step(StrEnum):
    """What can happen to it."""

    OPEN = "open"
    CHANGE = "change"  # other tickets, another lead unit, another date
    SUBMIT = "submit"  # an answer, before it leaves
    RECALL = "recall"
    ANSWER = "answer"  # it has left
    LOOK_BACK_30 = "look_back_30"
    LOOK_BACK_90 = "look_back_90"
    SAY = "say"  # somebody said whether it came back
    REOPEN = "reopen"
    CLOSE = "close"
    DISSOLVE = "dissolve"  # its tickets go on by themselves


S, A = State, Step
LIFECYCLE: dict[tuple[State, Step], State] = {
    (S.OPEN, A.CHANGE): S.OPEN,
    (S.OPEN, A.SUBMIT): S.OPEN,
    (S.OPEN, A.RECALL): S.OPEN,
    (S.OPEN, A.ANSWER): S.ANSWERED,
    (S.OPEN, A.DISSOLVE): S.CLOSED,
    (S.ANSWERED, A.CHANGE): S.ANSWERED,
    (S.ANSWERED, A.SAY): S.ANSWERED,
    (S.ANSWERED, A.LOOK_BACK_30): S.LOOKED_BACK_30,
    (S.ANSWERED, A.LOOK_BACK_90): S.LOOKED_BACK_90,
    (S.ANSWERED, A.REOPEN): S.OPEN,
    (S.LOOKED_BACK_30, A.CHANGE): S.LOOKED_BACK_30,
    (S.LOOKED_BACK_30, A.SAY): S.LOOKED_BACK_30,
    (S.LOOKED_BACK_30, A.LOOK_BACK_90): S.LOOKED_BACK_90,
    (S.LOOKED_BACK_30, A.REOPEN): S.OPEN,
    (S.LOOKED_BACK_90, A.CHANGE): S.LOOKED_BACK_90,
    (S.LOOKED_BACK_90, A.SAY): S.LOOKED_BACK_90,
    (S.LOOKED_BACK_90, A.REOPEN): S.OPEN,
    (S.LOOKED_BACK_90, A.CLOSE): S.CLOSED,
}
"""(state, step) -> next state. An absent pair is forbidden."""
del S, A

LOOKING_BACK = frozenset({State.ANSWERED, State.LOOKED_BACK_30, State.LOOKED_BACK_90})
"""States in which people can say that it came back."""

STAGE_STEP = {30: Step.LOOK_BACK_30, 90: Step.LOOK_BACK_90}
STAGE_OF = {State.LOOKED_BACK_30: 30, State.LOOKED_BACK_90: 90}

TYPES = frozenset({Type.COMPLAINT, Type.HELP, Type.ENQUIRY})
"""Types of tickets that can belong to one."""

_FOLLOWING = frozenset({Status.FILED, Status.DISPATCHED, Status.IN_PROGRESS, Status.WAITING_RESIDENT, Status.OBJECTED})
_GONE = frozenset({Status.WITHDRAWN, Status.REJECTED, Status.MERGED})


class Special(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A special case. Times are UTC; ``seq`` is that of its last step.

    ``tickets`` are numbers in the order in which they came; ``kind`` is the most frequent of theirs, ``areas`` where
    they lie. ``unit`` leads. ``answer`` was handed in and has not left yet, for the tickets ``answering``;
    ``last_answer`` is the one that left at ``answered_at``, the ``round``-th. ``back`` are the tickets of those who
    said that it came back since then, one for each of them, ``fine`` counts those who said it did not; ``by_filer``:
    one of them had filed a ticket. ``by`` is the staff id of whoever opened it.
    """

    number: str
    title: str
    state: State
    unit: str
    kind: str
    areas: tuple[str, ...]
    tickets: tuple[str, ...]
    by: str
    opened_at: datetime
    due_at: datetime
    provisional: bool = False
    answer: AnswerDraft | None = None
    answering: tuple[str, ...] = ()
    last_answer: AnswerDraft | None = None
    answered_at: datetime | None = None
    round: int = 0
    back: tuple[str, ...] = ()
    by_filer: bool = False
    fine: int = 0
    closed_at: datetime | None = None
    seq: int = 1

    def may(self, step: Step) -> bool:
        """Whether that can happen now."""
        return (self.state, step) in LIFECYCLE

    def after(self, step: Step, at: datetime, **fields: Any) -> Special:
        """The special case after a step at a moment, with the given fields changed too. Raises Refusal."""
        state = LIFECYCLE.get((self.state, step))
        if state is None:
            raise Refusal(f"special.not_now.{self.state}", special=self.number)
        if state is State.CLOSED:
            fields["closed_at"] = at
        return replace(self, state=state, seq=self.seq + 1, **fields)

    def event(self, step: Step, at: datetime, by: str, **data: object) -> SpecialEvent:
        """The log entry for the step that led to this state."""
        return SpecialEvent(self.number, self.seq, at, step, by, data)


class SpecialEvent(msgspec.Struct, frozen=True):
    """One step of a special case, as it is logged. The pair of number and ``seq`` is a fence."""

    number: str
    seq: int
    at: datetime
    step: Step
    by: str
    data: dict[str, Any] = {}


def parse(text: str) -> str | None:
    """The number of a special case in its written form; None when the whole text is none."""
    if text[:1].upper() != PREFIX:
        return None
    number = parse_number(text[1:])
    return f"{PREFIX}{number}" if number else None


def hindrance(ticket: Ticket) -> str:
    """The key of what keeps a ticket from any special case; "" for nothing.

    Conduct, reports and what is kept from somebody never; nor what has ended without an answer.
    """
    if ticket.walled or ticket.type is Type.REPORT or ticket.work.kept_from or ticket.work.about:
        return "special.walled"
    if ticket.type not in TYPES:
        return "special.type"
    if ticket.status in _GONE:
        return "special.gone"
    return "special.in_another" if ticket.work.special else ""


def waits_for_answer(ticket: Ticket) -> bool:
    """Whether a ticket gets the answer of its special case: it is open, nobody is about to answer or to decide on it
    otherwise, and it is not one of those that cannot wait."""
    return ticket.status in _FOLLOWING and ticket.clock == Clock.TYPE and not ticket.work.submitted


def areas_of(tickets: Iterable[Ticket]) -> tuple[str, ...]:
    """Where they lie, each area once; tickets without a place are everybody's."""
    return tuple(dict.fromkeys(ticket.area for ticket in tickets if ticket.area))


def most_frequent(names: Iterable[str]) -> tuple[str, ...]:
    """These names, the most frequent first, of equally frequent ones the first."""
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return tuple(sorted(found, key=lambda name: -found[name]))


def comes_back(special: Special) -> bool:
    """Whether so many say that it came back that a supervisor should open it again."""
    return special.by_filer or len(special.back) >= PROPOSED_AT


class Rung(StrEnum):
    """Steps of its own ladder."""

    LAST_QUARTER = "last_quarter"
    DUE = "due"
    ONE_DAY_LATE = "one_day_late"
    TWO_DAYS_LATE = "two_days_late"


def ladder(special: Special, calendar: WorkCalendar) -> tuple[tuple[int, Rung, datetime], ...]:
    """Its rungs with their levels (from 1) and moments; none once it is answered, or an answer is on its way.

    ``calendar`` is that of the lead unit.
    """
    if special.state is not State.OPEN or special.answer is not None:
        return ()
    due = special.due_at
    moments = {
        Rung.LAST_QUARTER: share_of_time(0.75, min(special.opened_at, due), due, Clock.TYPE, calendar),
        Rung.DUE: due,
        Rung.ONE_DAY_LATE: calendar.after_working_days(due, 1).at,
        Rung.TWO_DAYS_LATE: calendar.after_working_days(due, 2).at,
    }
    return tuple((level, rung, at) for level, (rung, at) in enumerate(moments.items(), 1))
