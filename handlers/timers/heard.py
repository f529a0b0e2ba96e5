"""A voice was heard: whoever spoke is shown the words, once, and whoever works on it gets them."""

from __future__ import annotations

from bot.domain.ticket import Ticket
from bot.message import Choice, Push, Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import shortened
from handlers.resident import card, speaking
from handlers.supervisor.saying import supervisors_of

TOLD = 300
"""Characters of what was heard in the news for staff."""


async def heard(turn: Turn) -> None:
    """Show the person what was heard; staff too, at once where it tells of a danger."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    id_ = turn.timer.subject
    record = next(iter(await turn.read.attachments([id_])), None)
    copies = (await turn.read.copies([id_])).get(id_)
    if record is None or copies is None or copies.transcript is None or copies.transcript.state != "heard":
        return
    ticket = await turn.read.ticket(record.ticket) if record.ticket else None
    if ticket is None or not ticket.open or not await turn.read.owns(turn.address, ticket.number):
        return
    text = copies.transcript.words
    advice = await _tell_staff(turn, ticket, text)
    title = await speaking.shown(turn, ticket)
    said = turn.words("told.heard", number=ticket.number, title=title, text=text)
    turn.changes.push(
        Push(
            key=f"heard:{id_}",
            address=turn.address,
            reply=Reply(
                "\n".join(filter(None, (advice, said))),
                (Choice(f"{ticket.number}:said={id_}", turn.words("heard.button")),),
                ticket=ticket.number,
            ),
            created_at=turn.now,
            ticket=ticket.number,
        )
    )


async def _tell_staff(turn: Turn, ticket: Ticket, text: str) -> str:
    """The words for who works on it; a danger for the supervisors too. Returns what is to be done at once then."""
    danger = turn.guide.read(text).danger
    words = shortened(text, TOLD)
    if danger is not None and not ticket.danger:
        people = await supervisors_of(turn, ticket)
        notices.tell_staff(turn, people, "heard_danger", ticket, urgent=True, text=words)
    if ticket.unit and not ticket.walled:
        await case.tell_who_has_it(turn, ticket, "heard", urgent=danger is not None, text=words)
    return card.danger_advice(turn, danger.code) if danger is not None else ""
