"""What is owed to somebody no message reaches: a call or a visit, as a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.changes import Reporter, Task
from bot.conversation.session import Session
from bot.domain.people import Address
from bot.domain.ticket import Ticket
from bot.turn import Turn
from handlers import tasks
from handlers.open311.origin import SOURCE

KIND = "call_back"
LOOK_BACK = "look_back"
"""What a call is about that asks whether a matter came back."""


def anybody_reachable(reporters: Iterable[Reporter], sessions: Mapping[Address, Session]) -> bool:
    """Whether at least one of those a ticket belongs to takes messages; nobody does where it belongs to nobody yet."""
    return any((s := sessions.get(r.address)) is None or s.reachable for r in reporters)


async def can_be_called(turn: Turn, ticket: Ticket) -> bool:
    """Whether there may be somebody to call or visit: not where a program filed for a person who left no way to do so.

    They can claim it by its code, and the program can read how it stands.
    """
    if ticket.source != SOURCE or await turn.read.reporters(ticket.number):
        return True
    events = await turn.read.events(ticket.number)
    return bool(events and events[0].data.get("contact"))


def owed(turn: Turn, ticket: Ticket, what: str, text: str) -> None:
    """Have somebody told by telephone or in person what ``text`` says; ``what`` names it (``answer``, ``question``)."""
    data: dict[str, object] = {
        "what": what,
        "text": text,
        "type": ticket.type,
        "kind": ticket.kind,
        "area": ticket.area,
        "place": ticket.place.name if ticket.place else "",
    }
    due = turn.guide.calendar.after_working_days(turn.now, 1).at
    key = f"{KIND}:{ticket.number}:{ticket.seq}:{what}"
    tasks.opened(turn, Task(key, KIND, ticket.number, turn.now, due, data=data))
