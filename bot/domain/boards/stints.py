"""A ticket's life as its boards see it: one stint for each time a unit had it until it answered.

A stint begins when a ticket comes to a unit that did not have it (or has it back after a re-opening) and ends with the
answer. What goes to another unit, or ends otherwise, before it was answered counts for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.domain.ticket import Action

COUNTED = (
    *(Action.DISPATCH, Action.CONFER, Action.TAKE, Action.PAUSE, Action.RESUME, Action.ANSWER, Action.REOPEN),
    *(Action.REJECT, Action.WITHDRAW, Action.MERGE, Action.PROMISE, Action.URGE, Action.EXEMPT),
)
"""Steps that boards look at; all others may be left out."""

_ENDS = frozenset({Action.REJECT, Action.WITHDRAW, Action.MERGE})
_WHILE_PAUSED = frozenset({Action.URGE, Action.EXEMPT, Action.TAKE, Action.PROMISE})
"""Steps that do not end a pause."""


class Said(msgspec.Struct, frozen=True, gc=False):
    """What of a step's record counts for boards; all else is left unread.

    Moments are in ISO form. ``undone`` is the step that this one takes back. ``counted`` is False for an urge that came
    too early or twice a day. ``lifted``: an exemption is taken back. ``round`` is that of the reviews that follow.
    """

    unit: str = ""
    due: str = ""
    since: str = ""
    submitted_at: str = ""
    outcome: str = ""
    evidence: tuple[str, ...] = ()
    undone: int | None = None
    kept: bool | None = None
    counted: bool = True
    lifted: bool = False
    round: int = 0


NOTHING_SAID = Said()


class Step(msgspec.Struct, frozen=True, gc=False):
    """One step of a ticket's life."""

    seq: int
    at: datetime
    action: Action
    said: Said = NOTHING_SAID


class Stint(msgspec.Struct, gc=False):
    """A unit's time with a ticket.

    ``takeable`` is False where nobody could take it: several units conferred. ``first``: its answer is the ticket's
    first. ``answer`` is the round of reviews that the answer begins, ``last_round`` the last that is about it (see
    `bot.domain.review`); 0 while it owes one. ``handed_in_at`` is what counts against ``due_at``, ``answered_at`` when
    the answer left. ``pauses`` are spans in which the clock stood still.
    """

    unit: str
    began_at: datetime
    due_at: datetime | None = None
    takeable: bool = True
    taken_at: datetime | None = None
    first: bool = False
    answer: int = 0
    last_round: int = 0
    handed_in_at: datetime | None = None
    answered_at: datetime | None = None
    outcome: str = ""
    evidence: bool = False
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    urges: int = 0
    broken: int = 0
    reopened: bool = False


def stints_of(steps: Sequence[Step], due_at: datetime | None) -> tuple[list[Stint], bool]:
    """A ticket's stints, oldest first, and whether it was left out of the boards.

    ``steps`` are in order; ``due_at`` is when the ticket is due now. Steps that take others back count as little as
    those they take back.
    """
    undone = [step.said.undone for step in steps if step.said.undone is not None]
    found: list[Stint] = []
    has: Stint | None = None  # of the unit that owes an answer
    paused: datetime | None = None
    round_, exempt = 0, False
    for step in steps:
        action, said = step.action, step.said
        if undone and (said.undone is not None or step.seq in undone):
            continue
        if paused is not None and action not in _WHILE_PAUSED:
            if has is not None:
                has.pauses = (*has.pauses, (paused, step.at))
            paused = None
        if action is Action.DISPATCH or action is Action.CONFER:
            if has is None or (said.unit and said.unit != has.unit):
                has = Stint(said.unit, step.at, takeable=action is Action.DISPATCH)
            elif action is Action.CONFER and has.taken_at is None:
                has.takeable = False
        elif action is Action.TAKE:
            if has is not None and has.taken_at is None:
                has.taken_at = step.at
        elif action is Action.ANSWER:
            round_ = said.round or round_ + 1
            if has is not None:
                _answer(has, step.at, said, round_, first=not found)
                found.append(has)
                has = None
        elif action is Action.PAUSE:
            paused = datetime.fromisoformat(said.since) if said.since else step.at
        elif action is Action.REOPEN:
            has = None
            if found:
                found[-1].reopened = True
        elif action in _ENDS:
            has = None
            round_ += action is Action.REJECT  # people are asked whether they accept that, too
        elif action is Action.PROMISE:
            if said.kept is not None and found:  # what was promised has come due
                round_ = said.round or round_ + 1
                found[-1].last_round = round_
                found[-1].broken += not said.kept
        elif action is Action.URGE:
            if said.counted and has is not None:
                has.urges += 1
        elif action is Action.EXEMPT:
            exempt = not said.lifted
    if has is not None:
        has.due_at = due_at
        found.append(has)
    elif found and found[-1].due_at is None and not found[-1].reopened:
        found[-1].due_at = due_at  # an older log does not say it with the answer
    return found, exempt


def _answer(has: Stint, at: datetime, said: Said, round_: int, *, first: bool) -> None:
    has.first, has.answer, has.last_round, has.answered_at = first, round_, round_, at
    has.handed_in_at = datetime.fromisoformat(said.submitted_at) if said.submitted_at else at
    has.due_at = datetime.fromisoformat(said.due) if said.due else None
    has.outcome, has.evidence = said.outcome, bool(said.evidence)
