"""What a service heard in the voices of a ticket: a proposal to whoever types out what is said in them."""

from __future__ import annotations

from bot.domain.evidence import SPOKEN
from bot.domain.ticket import Ticket
from bot.domain.wall import open_to
from bot.turn import Turn
from handlers.staff.me import Me


async def heard_words(turn: Turn, me: Me, ticket: Ticket) -> str:
    """All that was heard, or corrected by who spoke, a line for each voice; "" for nothing, or nothing of theirs."""
    if not open_to(me.person, ticket):
        return ""
    spoken = [each.id for each in await turn.read.attachments_of(ticket.number) if each.type in SPOKEN]
    copies = await turn.read.copies(spoken)
    transcripts = [copies[id_].transcript for id_ in spoken if id_ in copies]
    return "\n".join(each.words for each in transcripts if each is not None and each.words)
