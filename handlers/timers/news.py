"""Opening a box of news: what was put before somebody becomes one push (rule book, "Overdue ladder", "Notices").

A unit's box is emptied into those of the people who work there; a person's becomes a push: a single matter with its
buttons, several as a list. Not more often than every ten minutes and never in the quiet hours, but for what is urgent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.changes import Looked, Note, Timer
from bot.domain.colour import Colour
from bot.domain.directory import Directory
from bot.domain.people import Staff
from bot.domain.ticket import Ticket
from bot.domain.town import LOAD
from bot.domain.wall import shown_to
from bot.message import Choice, Lane, Push, Reply
from bot.turn import Turn, Voice
from handlers import reaching, wording
from handlers.notices import PUSH_GAP, STAFF_PUSH_LIFE, put, quiet_until
from handlers.staff.taking import by_load
from handlers.timers import tapping, undelivered
from handlers.timers.overtaken import overtaken

SHOWN = 10
"""How many matters a list names; the rest are in the to-do list."""

READ = 40
"""How many news of a box are looked at; what lies behind them is counted."""

SOON = timedelta(seconds=1)
"""When the rest of a box is opened whose first news said nothing."""

SPREAD = 50
"""More news for a unit than that become one line for each of its people."""

ARRIVALS = ("arrived", "arrived_danger")
"""News of a ticket that nobody has yet; void when somebody has it, or another unit."""

APART = 3
"""So many urgent matters get a push of their own each; more become a list."""


@dataclass(frozen=True, slots=True)
class Story:
    """News with what it is about as that is now."""

    id: int
    note: Note
    ticket: Ticket | None

    @property
    def urgent(self) -> bool:
        """Whether it waits for nothing."""
        return self.note.urgent or (self.ticket is not None and bool(self.ticket.danger))


async def open_box(turn: Turn) -> None:
    """Tell what lies in a box, or set the timer to when that may be."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    box = turn.timer.subject
    whose, _, name = box.partition(":")
    notes = await turn.read.notes(box, "", SPREAD + 1 if whose == "unit" else READ)
    if not notes:
        return
    directory = await turn.read.directory()
    if whose == "unit":
        await _spread(turn, directory, name, notes)
        return
    staff = directory.by_id.get(name)
    if staff is None or staff.removed_at is not None:
        await _all_told(turn, box)
        return
    acting = directory.standing_in(staff, turn.now)
    if acting.id != staff.id:
        _handed_on(turn, notes, [acting])
        if len(notes) == READ:
            turn.changes.timer(Timer("fold", box, turn.now + SOON))
        return
    await _open(turn, directory, staff, notes)


async def _spread(turn: Turn, directory: Directory, unit: str, notes: Sequence[tuple[int, Note]]) -> None:
    """Put a unit's news before its people, or before those who stand in for them.

    Where a unit shares its work by load, what has arrived goes to one of them; else a storm becomes a line for each.
    """
    box = f"unit:{unit}"
    entry = turn.town.units.get(unit)
    if len(notes) > SPREAD:
        if entry is not None and entry.assign == LOAD:
            notes = notes[:SPREAD]
            turn.changes.timer(Timer("fold", box, turn.now + SOON))
        else:
            await _many(turn, directory, unit)
            turn.changes.folded.extend(id_ for id_, note in notes if not note.urgent)  # counted once, whoever else does
            notes = [(id_, note) for id_, note in notes if note.urgent]
    for id_, note in notes:
        turn.changes.folded.append(id_)
        ticket = await turn.read.ticket(note.ticket) if note.ticket else None
        if note.ticket and (ticket is None or not _concerns(unit, note, ticket)):
            continue
        people = await reaching.heard_in(turn, directory, unit, ticket)
        if note.what in ARRIVALS and ticket is not None and (await by_load(turn, ticket, people)).handler:
            continue
        _put(turn, note, people)


async def _many(turn: Turn, directory: Directory, unit: str) -> None:
    box = f"unit:{unit}"
    count, last = await turn.read.notes_waiting(box)
    many = Note(
        key=f"many:{unit}:{last}", box=box, what="many", at=turn.now, params={"unit": unit, "count": str(count)}
    )
    _put(turn, many, await reaching.heard_in(turn, directory, unit, None))
    turn.changes.folded_boxes.append((box, "", last))


def _concerns(unit: str, note: Note, ticket: Ticket) -> bool:
    """Whether news still concern a unit: what arrived may have gone on to another meanwhile."""
    if note.what in ARRIVALS:
        return ticket.open and ticket.unit == unit
    return ticket.open or note.what in wording.OF_AN_END


def _handed_on(turn: Turn, notes: Sequence[tuple[int, Note]], people: Sequence[Staff]) -> None:
    for id_, note in notes:
        _put(turn, note, people)
        turn.changes.folded.append(id_)


def _put(turn: Turn, note: Note, people: Sequence[Staff]) -> None:
    for staff in people:
        put(turn, replace(note, key=f"{note.key}>{staff.id}", box=f"staff:{staff.id}"), turn.now)


async def _open(turn: Turn, directory: Directory, staff: Staff, notes: Sequence[tuple[int, Note]]) -> None:
    box = f"staff:{staff.id}"
    stories = await _still_true(turn, directory, staff, notes)
    urgent = [story for story in stories if story.urgent]
    calm = [story for story in stories if not story.urgent]
    pile = len(notes) == READ
    if pile and len(urgent) > APART:
        # Urgent news stand in front. So many of them are a list of their own, and the rest is counted with them.
        waiting, last = await turn.read.notes_waiting(box)
        turn.changes.folded_boxes.append((box, "", last))
        await _tell(turn, directory, staff, urgent, max(waiting, len(urgent)), Lane.URGENT)
        return
    for part in [[story] for story in urgent] if len(urgent) <= APART else [urgent]:
        await _tell(turn, directory, staff, part, len(part), Lane.URGENT)
    if not calm:
        if pile:
            turn.changes.timer(Timer("fold", box, turn.now + SOON))
        return
    later = await _not_before(turn, box, calm, pile=pile)
    if later is not None:
        turn.changes.timer(Timer("fold", box, later))
        return
    count = len(calm)
    if pile:
        waiting, last = await turn.read.notes_waiting(box)
        count = max(count, waiting - len(notes) + len(calm))
        turn.changes.folded_boxes.append((box, "", last))
    await _tell(turn, directory, staff, calm, count, Lane.NOTICE)


async def _not_before(turn: Turn, box: str, calm: Sequence[Story], *, pile: bool) -> datetime | None:
    """When what is not urgent may be told; None for now. A single red matter waits for nothing, a pile of them does."""
    morning = quiet_until(turn)
    if morning is not None:
        return morning
    if not pile and any(s.ticket is not None and turn.guide.colour(s.ticket, turn.now) is Colour.RED for s in calm):
        return None
    last = await turn.read.folded_at(box)
    return last + PUSH_GAP if last is not None and turn.now < last + PUSH_GAP else None


async def _still_true(turn: Turn, directory: Directory, staff: Staff, notes: Sequence[tuple[int, Note]]) -> list[Story]:
    """News that still mean something to somebody, the latest of each kind and ticket; the others count as told."""
    stories: dict[tuple[str, str, str], Story] = {}
    for id_, note in notes:
        ticket = await turn.read.ticket(note.ticket) if note.ticket else None
        if note.ticket and (ticket is None or not await _matters(turn, directory, staff, note, ticket)):
            turn.changes.folded.append(id_)
            continue
        name = (note.what, note.ticket or note.key, note.params.get("matter", ""))
        if (before := stories.pop(name, None)) is not None:
            turn.changes.folded.append(before.id)
        shown = shown_to(reaching.person(turn, directory, staff), ticket) if ticket is not None else None
        stories[name] = Story(id_, note, shown)
    return list(stories.values())


async def _matters(turn: Turn, directory: Directory, staff: Staff, note: Note, ticket: Ticket) -> bool:
    if not ticket.open and note.what not in wording.OF_AN_END:
        return False
    if overtaken(note, ticket, staff.id):
        return False
    return await reaching.may_hear(turn, directory, staff, ticket)


async def _tell(
    turn: Turn, directory: Directory, staff: Staff, stories: Sequence[Story], count: int, lane: Lane
) -> None:
    """One push with these news, to the first address that takes messages; where there is none, the next in the chain
    hears of it now."""
    turn.changes.folded.extend(story.id for story in stories)
    tickets = [story.ticket for story in stories if story.ticket is not None]
    key = f"fold:staff:{staff.id}:{stories[0].id}"
    sessions = await reaching.sessions_of(turn, [staff])
    addresses = reaching.open_addresses(sessions, staff)
    if not addresses:
        await undelivered.pass_on(turn, directory, staff, tickets, key, urgent=lane is Lane.URGENT)
        return
    voice = turn.voice(sessions.get(addresses[0]))
    shown = list(stories[:SHOWN])
    single = stories[0] if count == 1 else None
    reply = _single(turn, directory, staff, voice, single) if single is not None else _list(turn, voice, shown, count)
    urgent = lane is Lane.URGENT
    about = single.ticket if single else None
    push = Push(
        key=key,
        address=addresses[0],
        reply=reply,
        created_at=turn.now,
        lane=lane,
        ticket=reply.ticket,
        expires_at=turn.now + STAFF_PUSH_LIFE,
        brief=wording.work_brief(turn, about, count, reply.text, urgent=urgent),
    )
    undelivered.send(turn, push, urgent=urgent)
    for ticket in dict.fromkeys(story.ticket.number for story in shown if story.ticket is not None):
        turn.changes.looked.append(Looked(by=staff.id, what="push", at=turn.now, ticket=ticket))


def _single(turn: Turn, directory: Directory, staff: Staff, voice: Voice, story: Story) -> Reply:
    text = wording.line(turn, voice, story.note, story.ticket)
    if story.ticket is None:
        return Reply(text, (*tapping.of_task(voice, story.note), tapping.todo(voice)))
    choices = tapping.choices(turn, directory, staff, voice, story.ticket)
    return Reply(text, choices, ticket=story.ticket.number)


def _list(turn: Turn, voice: Voice, shown: Sequence[Story], count: int) -> Reply:
    lines = [voice.words("news.list", count=count)]
    lines += [f"{place}. {wording.line(turn, voice, s.note, s.ticket)}" for place, s in enumerate(shown, 1)]
    if count > len(shown):
        lines.append(voice.words("news.more", count=count - len(shown)))
    numbers = dict.fromkeys(s.ticket.number for s in shown if s.ticket is not None)
    choices = [Choice(f"{number}:see", number) for number in numbers]
    return Reply("\n".join(lines), (*choices, tapping.todo(voice)))


async def _all_told(turn: Turn, box: str) -> None:
    _, last = await turn.read.notes_waiting(box)
    turn.changes.folded_boxes.append((box, "", last))
