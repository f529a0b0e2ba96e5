"""Moving a ticket. Every step of its life goes through here, so none can lose its clock, its unit or its word to the
resident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from bot.changes import Timer
from bot.domain import deadlines
from bot.domain.deadlines import Tier
from bot.domain.ticket import ENDS, Action, Status, Ticket
from bot.domain.town import Clock
from bot.domain.work_calendar import Moment
from bot.turn import Turn
from handlers import notices, review_question

TIMERS = ("rung", "answer_leaves", "decision", "pause_reminder", "pause_ends", "promise", "assist", "order", "reopen")
"""Kinds of timers whose subject is a ticket's number; all of them end with the ticket."""

TASKS = ("pool", "listen", "reopen")
"""Kinds of tasks under ``kind:number`` that end when a unit has the ticket, or the ticket ends."""

HIGHEST = max(len(rungs) for rungs in deadlines.LADDERS.values())
"""The highest level of any ladder."""


def moved(
    turn: Turn, ticket: Ticket, action: Action, by: str, data: Mapping[str, object] | None = None, **fields: object
) -> Ticket:
    """The ticket after an action, logged, with its clock wound up again. Raises NotPossibleNow.

    ``by`` is a staff id, ``str(address)`` of a resident, or `DESK`. An end goes through `ended`.
    """
    after = ticket.after(action, turn.now, **fields)
    ends = after.status in ENDS and after.status is not ticket.status  # a note may be added to what has ended
    assert not ends, "an end owes the resident a message: use `ended`"  # noqa: S101 - see `ended`
    turn.changes.ticket(after, after.event(action, turn.now, by=by, **(data or {})))
    _close_alerts(turn, ticket, after)
    rearm(turn, after)
    return after


async def ended(
    turn: Turn,
    ticket: Ticket,
    action: Action,
    by: str,
    what: str,
    data: Mapping[str, object] | None = None,
    asks: bool = False,
    owed: bool = True,
    **params: str,
) -> Ticket:
    """The ticket after an end (closed, rejected, withdrawn, merged): clocks stop, everybody it belongs to is told.

    ``what`` names the text (``told.<what>``), ``params`` its fields besides number and title. ``asks``: they are asked
    what they say to it. ``owed`` False: nobody needs to call those whom no message reaches. Raises NotPossibleNow.
    """
    work = replace(ticket.work, proposals=(), answer=None, asked_at=None, paused_at=None, together=False)
    if asks:
        work = replace(work, answers=work.answers + 1)
    after = ticket.after(action, turn.now, work=work)
    turn.changes.ticket(after, after.event(action, turn.now, by=by, **(data or {})))
    for kind in TIMERS:
        turn.changes.cancel(kind, ticket.number)
    turn.changes.closed_tasks.extend(f"{kind}:{ticket.number}" for kind in (*TASKS, "order"))
    _close_alerts(turn, ticket, after)
    if asks:
        await review_question.tell(turn, after, what, params)
    else:
        await notices.tell_residents(turn, after, what, params=params, owed=owed)
    return after


def rearm(turn: Turn, ticket: Ticket, steps: Sequence[deadlines.Step] | None = None) -> None:
    """Wind up the ladder: every rung, each with a timer of its own, so that none hangs on another having fired.

    Those whose moment has passed are due at once; what has fired never fires again. ``steps`` is the ladder, for
    whoever has it already.
    """
    turn.changes.cancel("rung", ticket.number)
    for step in turn.guide.ladder(ticket) if steps is None else steps:
        timer = Timer("rung", ticket.number, step.at, step.level)
        if timer != turn.timer:
            turn.changes.timer(timer)


def alert(number: str, level: int, deadline: datetime) -> str:
    """The key of the one alert record of a ticket, a rung and a deadline."""
    return f"overdue:{number}:{level}:{deadline.isoformat()}"


def _close_alerts(turn: Turn, before: Ticket, after: Ticket) -> None:
    """The alerts of a deadline end with it, and with the answer."""
    deadline = turn.guide.deadline(before)
    owing = after.open and after.status is not Status.ANSWERED
    if deadline is None or (owing and deadline == turn.guide.deadline(after)):
        return
    turn.changes.closed_tasks.extend(alert(before.number, level, deadline) for level in range(1, HIGHEST + 1))


async def retimed(
    turn: Turn,
    ticket: Ticket,
    by: str,
    reason: str,
    action: Action = Action.RETIME,
    told: str = "new_date",
    told_params: Mapping[str, str] = notices.NOTHING,
    **fields: object,
) -> Ticket:
    """The ticket with these fields (kind, type, clock, work with another tier, ...) and its dates counted anew.

    Due is counted from the dispatch, with what was granted and what it stood still; a shorter time that would be over
    already leaves the date alone. When the date moves, the residents are told the new one (``told.new_date``, or the
    text ``told`` names, with its parameters), and who works on it hears of it (``news.recalculated``). Raises
    NotPossibleNow.
    """
    there = ticket.noted(**fields)
    due = turn.guide.due_of(there) if there.dispatched_at else None
    if due is not None and ticket.due_at is not None and due.at < ticket.due_at and due.at <= turn.now:
        due = Moment(ticket.due_at, ticket.provisional)
    promised = _promise(turn, ticket, there, due)
    dates: dict[str, object] = {
        "due_at": due and due.at,
        "promised_at": promised and promised.at,
        "provisional": bool(promised and promised.provisional),
    }
    data = {"reason": reason, **{name: value for name, value in fields.items() if isinstance(value, str)}}
    if dates["due_at"] != ticket.due_at:
        data |= {"before": _iso(ticket.due_at), "due": _iso(due.at if due else None)}
    after = moved(turn, ticket, action, by, data, **{**fields, **dates})
    if due is not None and due.at != ticket.due_at:
        await tell_who_has_it(turn, after, "recalculated", due=_iso(due.at))
    if promised is not None and promised.at != ticket.promised_at:
        await notices.tell_residents(turn, after, told, params={"due": _iso(promised.at), **told_params})
    return after


async def tell_who_has_it(turn: Turn, ticket: Ticket, what: str, *, urgent: bool = False, **params: str) -> None:
    """News for the handler of a ticket (or their deputy); while nobody has taken it, for the unit."""
    directory = await turn.read.directory()
    handler = directory.by_id.get(ticket.handler)
    if handler is not None and handler.removed_at is None:
        notices.tell_staff(turn, [directory.standing_in(handler, turn.now)], what, ticket, urgent=urgent, **params)
    elif ticket.unit:
        notices.tell_unit(turn, ticket.unit, what, ticket, urgent=urgent, **params)


def _promise(turn: Turn, before: Ticket, after: Ticket, due: Moment | None) -> Moment | None:
    """The date residents are told: it follows the due moment when that moves, unless a later date was promised."""
    if after.dispatched_at is None:
        tier = Tier(after.work.tier)
        return turn.guide.answer_due_from_pool(after.type, Clock(after.clock), after.filed_at, tier)
    told = before.promised_at
    if due is None or told is None or told == before.due_at or due.at > told:
        return due
    return Moment(told, due.provisional)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def sent_to(
    turn: Turn,
    ticket: Ticket,
    unit: str,
    by: str,
    data: Mapping[str, object] | None = None,
    *,
    keep_dates: bool = False,
) -> Ticket:
    """The ticket dispatched to a unit: full time for it, unless ``keep_dates``; the unit is told.

    Raises NotPossibleNow. The date the resident was told (``promised_at``) stays as it is: who calls this decides about
    the message.
    """
    dates: dict[str, object] = {"dispatched_at": ticket.dispatched_at}
    work = replace(
        ticket.work, taken_at=None, proposals=(), answer=None, asked_at=None, paused_at=None, joint=(), assists=()
    )
    work = replace(work, together=False)  # another unit answers for itself
    if not keep_dates or ticket.due_at is None:
        work = replace(work, paused_before=work.paused, extended_before=work.extended, set_due=None)
        due = turn.guide.due_of(ticket.noted(dispatched_at=turn.now, unit=unit, work=work))
        dates = {"due_at": due and due.at, "provisional": bool(due and due.provisional)}
    for kind in ("answer_leaves", "decision", "pause_reminder", "pause_ends", "assist"):
        turn.changes.cancel(kind, ticket.number)
    told = {"unit": unit, "before": ticket.unit, **(data or {})}
    after = moved(turn, ticket, Action.DISPATCH, by, told, unit=unit, handler="", work=work, **dates)
    turn.changes.closed_tasks.extend(f"{kind}:{ticket.number}" for kind in TASKS)
    notices.tell_unit(turn, unit, "arrived", after)
    return after
