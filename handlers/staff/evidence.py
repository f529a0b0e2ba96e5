"""Files that go with an answer: sent with the command, or on their own in the ten minutes before it."""

from __future__ import annotations

from bot.changes import AttachmentRecord
from bot.domain.answers import Flag
from bot.domain.ticket import Ticket
from bot.message import AttachmentType
from bot.turn import Turn
from handlers.naming import counted


async def lately(turn: Turn) -> tuple[str, ...]:
    """The ids of files this member of staff sent lately without saying what for, oldest first."""
    since = turn.now - turn.town.limits.evidence_within
    ids = tuple(each.id for each in turn.session.loose if each.at >= since)
    known = {record.id for record in await _records(turn, ids)}
    return tuple(each for each in ids if each in known)


async def said(turn: Turn, ids: tuple[str, ...]) -> str:
    """What is enclosed, by type, in the words of who reads; "" for nothing."""
    records = await _records(turn, ids)
    return counted(turn, [AttachmentType(record.type) for record in records]) if records else ""


async def odd(turn: Turn, ticket: Ticket, ids: tuple[str, ...]) -> tuple[Flag, ...]:
    """What is odd about files that go with an answer, as far as they have been looked at: that happens some seconds
    after they came."""
    if not ids:
        return ()
    found: list[Flag] = []
    before = [record for record in await turn.read.attachments_of(ticket.number) if record.id not in ids]
    seen = {mark for record in before for mark in (record.sha256, record.fingerprint) if mark}
    again = any(mark in seen for record in await _records(turn, ids) for mark in (record.sha256, record.fingerprint))
    others = {each.ticket for each in await turn.read.lookalikes(ids)}
    if again or ticket.number in others:
        found.append(Flag.SAME_PHOTO)
    if [number for number in others if number != ticket.number and not await _one_matter(turn, ticket, number)]:
        found.append(Flag.REUSED_PHOTO)
    looks = (await turn.read.looks(ids)).values()
    if any(look.taken_at is not None and look.taken_at < ticket.filed_at for look in looks):
        found.append(Flag.OLD_PHOTO)
    return tuple(found)


async def _one_matter(turn: Turn, ticket: Ticket, number: str) -> bool:
    """Whether one answer is for both: merged, or of one special case."""
    other = await turn.read.ticket(number)
    if other is None:
        return True
    special = ticket.work.special
    return (
        number == ticket.work.merged_into
        or other.work.merged_into == ticket.number
        or (bool(special) and other.work.special == special)
    )


async def _records(turn: Turn, ids: tuple[str, ...]) -> list[AttachmentRecord]:
    """Their rows, those of this very turn too; what is not there (any more) is left out."""
    if not ids:
        return []
    found = {record.id: record for record in await turn.read.attachments(ids)}
    found |= {record.id: record for record in turn.changes.attachments if record.id in ids}
    return [found[each] for each in ids if each in found and found[each].state in ("pending", "stored")]
