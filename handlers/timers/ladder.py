"""The overdue ladder: what is late becomes a task for those who can end it."""

from __future__ import annotations

from bot.changes import Task, Timer
from bot.domain import deadlines
from bot.turn import Turn


async def climb(turn: Turn) -> None:
    """A rung is reached: note it for staff once, and set the next."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None or not ticket.open:
        return
    key = f"overdue:{ticket.number}:{timer.level}:{timer.due_at.isoformat()}"
    data: dict[str, object] = {"level": timer.level, "due": timer.due_at.isoformat()}
    turn.changes.tasks.append(Task(key, "overdue", ticket.number, turn.now, data=data))
    following = deadlines.next_step(turn.guide.ladder(ticket), turn.now)
    if following is not None:
        turn.changes.timer(Timer("rung", ticket.number, following.at, following.level))
