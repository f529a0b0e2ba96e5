"""Folded news of one ticket for somebody it belongs to: one push in four hours (rule book, "Notices")."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bot.changes import Note
from bot.domain.ticket import Status, Ticket
from bot.message import Push, Reply
from bot.turn import Turn
from handlers import discretion, wording
from handlers.naming import ticket_title
from handlers.notices import NEWS_GAP, quiet_until

READ = 40
"""How many news of a ticket are looked at."""
PROGRESS = "progress"


async def tell_resident(turn: Turn) -> None:
    """Folded news of one ticket for somebody it belongs to; nothing for those who want few notices."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    number, _, _ = turn.timer.subject.partition("|")
    box = str(turn.address)
    notes = await turn.read.notes(box, number, READ)
    if not notes:
        return
    ticket = await turn.read.ticket(number)
    wants = not turn.session.muted and await turn.read.owns(turn.address, number)
    if wants and ticket is not None and ticket.open and ticket.status is not Status.ANSWERED:
        later = quiet_until(turn)
        if later is None:
            last = await turn.read.folded_at(box, number)
            later = last + NEWS_GAP if last is not None and turn.now < last + NEWS_GAP else None
        if later is not None:
            turn.changes.timer(replace(turn.timer, due_at=later))
            return
        _fold_for_resident(turn, await discretion.shown(turn, ticket), notes)
    turn.changes.folded.extend(id_ for id_, _ in notes)


def _fold_for_resident(turn: Turn, ticket: Ticket, notes: Sequence[tuple[int, Note]]) -> None:
    title = ticket_title(turn, ticket)
    # The newest of each; what handlers wrote is all told.
    latest = {note.key if note.what == PROGRESS else note.what: note for _, note in notes}
    lines = [
        wording.told(turn.voice(turn.session), note.what, ticket.number, title, note.params) for note in latest.values()
    ]
    turn.changes.push(
        Push(
            key=f"news:{ticket.number}:{notes[0][0]}",
            address=turn.address,
            reply=Reply("\n".join(lines), ticket=ticket.number),
            created_at=turn.now,
            ticket=ticket.number,
            brief=wording.told_brief(turn, ticket, "news"),
        )
    )
