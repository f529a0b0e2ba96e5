"""Files that go with a ticket: which copies are made to be shown, and the one rule of who may open which (rule book,
"Identity, personal data, the wall").

Originals hold more than they show (where a photo was taken, on whose phone), so few may open them; everybody else sees
copies the desk has made. What is covered with black boxes stays covered for whoever may not open the original.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from bot.domain.people import Role
from bot.domain.permission import RESIDENT, Act, Person, may
from bot.domain.ticket import Ticket
from bot.domain.wall import open_to

JOINED = "joined"


class Copy(StrEnum):
    """What of a file can be opened."""

    ORIGINAL = "original"  # as it came
    SHOWN = "shown"  # a photo, upright, without what the camera wrote into it
    THUMB = "thumb"
    BOXED = "boxed"  # the same two with parts of them covered
    BOXED_THUMB = "boxed_thumb"
    POSTER = "poster"  # a picture of a video
    VIDEO = "video"  # in a new container
    SOUND = "sound"


PICTURES = frozenset({Copy.SHOWN, Copy.THUMB, Copy.BOXED, Copy.BOXED_THUMB, Copy.POSTER})
_UNCOVERED = frozenset({Copy.SHOWN, Copy.THUMB})
_COVERED = frozenset({Copy.BOXED, Copy.BOXED_THUMB})
_HEARD = frozenset({Copy.SOUND, Copy.VIDEO, Copy.ORIGINAL})
"""In which a voice can be known again."""

SPOKEN = frozenset({"voice", "audio", "video"})
"""Types of attachments in which somebody speaks."""

SILK = "audio/silk"
DOCUMENTS = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "text/plain",
        SILK,
    }
)
"""What no copy is made of, and people need to read or hear all the same: it is saved, never opened in a browser."""


class Box(msgspec.Struct, frozen=True, array_like=True):
    """Part of a picture that is covered, in percent of its width and height from its upper left corner, upright."""

    x: float
    y: float
    width: float
    height: float


BOXES_MOST = 40


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a file. ``mime`` is "" while it is to be made, and when it could not be; ``boxes`` are covered."""

    attachment: str
    kind: Copy
    sha256: str = ""
    mime: str = ""
    bytes: int = 0
    width: int = 0
    height: int = 0
    boxes: tuple[Box, ...] = ()
    by: str = ""


class Boxing(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has parts of a photo covered; without boxes nothing of it is covered any more."""

    attachment: str
    boxes: tuple[Box, ...]
    by: str
    at: datetime


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What is said in a voice. ``state``: wanted, heard (by a service), corrected (by who said it), failed.

    ``by`` is the address of who corrected it, "" for the service.
    """

    attachment: str
    state: str
    words: str = ""
    by: str = ""
    at: datetime


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a file besides the file. ``rendered``: whatever copies can be made of it have been made."""

    rendered: bool = False
    renditions: tuple[Rendition, ...] = ()
    transcript: Transcript | None = None

    def of(self, kind: Copy) -> Rendition | None:
        """The copy of that kind; None where it is not there (yet)."""
        return next((each for each in self.renditions if each.kind is kind and each.mime), None)

    @property
    def boxing(self) -> Rendition | None:
        """The covered copy, made or still to be made."""
        return next((each for each in self.renditions if each.kind is Copy.BOXED), None)

    @property
    def copied(self) -> bool:
        """Whether there is a copy to be seen or heard."""
        return any(each.mime for each in self.renditions)


NO_COPIES = Copies()


class Sender(StrEnum):
    """Of whom a file is, seen by who asks for it."""

    SELF = "self"
    FILER = "filer"  # whoever filed the ticket, or claimed it
    JOINED = "joined"
    UNIT = "unit"  # somebody of the reader's own unit
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a ticket, as far as it matters for who may open it. ``answered``: it left with an answer; ``released``:
    anybody may see it (`bot.domain.public.public_photos`)."""

    type: str
    mime: str
    sender: Sender
    answered: bool = False
    boxed: bool = False
    copied: bool = False
    released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who wants to open a file: a member of staff (``mine``: the ticket is their own), with ``role`` somebody the
    ticket belongs to, or anybody."""

    person: Person = RESIDENT
    mine: bool = False
    role: str = ""


ANYBODY = Asker()


def may_open(asker: Asker, ticket: Ticket, file: File, kind: Copy) -> bool:
    """Whether somebody may open that copy of a file of a ticket: the one rule for pages and chat."""
    if file.released and kind in (_COVERED if file.boxed else _UNCOVERED):
        return True
    if asker.role:
        return _resident_may(asker.role, file, kind)
    person = asker.person
    if may(person, Act.ORIGINAL, ticket, mine=asker.mine):
        return not _kept_voice(person, ticket, file, kind)
    if not _reads(asker, ticket, file) or _kept_voice(person, ticket, file, kind):
        return False
    if kind is Copy.ORIGINAL:
        return not ticket.hidden and not file.copied and file.mime in DOCUMENTS
    return not (file.boxed and kind in _UNCOVERED)


def _resident_may(role: str, file: File, kind: Copy) -> bool:
    """Their own files and those of answers; whoever has the ticket's code, also what its filer sent."""
    own = file.sender is Sender.SELF
    if not (own or file.answered or (role != JOINED and file.sender is Sender.FILER)):
        return False
    if kind is Copy.ORIGINAL:
        return not file.copied and (own or file.mime in DOCUMENTS)
    return own or not (file.boxed and kind in _UNCOVERED)


def _reads(asker: Asker, ticket: Ticket, file: File) -> bool:
    """Whether a member of staff may be shown copies: of what they see, and of the voices they are to type."""
    person, mine = asker.person, asker.mine
    if may(person, Act.SEE, ticket, mine=mine):
        return open_to(person, ticket) or file.sender is Sender.UNIT
    return file.type in SPOKEN and not ticket.text and may(person, Act.TRANSCRIBE, ticket, mine=mine)


def _kept_voice(person: Person, ticket: Ticket, file: File, kind: Copy) -> bool:
    """Whether it is the voice of a hidden person, which only supervisors hear; others get the words."""
    spoken = file.type in SPOKEN or file.mime.startswith(("audio/", "video/"))
    ours = file.sender in (Sender.UNIT, Sender.STAFF)
    return ticket.hidden and spoken and not ours and kind in _HEARD and person.role is not Role.SUPERVISOR
