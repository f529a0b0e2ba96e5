"""Whether the state of a ticket leaves room for an act; with `bot.domain.permission.may` it says what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.permission import Act
from bot.domain.ticket import Action, Status, Ticket

_STEP: Mapping[Act, Action] = {
    Act.PROGRESS: Action.PROGRESS,
    Act.OBJECT: Action.OBJECT,
    Act.HAND: Action.HAND,
    Act.DECLINE: Action.REJECT,
    Act.MERGE: Action.MERGE,
    Act.UNMERGE: Action.UNMERGE,
    Act.RETIER: Action.RETIME,
    Act.CLASSIFY: Action.CLASSIFY,
    Act.ASSIGN: Action.DISPATCH,
    Act.ASSIST: Action.HELP,
    Act.JOINT: Action.CONFER,
    Act.SUPERVISE: Action.SUPERVISE,
}
"""The step of its life that an act takes a ticket."""


def _can_be_taken(ticket: Ticket) -> bool:
    return ticket.may(Action.TAKE) or (not ticket.handler and bool(ticket.unit) and ticket.may(Action.HAND))


def _worked_on(step: Action) -> Callable[[Ticket], bool]:
    """Steps that take a ticket on the way, where nobody has."""
    return lambda ticket: ticket.may(step) or ticket.may(Action.TAKE)


def _can_be_asked(ticket: Ticket) -> bool:
    """A question that stops no clock (yet) gives way to a new one."""
    waits = ticket.status is Status.WAITING_RESIDENT and ticket.work.paused_at is None
    return waits or ticket.may(Action.ASK) or ticket.may(Action.TAKE)


def _has_a_unit(ticket: Ticket) -> bool:
    return bool(ticket.unit) and ticket.may(Action.HAND)


def _wordless(ticket: Ticket) -> bool:
    return not ticket.text and ticket.status in (Status.FILED, Status.DISPATCHED, Status.IN_PROGRESS)


def _helped(ticket: Ticket) -> bool:
    return any(assist.done_at is None for assist in ticket.work.assists) and ticket.may(Action.HELP)


def _to_decide(ticket: Ticket) -> bool:
    return bool(ticket.work.proposals)


_ROOM: Mapping[Act, Callable[[Ticket], bool]] = {
    Act.TAKE: _can_be_taken,
    Act.ASK: _can_be_asked,
    Act.ANSWER: _worked_on(Action.SUBMIT),
    Act.PROMISE: _worked_on(Action.SUBMIT),
    Act.EXTEND: lambda ticket: _has_a_unit(ticket) and ticket.due_at is not None,
    Act.RAISE: _has_a_unit,
    Act.TRANSCRIBE: _wordless,
    Act.RECALL: lambda ticket: ticket.work.answer is not None,
    Act.CONTRIBUTE: _helped,
    Act.DECIDE_UNIT: _to_decide,
    Act.DECIDE_DESK: _to_decide,
    Act.DECIDE_RAISE: _to_decide,
    Act.TRACE: lambda ticket: ticket.work.last_answer is not None,
    Act.REOPEN: lambda ticket: ticket.status is Status.REOPENED,
    Act.CLOSE: lambda ticket: ticket.may(Action.CLOSE),
}
"""Acts that ask for more than one step."""

_BEFORE_AN_ANSWER = frozenset({Act.ANSWER, Act.PROMISE, Act.ASK, Act.OBJECT, Act.EXTEND, Act.RAISE})
"""What an answer that is submitted and has not left yet takes the room from."""

_OWN_ANSWER = frozenset({Act.ANSWER, Act.PROMISE, Act.RECALL, Act.OBJECT, Act.RAISE})
"""What a ticket has no room for that gets the answer of its special case."""


def room_for(act: Act, ticket: Ticket) -> bool:
    """Whether a ticket's state leaves room for an act. Who may do it is another question."""
    if act in _BEFORE_AN_ANSWER and ticket.work.submitted:
        return False
    if act in _OWN_ANSWER and ticket.work.together:
        return False
    if act in _ROOM:
        return _ROOM[act](ticket)
    step = _STEP.get(act)
    return step is None or ticket.may(step)
