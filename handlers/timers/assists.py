"""A unit that was asked to help has not done so in time: the lead unit and the supervisors hear of it."""

from __future__ import annotations

from bot.domain.people import DESK
from bot.domain.ticket import Action
from bot.turn import Turn
from handlers import case, notices
from handlers.supervisor.saying import supervisors_of


async def late(turn: Turn) -> None:
    """Tell who answers for the ticket, who was to help, and the supervisors; nothing when help has come."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None or not ticket.open or not 1 <= timer.level <= len(ticket.work.assists):
        return
    assist = ticket.work.assists[timer.level - 1]
    if assist.done_at is not None or assist.due_at != timer.due_at:
        return
    due = assist.due_at.isoformat()
    ticket = case.moved(turn, ticket, Action.NOTE, DESK, {"assist_late": assist.unit, "due": due})
    notices.tell_unit(turn, assist.unit, "assist_late", ticket, before=assist.unit, due=due)
    await case.tell_who_has_it(turn, ticket, "assist_late", before=assist.unit, due=due)
    people = await supervisors_of(turn, ticket)
    notices.tell_staff(turn, people, "assist_late", ticket, before=assist.unit, due=due)
