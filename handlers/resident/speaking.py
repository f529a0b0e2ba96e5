"""What a service heard in somebody's voice: they are shown it, and say what they really said."""

from __future__ import annotations

from bot.changes import AttachmentRecord
from bot.conversation.session import Question
from bot.domain.evidence import SPOKEN, Transcript
from bot.domain.ticket import Ticket
from bot.errors import NotFound
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import discretion
from handlers.naming import ticket_title
from handlers.resident import following

SAID = "said"
"""The question for what was really said: about ``NUMBER ID``."""

_THERE = ("heard", "corrected")


def can(ticket: Ticket) -> bool:
    """Whether what was heard of it can still be corrected."""
    return ticket.open


async def correct(turn: Turn, number: str, words: str = "") -> Reply:
    """What was really said in the newest voice of an own ticket; without words they are asked for.

    Where nothing was heard, the words correct the ticket. Raises NotFound.
    """
    ticket = await following.own(turn, number)
    if not ticket.open:
        return turn.say("supplement.closed", Choice("desk:new", turn.words("choice.new")), number=number)
    found = await _voices(turn, ticket)
    if words:
        if found:
            return await _corrected(turn, ticket, found[-1][0], words)
        return await following.correct(turn, number, words)
    return ask(turn, ticket, *found[-1]) if found else await following.ask_to_reword(turn, number)


async def pressed(turn: Turn, number: str, id_: str) -> Reply:
    """The button under what was heard: ask what was really said. Raises NotFound."""
    ticket = await following.own(turn, number)
    for record, transcript in await _voices(turn, ticket) if ticket.open else ():
        if record.id == id_:
            return ask(turn, ticket, record, transcript)
    return turn.say("press.unknown")


def ask(turn: Turn, ticket: Ticket, record: AttachmentRecord, transcript: Transcript) -> Reply:
    """Ask what was really said."""
    turn.remember(question=Question(SAID, f"{ticket.number} {record.id}", turn.now))
    return Reply(turn.words("heard.ask", number=ticket.number, text=transcript.words), ticket=ticket.number)


async def answered(turn: Turn, about: str, text: str) -> Reply:
    """The words that were asked for. Raises NotFound."""
    number, _, id_ = about.partition(" ")
    turn.remember(question=None)
    return await said(turn, number, id_, text)


async def said(turn: Turn, number: str, id_: str, text: str) -> Reply:
    """What was really said in one of their voices. Raises NotFound."""
    ticket = await following.own(turn, number)
    if not ticket.open:
        return turn.say("supplement.closed", number=number)
    record = next((record for record, _ in await _voices(turn, ticket) if record.id == id_), None)
    if record is None:
        raise NotFound(number=number)
    if not text.strip():
        return turn.say("unknown.empty")
    return await _corrected(turn, ticket, record, text.strip())


async def _corrected(turn: Turn, ticket: Ticket, record: AttachmentRecord, text: str) -> Reply:
    """The transcript is theirs now; a ticket that has no words of its own gets these."""
    if len(text) > turn.town.limits.text_max:
        return turn.say("intake.too_long", limit=turn.town.limits.text_max)
    by = str(turn.address)
    turn.changes.transcripts.append(Transcript(attachment=record.id, state="corrected", words=text, by=by, at=turn.now))
    joined = await turn.read.role(turn.address, ticket.number) == discretion.JOINED
    if not ticket.text and not joined:
        await following.reword(turn, ticket.number, text)
        return turn.say("heard.corrected", number=ticket.number, text=text)
    await following.correct(turn, ticket.number, text)
    return turn.say("heard.corrected", number=ticket.number, text=text)


async def _voices(turn: Turn, ticket: Ticket) -> list[tuple[AttachmentRecord, Transcript]]:
    """The voices of whoever's turn it is in which something was heard, the oldest first."""
    theirs = [
        record
        for record in await turn.read.attachments_of(ticket.number)
        if record.address == turn.address and record.type in SPOKEN
    ]
    copies = await turn.read.copies([record.id for record in theirs])
    found = []
    for record in theirs:
        transcript = copies[record.id].transcript if record.id in copies else None
        if transcript is not None and transcript.state in _THERE:
            found.append((record, transcript))
    return found


async def shown(turn: Turn, ticket: Ticket) -> str:
    """What an own ticket is called by whoever's turn it is."""
    return ticket_title(turn, await discretion.shown(turn, ticket))
