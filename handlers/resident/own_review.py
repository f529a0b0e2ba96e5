"""The review that the person whose turn it is gives of a ticket: what they have said of its last answer so far."""

from __future__ import annotations

from msgspec.structs import replace

from bot.conversation.session import QUESTION_LIFE, Reviewing
from bot.domain import review as rules
from bot.domain.review import Review, Verdict
from bot.domain.ticket import Ticket
from bot.message import Reply
from bot.turn import Turn
from handlers import discretion, reviews
from handlers.naming import state_name, ticket_title


async def mine(turn: Turn, ticket: Ticket) -> Review | None:
    """What they have said, or were asked; None for nothing yet."""
    party = (await reviews.parties(turn, ticket)).party.get(turn.address)
    return (await reviews.of_round(turn, ticket)).get(party) if party is not None else None


async def changed(turn: Turn, ticket: Ticket, **fields: object) -> Review:
    """This person's review of the last answer with fields changed; a new one where nothing was said or asked."""
    party = (await reviews.parties(turn, ticket)).party[turn.address]
    known = (await reviews.of_round(turn, ticket)).get(party)
    review = known or Review(
        ticket=ticket.number,
        round=rules.current_round(ticket),
        party=party,
        address=str(turn.address),
        verdict=Verdict.ASKED,
        at=turn.now,
    )
    return replace(review, address=str(turn.address), by=str(turn.address), at=turn.now, **fields)


async def stale(turn: Turn, ticket: Ticket, round_: int) -> Reply | None:
    """What is said when a button belongs to an earlier answer."""
    if round_ and round_ != rules.current_round(ticket):
        return await about(turn, ticket, "review.earlier", state=state_name(turn, ticket))
    return None


def waiting(turn: Turn) -> Reviewing | None:
    """The review whose next step is waited for; None where something else was begun since."""
    waits, draft = turn.session.reviewing, turn.session.draft
    if waits is None or turn.now - waits.at > QUESTION_LIFE:
        return None
    return None if draft is not None and draft.touched_at > waits.at else waits


def expect(turn: Turn, review: Review, step: str) -> None:
    """Wait for the next step of a review: finished, rating or words."""
    turn.remember(reviewing=Reviewing(review.ticket, review.round, review.party, step, turn.now))


def joined(words: str, more: str) -> str:
    """Words with more of them below, no more than are kept."""
    return "\n".join(filter(None, (words, more.strip())))[: reviews.WORDS_MAX]


async def about(turn: Turn, ticket: Ticket, key: str, **params: object) -> Reply:
    """A reply about a ticket; its text has ``number`` and ``title`` besides ``params``."""
    title = ticket_title(turn, await discretion.shown(turn, ticket))
    text = turn.words(key, number=ticket.number, title=title, **params)
    return Reply(text, ticket=ticket.number)
