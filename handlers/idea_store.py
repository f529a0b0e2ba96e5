"""What is in the idea store for whoever asks: for residents released copies, for staff also what they may see."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.public import public_copy
from bot.domain.search import wanted
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.words import fold
from bot.domain.work import DATED
from bot.ports import Wanted
from bot.turn import Turn
from handlers.naming import moment, shortened, state_name

LOOKED_THROUGH = 300
"""So many of the newest ideas are looked through where nobody said a word to search for."""
FOUND = 60
SHOWN = 10
TEXT = 60
LONGEST = 40
"""Characters of what is searched for; the rest is left out."""

Readable = Callable[[Ticket], str]
"""The words of an idea that somebody may read, "" for none."""


async def ideas(turn: Turn, words: str, readable: Readable) -> list[tuple[Ticket, str]]:
    """Ideas in whose readable words all these stand, the newest first, with those words."""
    asked = wanted(words[:LONGEST])
    if asked:
        where = Wanted(statuses=tuple(Status), type=Type.IDEA)
        tickets = await turn.read.found(words[:LONGEST], where, FOUND)
    elif words.strip():
        return []
    else:
        tickets = await turn.read.ideas(LOOKED_THROUGH)
    shown = ((ticket, readable(ticket)) for ticket in tickets)
    return [(ticket, text) for ticket, text in shown if text and all(word in fold(text) for word in asked)]


def released(turn: Turn, ticket: Ticket) -> str:
    """What anybody may read of a ticket."""
    return public_copy(ticket, turn.town.kinds.get(ticket.kind))


def line(turn: Turn, ticket: Ticket, text: str) -> str:
    """An idea in one line: number, words, how many say so, and what became of it."""
    return turn.words(
        "idea.line",
        number=ticket.number,
        text=shortened(" ".join(text.split()), TEXT),
        count=ticket.work.reporters,
        state=became(turn, ticket),
    )


def became(turn: Turn, ticket: Ticket) -> str:
    """What its unit answered, or that it still owes an answer."""
    answer = ticket.work.last_answer
    if answer is None or ticket.status not in (Status.ANSWERED, Status.CLOSED):
        return state_name(turn, ticket)
    name = turn.words(f"outcome.{answer.outcome}")
    if answer.outcome in DATED and answer.until is not None:
        return turn.words("idea.until", outcome=name, until=moment(turn, answer.until))
    return name
