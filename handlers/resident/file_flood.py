"""How many files one person may send in a day: the rest is noted and not fetched, and they are told once."""

from __future__ import annotations

from bot.conversation.session import FilesSent
from bot.message import MessageKind, Push, Reply
from bot.turn import Turn

TOO_MANY = "too_many_today"
"""The problem of a file that is not fetched."""


def problem(turn: Turn) -> str:
    """Count one more file of this person; `TOO_MANY` when the day has had enough of theirs, else "".

    Programs that hand matters in have limits of their own, and staff are not counted.
    """
    if turn.works_here or (turn.message is not None and turn.message.kind is MessageKind.FORM):
        return ""
    day = turn.now.astimezone(turn.guide.calendar.zone).date().isoformat()
    sent, limit = turn.session.files, turn.town.limits.files_per_day
    count = sent.count + 1 if sent is not None and sent.day == day else 1
    turn.remember(files=FilesSent(day, count))
    if count <= limit:
        return ""
    if count == limit + 1:
        reply = Reply(turn.words("flood.files", limit=limit))
        turn.changes.push(
            Push(key=f"files:{day}:{turn.address}", address=turn.address, reply=reply, created_at=turn.now)
        )
    return TOO_MANY
