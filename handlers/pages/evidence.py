"""A ticket's files as a page shows them, and one of them on its way to a browser. What each reader may have of them is
decided in one place, `bot.domain.evidence.may_open`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.changes import Looked
from bot.domain.evidence import DOCUMENTS, SILK, SPOKEN, Copy, Sender
from bot.domain.permission import Act, may
from bot.domain.public import public_photos
from bot.domain.ticket import Ticket
from bot.domain.wall import open_to
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.evidence import Evidence, OpenedFile, Pair
from handlers.files import Files, Seen, files_of, find
from handlers.naming import moment, unit_name
from handlers.pages.frame import STAFF, at_page
from handlers.staff.me import Me

_ENDINGS: Mapping[str, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "audio/amr": "amr",
    "audio/amr-wb": "awb",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/silk": "silk",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}
"""What a file is called when it is saved; anything else is ``bin``, which no system opens by itself."""


def staff_base(number: str) -> str:
    """What stands before the names of a ticket's files on a page of staff: `file_base`."""
    return f"{STAFF}files/{number}/"


async def evidence_of(turn: Turn, ticket: Ticket, staff: Me | None) -> tuple[Evidence, ...]:
    """A ticket's files as a page shows them to a member of staff or (None) to the person whose turn it is.

    A resident is shown what they may see; staff also that there is more, and why they may not.
    """
    files = await files_of(turn, ticket, staff)
    if staff is None and not files.asker.role:
        return ()
    counted: dict[str, int] = {}
    found = []
    for seen in files.seen:
        if not _shows(files, seen, staff):
            continue
        counted[seen.record.type] = counted.get(seen.record.type, 0) + 1
        found.append(_evidence(turn, files, seen, staff, counted[seen.record.type]))
    return tuple(found)


def pairs(turn: Turn, evidence: Sequence[Evidence]) -> tuple[Pair, ...]:
    """What each answer shows beside what residents had sent before it, where there is something to see of both."""
    visible = [each for each in evidence if each.thumb or each.poster or each.video]
    found = []
    for number in sorted({each.answer for each in visible if each.answer}):
        after = tuple(each for each in visible if each.answer == number)
        last = max(each.sent_at for each in after)
        before = tuple(each for each in visible if each.resident and each.sent_at <= last)
        if before:
            found.append(Pair(turn.words("evidence.pair", count=number), before, after))
    return tuple(found)


async def staff_opens(turn: Turn, number: str, id_: str, kind: str, *, recorded: bool) -> OpenedFile:
    """A file that somebody of the staff, who is at a page, wants to open. Raises NotFound."""
    me, ticket = await at_page(turn), await turn.read.ticket(number)
    if ticket is None:
        raise NotFound(number=number)
    return await opened(turn, ticket, me, id_, _copy(kind, number), recorded=recorded)


async def holder_opens(turn: Turn, number: str, id_: str, kind: str) -> OpenedFile:
    """A file that somebody a ticket belongs to wants to open from their page. Raises NotFound."""
    ticket = await turn.read.ticket(number)
    if ticket is None or not await turn.read.owns(turn.address, number):
        raise NotFound(number=number)
    return await opened(turn, ticket, None, id_, _copy(kind, number))


async def anybody_opens(turn: Turn, id_: str, kind: str) -> OpenedFile:
    """A photo that staff released. Raises NotFound for everything else."""
    record = next(iter(await turn.read.attachments([id_])), None)
    ticket = await turn.read.ticket(record.ticket) if record is not None and record.ticket else None
    if ticket is None or id_ not in public_photos(ticket, turn.town.kinds.get(ticket.kind)):
        raise NotFound()
    opened_ = await opened(turn, ticket, None, id_, _copy(kind, ""))
    return replace(opened_, name=f"photo.{_ENDINGS[opened_.mime]}")


def _copy(name: str, number: str) -> Copy:
    try:
        return Copy(name)
    except ValueError:
        raise NotFound(number=number) from None


async def opened(
    turn: Turn, ticket: Ticket, staff: Me | None, id_: str, kind: Copy, *, recorded: bool = True
) -> OpenedFile:
    """A file to be sent to a browser; for staff that they opened it is recorded, unless it is a further part of it.

    Raises NotFound: the same for what is not there and what is not theirs.
    """
    files = await files_of(turn, ticket, staff)
    seen = find(files, id_)
    if seen is None or not files.may(seen, kind):
        raise NotFound(number=ticket.number)
    if staff is not None and recorded and kind not in _UNRECORDED:
        detail = f"{kind} {id_}"
        turn.changes.looked.append(Looked(by=staff.id, what="file", at=turn.now, ticket=ticket.number, detail=detail))
    record = seen.record
    if kind is Copy.ORIGINAL:
        if record.state != "stored" or record.bytes is None:
            raise NotFound(number=ticket.number)
        name = f"{ticket.number}-{record.type}.{_ENDINGS.get(record.mime, 'bin')}"
        return OpenedFile(record.sha256, record.bytes, record.mime, name, inline=False)
    copy = seen.copies.of(kind)
    if copy is None:
        raise NotFound(number=ticket.number)
    return OpenedFile(copy.sha256, copy.bytes, copy.mime, f"{ticket.number}.{_ENDINGS[copy.mime]}", inline=True)


_UNRECORDED = frozenset({Copy.THUMB, Copy.BOXED_THUMB, Copy.POSTER})
"""What stands on a page whose reading is recorded."""


def _shows(files: Files, seen: Seen, staff: Me | None) -> bool:
    """Whether a page shows that there is such a file."""
    if staff is None:
        return any(files.may(seen, kind) for kind in Copy)
    return open_to(staff.person, files.ticket) or any(files.may(seen, kind) for kind in Copy)


def _evidence(turn: Turn, files: Files, seen: Seen, staff: Me | None, count: int) -> Evidence:
    record, copies = seen.record, seen.copies

    def name(kind: Copy) -> str:
        there = copies.of(kind) is not None if kind is not Copy.ORIGINAL else record.state == "stored"
        return f"{record.id}/{kind}" if there and files.may(seen, kind) else ""

    covered = copies.boxing is not None
    picture = copies.of(Copy.BOXED_THUMB if covered else Copy.THUMB) or copies.of(Copy.POSTER)
    shown = name(Copy.BOXED if covered else Copy.SHOWN)
    sound, video, poster = name(Copy.SOUND), name(Copy.VIDEO), name(Copy.POSTER)
    at, sender = moment(turn, record.created_at), _sender_name(turn, seen, staff)
    what = turn.words("evidence.what", type=turn.words(f"evidence.type.{record.type}"), count=count)
    words = _words(files, seen)
    problem = "" if shown or sound or video else _problem(files, seen)
    return Evidence(
        id=record.id,
        type=record.type,
        label=turn.words("evidence.label", what=what, sender=sender, at=at),
        sender=sender,
        at=at,
        sent_at=record.created_at,
        answer=seen.answer,
        theirs=seen.file.sender is Sender.SELF,
        resident=seen.from_resident,
        thumb=name(Copy.BOXED_THUMB if covered else Copy.THUMB) if shown else "",
        shown=shown,
        sound=sound,
        video=video,
        poster=poster,
        download=name(Copy.ORIGINAL),
        box=f"{record.id}/box" if staff is not None and shown else "",
        width=picture.width if picture else 0,
        height=picture.height if picture else 0,
        seconds=record.seconds or 0,
        transcript=words,
        heard=bool(words) and copies.transcript is not None and copies.transcript.state == "heard",
        correct=turn.token() if words and seen.file.sender is Sender.SELF and files.ticket.open else "",
        problem=turn.words(f"evidence.problem.{problem}") if problem else "",
        boxed=covered,
    )


def _problem(files: Files, seen: Seen) -> str:
    """Why there is nothing to see or hear."""
    record, copies = seen.record, seen.copies
    if record.state != "stored":
        return "pending" if record.state == "pending" else "failed"
    boxing = copies.boxing
    if not copies.rendered or (boxing is not None and not boxing.sha256):
        return "making"
    saved = files.may(seen, Copy.ORIGINAL)
    if copies.copied and not saved:
        return "voice_kept" if record.type in SPOKEN else "kept"
    if record.mime in DOCUMENTS:
        if not saved:
            return "voice_kept" if record.mime == SILK else "kept"
        return "silk" if record.mime == SILK else "file"
    return "unplayable" if copies.of(Copy.POSTER) is not None else "no_copy"


def _words(files: Files, seen: Seen) -> str:
    """What is said in it, for those who may read the ticket's words; a hidden person's too, whose voice is kept."""
    said = seen.copies.transcript
    if said is None or said.state not in ("heard", "corrected"):
        return ""
    if files.asker.role:
        return said.words if files.may(seen, Copy.SOUND) else ""
    person, mine = files.asker.person, files.asker.mine
    acts = (Act.SEE, Act.TRANSCRIBE)
    reads = any(may(person, act, files.ticket, mine=mine) for act in acts) and open_to(person, files.ticket)
    return said.words if reads else ""


def _sender_name(turn: Turn, seen: Seen, staff: Me | None) -> str:
    """Of whom a file is, as its reader knows them: residents read the unit, never a name."""
    if seen.staff is not None:
        unit = unit_name(turn, seen.staff.unit) if seen.staff.unit else turn.words("evidence.from.desk")
        if staff is None:
            return unit
        return turn.words("evidence.from.staff", name=seen.staff.name, unit=unit)
    if seen.answer:
        return turn.words("evidence.from.desk")
    sender = seen.file.sender
    return turn.words(f"evidence.from.{'you' if sender is Sender.SELF else _FROM[sender]}")


_FROM = {Sender.FILER: "resident", Sender.JOINED: "joined"}
