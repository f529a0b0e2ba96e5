"""The files of a ticket, and who asks for them: chat and pages decide alike what may be opened
(`bot.domain.evidence.may_open`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.changes import AttachmentRecord
from bot.domain.evidence import NO_COPIES, Asker, Copies, Copy, File, Sender, may_open
from bot.domain.people import Staff
from bot.domain.public import public_photos
from bot.domain.ticket import Action, Ticket
from bot.turn import Turn
from handlers.discretion import JOINED
from handlers.open311.origin import SOURCE, filed_by
from handlers.staff.me import Me, is_mine

DROPPED = "dropped"
PUBLIC = "/public/files/"
"""Where released photos are."""

_OUR_DATA = ("evidence", "enclosed")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as somebody asks for it."""

    record: AttachmentRecord
    copies: Copies
    file: File
    staff: Staff | None
    answer: int

    @property
    def from_resident(self) -> bool:
        """Whether it came from somebody the ticket belongs to."""
        return self.staff is None and not self.answer


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a ticket, and who asks for them."""

    ticket: Ticket
    asker: Asker
    seen: tuple[Seen, ...]

    def may(self, seen: Seen, kind: Copy) -> bool:
        """Whether whoever asks may open that copy."""
        return may_open(self.asker, self.ticket, seen.file, kind)


async def files_of(turn: Turn, ticket: Ticket, staff: Me | None) -> Files:
    """All files of a ticket, for a member of staff or (None) for the person whose turn it is."""
    reporters = {reporter.address: reporter.role for reporter in await turn.read.reporters(ticket.number)}
    directory = await turn.read.directory()
    by, answers = await _of_staff(turn, ticket, directory.by_id)
    records = [each for each in await turn.read.attachments_of(ticket.number) if each.state != DROPPED]
    copies = await turn.read.copies([record.id for record in records])
    program = await filed_by(turn, ticket.number) if ticket.source == SOURCE else ""
    released = public_photos(ticket, turn.town.kinds.get(ticket.kind))
    unit = staff.staff.unit if staff is not None else ""
    found = []
    for record in records:
        role = reporters.get(record.address, "") or ("filer" if str(record.address) == program else "")
        sent_by = by.get(record.id) or (None if role else directory.at(record.address))
        there, answer = copies.get(record.id, NO_COPIES), answers.get(record.id, 0)
        file = File(
            type=record.type,
            mime=record.mime,
            sender=_sender(turn, record, role, sent_by, staff, unit),
            answered=bool(answer),
            boxed=there.boxing is not None,
            copied=there.copied,
            released=record.id in released,
        )
        found.append(Seen(record, there, file, sent_by, answer))
    if staff is not None:
        asker = Asker(person=staff.person, mine=await is_mine(turn, staff, ticket))
    else:
        asker = Asker(role=reporters.get(turn.address, ""))
    return Files(ticket, asker, tuple(found))


async def public_photos_of(turn: Turn, ticket: Ticket) -> tuple[tuple[str, str, int, int], ...]:
    """The released photos of a ticket: address, address of the small one, its width and height."""
    ids = public_photos(ticket, turn.town.kinds.get(ticket.kind))
    copies = await turn.read.copies(ids)
    found = []
    for id_ in ids:
        there = copies.get(id_, NO_COPIES)
        covered = there.boxing is not None
        kind, small = (Copy.BOXED, Copy.BOXED_THUMB) if covered else (Copy.SHOWN, Copy.THUMB)
        shown, thumb = there.of(kind), there.of(small)
        if shown is not None and thumb is not None:
            found.append((f"{PUBLIC}{id_}/{kind}", f"{PUBLIC}{id_}/{small}", thumb.width, thumb.height))
    return tuple(found)


def find(files: Files, id_: str) -> Seen | None:
    """The file of that id; None where the ticket has none."""
    return next((seen for seen in files.seen if seen.record.id == id_), None)


async def _of_staff(
    turn: Turn, ticket: Ticket, by_id: Mapping[str, Staff]
) -> tuple[Mapping[str, Staff], Mapping[str, int]]:
    """Which files came from whom of the staff, and with which answer they left, counted from 1."""
    by: dict[str, Staff] = {}
    answers: dict[str, int] = {}
    count = 0
    for event in await turn.read.events(ticket.number):
        staff = by_id.get(event.by)
        count += event.action is Action.ANSWER
        for name in _OUR_DATA:
            ids = event.data.get(name, ())
            for id_ in map(str, ids) if isinstance(ids, list | tuple) else ():
                if staff is not None:
                    by.setdefault(id_, staff)
                if event.action is Action.ANSWER:
                    answers.setdefault(id_, count)
    return by, answers


def _sender(
    turn: Turn, record: AttachmentRecord, role: str, sent_by: Staff | None, staff: Me | None, unit: str
) -> Sender:
    if sent_by is not None:
        return Sender.UNIT if unit and sent_by.unit == unit else Sender.STAFF
    if staff is None and record.address == turn.address:
        return Sender.SELF
    return Sender.FILER if role and role != JOINED else Sender.JOINED
