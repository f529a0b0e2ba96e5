"""A ticket and its life: the LIFECYCLE table says what may follow what."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.domain.people import DESK
from bot.domain.place import Place
from bot.domain.work import NO_WORK, Work
from bot.errors import NotPossibleNow


class Type(StrEnum):
    """What somebody wants of the desk; sets the time limit."""

    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    HELP = "help"
    REPORT = "report"
    IDEA = "idea"
    PRAISE = "praise"


class Status(StrEnum):
    FILED = "filed"
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    WAITING_RESIDENT = "waiting_resident"
    OBJECTED = "objected"
    JOINT = "joint"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Action(StrEnum):
    FILE = "file"
    DISPATCH = "dispatch"
    TAKE = "take"
    ASK = "ask"
    RESUME = "resume"
    OBJECT = "object"
    CONFER = "confer"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    SUPPLEMENT = "supplement"
    CORRECT = "correct"
    CLAIM = "claim"
    JOIN = "join"  # somebody else says: same as mine
    UNMERGE = "unmerge"  # what was merged stands for itself again
    HIDE = "hide"
    NOTE = "note"  # an internal note
    PROGRESS = "progress"  # news for the resident
    SEE = "see"  # somebody read it: recorded
    TRANSCRIBE = "transcribe"
    CLASSIFY = "classify"  # another kind or type
    RETIME = "retime"  # other dates: an extension, a tier, a new calendar, the end of a pause
    PAUSE = "pause"  # the question was delivered: the clock stands
    HAND = "hand"  # another handler of the unit
    PROPOSE = "propose"  # something to be decided by somebody with more say
    DECIDE = "decide"
    SUBMIT = "submit"  # an answer, before it leaves
    RECALL = "recall"  # an answer taken back before it left
    PROMISE = "promise"  # a date the resident is told
    HELP = "help"  # a unit assists, or has done so
    SUPERVISE = "supervise"  # a supervision order, or its end
    URGE = "urge"
    LEAVE = "leave"  # one of those it belongs to has no part in it any more; for the others it goes on
    EXEMPT = "exempt"  # left out of the boards, with a reason
    TRACE = "trace"  # what a supervisor found about an answer, or heard when calling a sample
    REVIEW = "review"  # what somebody says of an answer, or that they were asked
    SPECIAL = "special"  # it became part of a special case, or is no more
    LOOK_BACK = "look_back"  # long after the answer: whether it came back


FACTS = frozenset(
    {
        *(Action.SUPPLEMENT, Action.CORRECT, Action.CLAIM, Action.HIDE, Action.NOTE, Action.SEE, Action.TRANSCRIBE),
        *(Action.URGE, Action.EXEMPT, Action.REVIEW, Action.JOIN, Action.LEAVE, Action.TRACE),
        *(Action.SPECIAL, Action.LOOK_BACK),
    }
)
"""Actions that add to a ticket in any status and leave the status alone."""


S, A = Status, Action
LIFECYCLE: dict[tuple[Status, Action], Status] = {
    (S.FILED, A.DISPATCH): S.DISPATCHED,
    (S.FILED, A.CONFER): S.JOINT,
    (S.FILED, A.REJECT): S.REJECTED,
    (S.FILED, A.WITHDRAW): S.WITHDRAWN,
    (S.FILED, A.MERGE): S.MERGED,
    (S.DISPATCHED, A.DISPATCH): S.DISPATCHED,
    (S.DISPATCHED, A.TAKE): S.IN_PROGRESS,
    (S.DISPATCHED, A.OBJECT): S.OBJECTED,
    (S.DISPATCHED, A.CONFER): S.JOINT,
    (S.DISPATCHED, A.REJECT): S.REJECTED,
    (S.DISPATCHED, A.WITHDRAW): S.WITHDRAWN,
    (S.DISPATCHED, A.MERGE): S.MERGED,
    (S.IN_PROGRESS, A.DISPATCH): S.DISPATCHED,
    (S.IN_PROGRESS, A.ASK): S.WAITING_RESIDENT,
    (S.IN_PROGRESS, A.OBJECT): S.OBJECTED,
    (S.IN_PROGRESS, A.CONFER): S.JOINT,
    (S.IN_PROGRESS, A.ANSWER): S.ANSWERED,
    (S.IN_PROGRESS, A.REJECT): S.REJECTED,
    (S.IN_PROGRESS, A.WITHDRAW): S.WITHDRAWN,
    (S.IN_PROGRESS, A.MERGE): S.MERGED,
    (S.WAITING_RESIDENT, A.RESUME): S.IN_PROGRESS,
    (S.WAITING_RESIDENT, A.ANSWER): S.ANSWERED,
    (S.WAITING_RESIDENT, A.DISPATCH): S.DISPATCHED,
    (S.WAITING_RESIDENT, A.WITHDRAW): S.WITHDRAWN,
    (S.WAITING_RESIDENT, A.REJECT): S.REJECTED,
    (S.WAITING_RESIDENT, A.MERGE): S.MERGED,
    (S.OBJECTED, A.DISPATCH): S.DISPATCHED,
    (S.OBJECTED, A.RESUME): S.DISPATCHED,
    (S.OBJECTED, A.MERGE): S.MERGED,
    (S.OBJECTED, A.REJECT): S.REJECTED,
    (S.OBJECTED, A.WITHDRAW): S.WITHDRAWN,
    (S.OBJECTED, A.CONFER): S.JOINT,
    (S.JOINT, A.DISPATCH): S.DISPATCHED,
    (S.JOINT, A.ANSWER): S.ANSWERED,
    (S.JOINT, A.REJECT): S.REJECTED,
    (S.JOINT, A.WITHDRAW): S.WITHDRAWN,
    (S.JOINT, A.MERGE): S.MERGED,
    (S.ANSWERED, A.CLOSE): S.CLOSED,
    (S.ANSWERED, A.REOPEN): S.REOPENED,
    (S.CLOSED, A.REOPEN): S.REOPENED,
    (S.REOPENED, A.DISPATCH): S.DISPATCHED,
    (S.REOPENED, A.CONFER): S.JOINT,
    (S.REOPENED, A.CLOSE): S.CLOSED,
    (S.REOPENED, A.WITHDRAW): S.WITHDRAWN,
    (S.MERGED, A.UNMERGE): S.FILED,
    (S.REOPENED, A.REJECT): S.REJECTED,
    (S.REJECTED, A.REOPEN): S.REOPENED,
}
"""(status, action) -> next status. An absent pair is forbidden."""

ENDS = frozenset({S.CLOSED, S.REJECTED, S.WITHDRAWN, S.MERGED})
"""Statuses in which no unit owes anything."""

_RUNNING = frozenset({S.FILED, S.DISPATCHED, S.IN_PROGRESS, S.WAITING_RESIDENT, S.OBJECTED, S.JOINT, S.REOPENED})
_WITH_A_UNIT = frozenset({S.DISPATCHED, S.IN_PROGRESS, S.WAITING_RESIDENT, S.OBJECTED, S.JOINT})
STEPS: dict[Action, frozenset[Status]] = {
    A.PROGRESS: _WITH_A_UNIT,
    A.CLASSIFY: _RUNNING,
    A.RETIME: _RUNNING,
    A.PAUSE: frozenset({S.WAITING_RESIDENT}),
    A.HAND: _WITH_A_UNIT,
    A.PROPOSE: _RUNNING,
    A.DECIDE: _RUNNING,
    A.SUBMIT: frozenset({S.IN_PROGRESS, S.WAITING_RESIDENT, S.JOINT}),
    A.RECALL: frozenset({S.IN_PROGRESS, S.WAITING_RESIDENT, S.JOINT}),
    A.PROMISE: _WITH_A_UNIT | {S.ANSWERED},
    A.HELP: _WITH_A_UNIT,
    A.SUPERVISE: _RUNNING | {S.ANSWERED},
}
"""In which statuses an action is possible that leaves the status alone."""
del S, A


class Event(msgspec.Struct, frozen=True):
    """One step in a ticket's life, as it is logged. ``seq`` counts the ticket's events from 1."""

    ticket: str
    seq: int
    at: datetime
    action: Action
    status: Status
    by: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One case, from filing to closing. Times are UTC; ``seq`` is that of its last event.

    ``kind`` is a code of the town's catalogue, ``area`` and ``unit`` likewise ("" while unknown or in the pool).
    ``clock`` is a `bot.domain.town.Clock`. ``due_at`` binds the unit; ``promised_at`` is what the resident was told
    and moves only with a message. ``provisional`` marks dates counted over years whose holidays nobody knows yet.
    ``handler`` is the id of the member of staff who took it ("" nobody). ``walled``: only people marked for it, and the
    unit a supervisor chose, may know of it.
    """

    number: str
    code: str
    alias: str
    type: Type
    kind: str
    status: Status
    source: str
    channel: str
    text: str
    filed_at: datetime
    area: str = ""
    place: Place | None = None
    unit: str = ""
    handler: str = ""
    hidden: bool = False
    walled: bool = False
    danger: str = ""
    clock: str = "type"
    provisional: bool = False
    dispatched_at: datetime | None = None
    due_at: datetime | None = None
    promised_at: datetime | None = None
    closed_at: datetime | None = None
    work: Work = NO_WORK
    seq: int = 1

    @property
    def open(self) -> bool:
        """Whether some unit, or the pool, still owes something."""
        return self.status not in ENDS

    def may(self, action: Action) -> bool:
        """Whether the lifecycle allows the action now."""
        return action in FACTS or self.status in STEPS.get(action, ()) or (self.status, action) in LIFECYCLE

    def after(self, action: Action, at: datetime, **fields: Any) -> Ticket:
        """The ticket after an action at a moment, with the given fields changed too.

        Raises NotPossibleNow with what is possible instead.
        """
        if action in FACTS or self.status in STEPS.get(action, ()):
            return replace(self, seq=self.seq + 1, **fields)
        status = LIFECYCLE.get((self.status, action))
        if status is None:
            possible = [a for s, a in LIFECYCLE if s is self.status]
            possible += [a for a, statuses in STEPS.items() if self.status in statuses]
            raise NotPossibleNow(status=self.status, action=action, possible=possible)
        if action is Action.DISPATCH:
            fields.setdefault("dispatched_at", at)
        fields["closed_at"] = at if status in ENDS else None
        return replace(self, status=status, seq=self.seq + 1, **fields)

    def noted(self, **fields: Any) -> Ticket:
        """The ticket with facts changed that are part of the step being taken; no event of its own."""
        return replace(self, **fields)

    def event(self, action: Action, at: datetime, by: str = DESK, **data: Any) -> Event:
        """The log entry for the action that led to this state of the ticket."""
        return Event(self.number, self.seq, at, action, self.status, by, data)
