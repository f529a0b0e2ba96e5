"""The time of a hold is over: it ends by itself, and all that was kept is told in one go."""

from __future__ import annotations

from bot.domain.holds import Step
from bot.domain.people import DESK
from bot.turn import Turn
from handlers import holding
from handlers.resident.appealing import KIND


async def ends(turn: Turn) -> None:
    """End it, unless somebody did before."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    steps = await turn.read.hold_steps(timer.subject)
    hold = steps[-1] if steps else None
    if hold is None or hold.ended_at is not None or hold.until > turn.now:
        return
    if hold.step is Step.APPEAL:
        turn.changes.closed_tasks.append(f"{KIND}:{hold.id}")
    await holding.over(turn, hold, Step.END, DESK)
