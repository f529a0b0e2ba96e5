"""The question to a resident that was put last: finding it, and keeping it from leaving."""

from __future__ import annotations

from bot.domain.ticket import Action, Event, Ticket
from bot.turn import Turn


async def silence(turn: Turn, ticket: Ticket) -> None:
    """What of the last question (or its reminder) has not left yet must not leave any more."""
    asked = await last_question(turn, ticket)
    if asked is not None:
        for reporter in await turn.read.reporters(ticket.number):
            turn.changes.recalled_pushes.append(f"told:question:{ticket.number}:{asked.seq}:{reporter.address}")


async def last_question(turn: Turn, ticket: Ticket) -> Event | None:
    """The step in which a question was put last."""
    events = await turn.read.events(ticket.number)
    return next((event for event in reversed(events) if event.action is Action.ASK and "text" in event.data), None)
