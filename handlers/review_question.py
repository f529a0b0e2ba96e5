"""What people are asked under an answer: one line, and what can be tapped or typed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.changes import Timer
from bot.domain import review
from bot.domain.ticket import Ticket
from bot.message import Choice
from bot.turn import Turn, Voice
from handlers import notices
from handlers.naming import Speaking

DELIVERED = "answer_delivered"
"""The timer that the delivery of a question sets."""


async def tell(turn: Turn, ticket: Ticket, what: str, params: Mapping[str, str]) -> None:
    """Push ``told.<what>`` with the question to everybody a ticket belongs to, in one message.

    Whoever has not got it in seven days was not reached.
    """
    await notices.tell_residents(
        turn,
        ticket,
        what,
        partial(choices, ticket=ticket),
        then=DELIVERED,
        reserve=True,
        params=params,
        brief="answer",
        below=partial(below, ticket=ticket),
        linked=True,
    )
    due = turn.now + review.ENDS_AFTER
    turn.changes.timer(Timer("review_unreached", ticket.number, due, review.current_round(ticket)))


def choices(voice: Voice, ticket: Ticket) -> tuple[Choice, ...]:
    """What can be answered; each is a word too."""
    asked, round_ = review.question(ticket), review.current_round(ticket)
    found = []
    for verdict in review.verdicts(asked):
        label = label_of(voice, asked, verdict)
        found.append(Choice(f"{ticket.number}:rate={verdict}/{round_}", label, label))
    return tuple(found)


def below(voice: Voice, ticket: Ticket) -> str:
    """The question itself."""
    return voice.words(f"review.ask.{review.question(ticket)}", number=ticket.number)


def label_of(voice: Speaking, asked: review.Question, verdict: str) -> str:
    """What a verdict is called as the answer to a question."""
    return voice.words(f"review.{asked}.{verdict}")
