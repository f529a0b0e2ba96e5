"""An answer's two minutes are over: it leaves."""

from __future__ import annotations

from bot.turn import Turn
from handlers.staff import leaving


async def leave(turn: Turn) -> None:
    """The answer leaves, unless it was recalled, or is another one that has its own time."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None or ticket.work.answer is None:
        return
    leaves_at = ticket.work.answer.leaves_at
    if leaves_at is None or leaves_at > timer.due_at:
        return
    await leaving.left(turn, ticket)
