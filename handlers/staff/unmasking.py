"""The numbers that are masked in a ticket's words, where one of them is the matter itself: opened, and that is recorded
(rule book, "Identity, personal data, the wall")."""

from __future__ import annotations

from collections.abc import Iterable

from bot.changes import Looked
from bot.domain.masking import finds
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.domain.wall import shown_to, whole_text
from bot.message import Reply
from bot.turn import Turn
from handlers.naming import ticket_title
from handlers.staff.cards import hidden_from
from handlers.staff.command import Command, table
from handlers.staff.me import Me

SHOWN = 20
"""So many numbers at most."""


async def unmask(turn: Turn, me: Me, ticket: Ticket, _rest: str) -> Reply:
    """All numbers in the words of a ticket and in what was added to it, as this person may read them."""
    events = await turn.read.events(ticket.number)
    said = (str(event.data.get("text", "")) for event in events if not hidden_from(me, ticket, event))
    place = (ticket.place.name, ticket.place.address) if ticket.place is not None and shown_place(me, ticket) else ()
    numbers = list(dict.fromkeys(_numbers((whole_text(me.person, ticket), *place, *said))))[:SHOWN]
    fields = {"number": ticket.number, "title": ticket_title(turn, shown_to(me.person, ticket))}
    if not numbers:
        return Reply(turn.words("unmask.none", **fields), ticket=ticket.number)
    turn.changes.looked.append(Looked(by=me.id, what="number", at=turn.now, ticket=ticket.number))
    lines = [
        turn.words("unmask.head", **fields),
        *(turn.words(f"unmask.{what}", value=value) for what, value in numbers),
    ]
    return Reply("\n".join(lines), ticket=ticket.number)


def shown_place(me: Me, ticket: Ticket) -> bool:
    """Whether the place of a ticket is shown to this person."""
    return shown_to(me.person, ticket).place is not None


def _numbers(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in texts:
        for found in finds(text):
            yield str(found.number), text[found.begin : found.end]


COMMANDS = table(Command("unmask", Act.UNMASK, ticket=unmask))
