"""A question to the resident: delivered, reminded of, and no longer waited for."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from bot.changes import Timer
from bot.domain import pauses
from bot.domain.people import DESK
from bot.domain.ticket import Action, Status, Ticket
from bot.turn import Turn
from handlers import case, notices
from handlers.staff import asking, questions


async def delivered(turn: Turn) -> None:
    """The question has reached somebody: their next words are its answer, and the clock stands from that moment.

    Where it was put to several people the first delivery counts. It stands for nobody in danger, and no more often or
    longer than the rules allow; the question waits for its answer all the same.
    """
    ticket = await _waiting(turn)
    if ticket is None:
        return
    if turn.timer is not None and turn.timer.address is not None:
        turn.remember(asked=(*(n for n in turn.session.asked if n != ticket.number), ticket.number))
    limits, calendar = turn.town.limits, turn.guide.calendar_of(ticket.unit)
    if ticket.work.paused_at is not None or pauses.runs_on(ticket, limits, calendar) is not None:
        return
    since = _since(turn, ticket)
    work = replace(ticket.work, paused_at=since, pauses=ticket.work.pauses + 1)
    after = case.moved(turn, ticket, Action.PAUSE, DESK, {"since": since.isoformat()}, work=work)
    again = pauses.runs_again(after, since, limits, calendar).at
    remind = pauses.reminder(since, limits, calendar).at
    if remind < again:
        turn.changes.timer(Timer("pause_reminder", ticket.number, remind))
    turn.changes.timer(Timer("pause_ends", ticket.number, again))


def _since(turn: Turn, ticket: Ticket) -> datetime:
    """When it was delivered: never before it was asked, never after now, whatever a clock did in between."""
    assert turn.timer is not None  # noqa: S101 - see `_waiting`
    return min(max(turn.timer.due_at, ticket.work.asked_at or turn.now), turn.now)


async def reminder(turn: Turn) -> None:
    """Remind everybody of the question, once."""
    ticket = await _waiting(turn)
    if ticket is None or ticket.work.paused_at is None:
        return
    asked = await questions.last_question(turn, ticket)
    text = str(asked.data.get("text", "")) if asked is not None else ""
    await notices.tell_residents(turn, ticket, "question_reminder", params={"unit": ticket.unit, "text": text})


async def ends(turn: Turn) -> None:
    """Nobody answered: the clock runs again, the date moves by the time it stood still, everybody hears of it."""
    ticket = await _waiting(turn)
    if ticket is None or ticket.work.paused_at is None:
        return
    limits, calendar = turn.town.limits, turn.guide.calendar_of(ticket.unit)
    if turn.now < pauses.runs_again(ticket, ticket.work.paused_at, limits, calendar).at:
        return  # of an earlier question
    after = await asking.resumed(turn, ticket, DESK, "pause_over")
    await case.tell_who_has_it(turn, after, "pause_over")


async def _waiting(turn: Turn) -> Ticket | None:
    assert turn.timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(turn.timer.subject)
    return ticket if ticket is not None and ticket.status is Status.WAITING_RESIDENT else None
