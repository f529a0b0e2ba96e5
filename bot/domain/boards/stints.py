"""A ticket's life as its boards see it: one stint for each time a unit had it until it answered.

A stint begins when a ticket comes to a unit that did not have it (or has it back after a re-opening) and ends with the
answer. What goes to another unit, or ends otherwise, before it was answered counts for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from bot.domain.ticket import Action

COUNTED = (
    *(Action.DISPATCH, Action.CONFER, Action.TAKE, Action.PAUSE, Action.RESUME, Action.ANSWER, Action.REOPEN),
    *(Action.REJECT, Action.WITHDRAW, Action.MERGE, Action.PROMISE, Action.URGE, Action.EXEMPT),
)
"""Steps that boards look at; all others may be left out."""

_ENDS = frozenset({Action.REJECT, Action.WITHDRAW, Action.MERGE})


class Said(msgspec.Struct, frozen=True):
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


class Stint(msgspec.Struct):
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
    pauses: list[tuple[datetime, datetime]] = []
    urges: int = 0
    broken: int = 0
    reopened: bool = False


def stints_of(steps: Iterable[Step], due_at: datetime | None) -> tuple[list[Stint], bool]:
    """A ticket's stints, oldest first, and whether it was left out of the boards.

    ``steps`` are in order; ``due_at`` is when the ticket is due now. Steps that take others back count as little as
    those they take back.
    """
    steps = list(steps)
    undone = {step.said.undone for step in steps if step.said.undone is not None}
    reading = _Reading()
    for step in steps:
        if step.said.undone is None and step.seq not in undone:
            reading.step(step)
    return reading.ended(due_at), reading.exempt


class _Reading:
    """What is known of a life up to a step."""

    __slots__ = ("_found", "_has", "_paused", "_round", "exempt")

    def __init__(self) -> None:
        self._found: list[Stint] = []
        self._has: Stint | None = None  # the unit that owes an answer
        self._paused: datetime | None = None
        self._round = 0
        self.exempt = False

    def step(self, step: Step) -> None:
        at, said, action = step.at, step.said, step.action
        if self._paused is not None and action not in (Action.URGE, Action.EXEMPT, Action.TAKE, Action.PROMISE):
            self._resume(at)
        if action is Action.DISPATCH or action is Action.CONFER:
            self._comes(at, said.unit, conferring=action is Action.CONFER)
        elif action is Action.TAKE:
            if self._has is not None and self._has.taken_at is None:
                self._has.taken_at = at
        elif action is Action.PAUSE:
            self._paused = datetime.fromisoformat(said.since) if said.since else at
        elif action is Action.ANSWER:
            self._answered(at, said)
        elif action is Action.REOPEN:
            self._has = None
            if self._found:
                self._found[-1].reopened = True
        elif action in _ENDS:
            self._has = None
            self._round += action is Action.REJECT  # people are asked whether they accept that, too
        elif action is Action.PROMISE:
            self._promise(said)
        elif action is Action.URGE:
            if said.counted and self._has is not None:
                self._has.urges += 1
        elif action is Action.EXEMPT:
            self.exempt = not said.lifted

    def ended(self, due_at: datetime | None) -> list[Stint]:
        """All stints, at the end of what is known."""
        if self._has is not None:
            self._has.due_at = due_at
            return [*self._found, self._has]
        if self._found and self._found[-1].due_at is None and not self._found[-1].reopened:
            self._found[-1].due_at = due_at
        return self._found

    def _comes(self, at: datetime, unit: str, *, conferring: bool) -> None:
        has = self._has
        if has is None or (unit and unit != has.unit):
            self._has = Stint(unit, at, takeable=not conferring)
        elif conferring and has.taken_at is None:
            has.takeable = False

    def _resume(self, until: datetime) -> None:
        if self._has is not None and self._paused is not None:
            self._has.pauses = [*self._has.pauses, (self._paused, until)]
        self._paused = None

    def _promise(self, said: Said) -> None:
        """What was promised has come due."""
        if said.kept is None or not self._found:
            return
        self._round = said.round or self._round + 1
        self._found[-1].last_round = self._round
        self._found[-1].broken += not said.kept

    def _answered(self, at: datetime, said: Said) -> None:
        self._round = said.round or self._round + 1
        has, self._has = self._has, None
        if has is None:
            return
        has.first = not self._found
        has.answer, has.last_round, has.answered_at = self._round, self._round, at
        has.handed_in_at = datetime.fromisoformat(said.submitted_at) if said.submitted_at else at
        has.due_at = datetime.fromisoformat(said.due) if said.due else None
        has.outcome, has.evidence = said.outcome, bool(said.evidence)
        self._found.append(has)
