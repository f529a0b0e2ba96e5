"""A ticket's files as pages show them, and a file on its way to a browser. Made by `handlers.pages.evidence`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A file as one reader may have it. All texts are in the reader's language.

    ``type`` is a `bot.message.AttachmentType`; ``label`` says what it is, of whom and since when, in one line, and is
    the text in a picture's place. ``sender`` and ``at`` are the parts of it, ``sent_at`` is the same moment.
    ``resident``: it came from somebody the ticket belongs to, ``theirs``: the reader sent it. ``answer`` counts the
    answer it left with from 1 (0: with none).

    ``thumb``, ``shown``, ``sound``, ``video``, ``poster``, ``download`` and ``box`` are names that come after the
    page's ``file_base``, "" for what there is not or what this reader may not have. ``width`` and ``height`` are those
    of ``thumb`` or ``poster``. ``transcript`` is what is said in it, ``heard`` whether a machine wrote that, unseen by
    its speaker; ``correct`` the nonce of the form in which its speaker may correct it, "" for everybody else.
    ``problem`` says why there is nothing to see or hear, "" when there is. ``boxed``: parts are covered.
    """

    id: str
    type: str
    label: str
    sender: str
    at: str
    sent_at: datetime
    resident: bool
    answer: int = 0
    theirs: bool = False
    thumb: str = ""
    shown: str = ""
    sound: str = ""
    video: str = ""
    poster: str = ""
    download: str = ""
    box: str = ""
    width: int = 0
    height: int = 0
    seconds: int = 0
    transcript: str = ""
    heard: bool = False
    correct: str = ""
    problem: str = ""
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """What an answer shows beside what was sent before it. ``label`` names the answer."""

    label: str
    before: tuple[Evidence, ...]
    after: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that may be sent to who asked. ``inline``: a browser may show it (we made it, or looked into it); all
    else is saved under ``name``, which is ASCII."""

    sha256: str
    bytes: int
    mime: str
    name: str
    inline: bool
