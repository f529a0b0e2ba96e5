"""What the lists of the desk share: sections with a few lines each, and one push to somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.changes import Looked
from bot.domain.people import Staff
from bot.domain.permission import Act, Person, may
from bot.domain.ticket import Ticket
from bot.domain.wall import shown_to
from bot.message import Lane, Push, Reply
from bot.ports import Wanted
from bot.turn import Turn, Voice
from handlers import reaching, wording
from handlers.naming import place_name, ticket_title
from handlers.remaining import time_left
from handlers.staff.me import person_of
from handlers.timers import tapping

LINES = 4
"""So many tickets of a section are named; the others are counted."""

LIFE = timedelta(hours=12)
"""A list that could not be delivered for so long is of no use any more."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads a list, as what, and in which language."""

    staff: Staff
    person: Person
    voice: Voice


@dataclass(frozen=True, slots=True)
class Section:
    """Tickets of a list under the text ``name``: how many, and the first of them."""

    name: str
    count: int
    tickets: Sequence[Ticket] = ()


async def reading(turn: Turn, staff_id: str) -> Reading | None:
    """The reader a list's timer means; None for people who were removed, are away, or cannot be written to."""
    directory = await turn.read.directory()
    staff = directory.by_id.get(staff_id)
    if staff is None or staff.removed_at is not None or staff.away_at(turn.now):
        return None
    sessions = await reaching.sessions_of(turn, [staff])
    addresses = reaching.open_addresses(sessions, staff)
    if not addresses:
        return None
    return Reading(staff, person_of(turn, staff, directory), turn.voice(sessions.get(addresses[0])))


async def section(turn: Turn, reader: Reading, name: str, wanted: Wanted) -> Section:
    """A section of the list: as many as there are, and those the reader may see of the first."""
    count = await turn.read.count(wanted)
    found = await turn.read.tickets(wanted, LINES) if count else ()
    return Section(name, count, [t for t in found if may(reader.person, Act.SEE, t)])


def lines(turn: Turn, reader: Reading, sections: Sequence[Section]) -> list[str]:
    """The sections that are not empty: a head with the number, then the tickets with title, place and time left."""
    words, told = reader.voice.words, []
    for part in sections:
        if not part.count:
            continue
        told.append(words(f"digest.{part.name}", count=part.count))
        told += [line(turn, reader, ticket) for ticket in part.tickets]
        if part.tickets and part.count > len(part.tickets):
            told.append(words("digest.more", count=part.count - len(part.tickets)))
    return told


def line(turn: Turn, reader: Reading, ticket: Ticket) -> str:
    """One ticket of a list."""
    shown, voice = shown_to(reader.person, ticket), reader.voice
    return voice.words(
        "digest.line",
        number=ticket.number,
        title=ticket_title(voice, shown),
        place=place_name(voice, shown.place) if shown.place else voice.words("news.no_place"),
        left=time_left(voice, turn.guide, ticket, turn.now),
    )


async def send(turn: Turn, reader: Reading, name: str, told: Sequence[str], sections: Sequence[Section]) -> None:
    """Push a list to its reader, behind everything that is more urgent; what it names counts as read."""
    sessions = await reaching.sessions_of(turn, [reader.staff])
    address = reaching.open_addresses(sessions, reader.staff)[0]
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    turn.changes.push(
        Push(
            key=f"{name}:{reader.staff.id}:{timer.due_at.isoformat()}",
            address=address,
            reply=Reply("\n".join(told), (tapping.todo(reader.voice),)),
            created_at=turn.now,
            lane=Lane.BULK,
            expires_at=turn.now + LIFE,
            brief=wording.work_brief(turn, None, sum(part.count for part in sections), told[0], urgent=False),
        )
    )
    numbers = dict.fromkeys(ticket.number for part in sections for ticket in part.tickets)
    for number in numbers:
        turn.changes.looked.append(Looked(by=reader.staff.id, what="list", at=turn.now, ticket=number))
