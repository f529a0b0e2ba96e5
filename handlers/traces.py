"""The trace list: answers that a supervisor should look into."""

from __future__ import annotations

from bot.changes import Task
from bot.domain.review import current_round
from bot.domain.ticket import Ticket
from bot.turn import Turn

KIND = "trace"


def key(ticket: Ticket) -> str:
    """Under which a ticket's last answer stands on the list."""
    return f"{KIND}:{ticket.number}:{current_round(ticket)}"


def put(turn: Turn, ticket: Ticket, **why: object) -> None:
    """Put a ticket's last answer on the list, once. ``why`` says what brought it there: ``flags``, ``rating`` or
    ``sample``."""
    data: dict[str, object] = {"round": current_round(ticket), **why}
    turn.changes.tasks.append(Task(key(ticket), KIND, ticket.number, turn.now, data=data))
