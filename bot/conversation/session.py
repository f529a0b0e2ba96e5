"""What the desk remembers of a person between two messages."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from bot.conversation.draft import Draft
from bot.domain.people import Address
from bot.domain.place import Place

QUESTION_LIFE = timedelta(minutes=30)
"""How long a desk question waits for its answer (rule book, "What a message belongs to", 3)."""


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last thing we asked: which (a state or a use case), about what, and the choices in the order shown."""

    name: str
    about: str
    asked_at: datetime
    choices: tuple[str, ...] = ()

    def open(self, now: datetime) -> bool:
        """Whether it still waits for an answer."""
        return now - self.asked_at < QUESTION_LIFE


class Credit(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many pushes a platform lets us send until when, since the person's last action at ``at``."""

    granted: int
    at: datetime
    until: datetime


class Filed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ticket this person filed or claimed lately, the draft it came from, and what it was about.

    ``said`` are the keys of the messages whose words it holds, so that a later edit finds it.
    """

    ticket: str
    draft: str
    at: datetime
    kind: str = ""
    area: str = ""
    title: str = ""
    said: tuple[str, ...] = ()


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything remembered of one address; ``seq`` counts its turns.

    ``recent`` holds the newest filings first, at most 10. ``current`` is the id of the draft that is being talked
    about. ``tries`` are the moments of wrong codes. ``talking_until``: words go to the duty supervisor till then.
    """

    address: Address
    seq: int = 0
    locale: str = ""
    greeted: bool = False
    reachable: bool = True
    muted: bool = False
    drafts: tuple[Draft, ...] = ()
    current: str = ""
    question: Question | None = None
    recent: tuple[Filed, ...] = ()
    last_place: Place | None = None
    talking_until: datetime | None = None
    tries: tuple[datetime, ...] = ()
    phone: str = ""
    credit: Credit | None = None

    @property
    def draft(self) -> Draft | None:
        """The draft that is being talked about."""
        return self.find(self.current) if self.current else None

    def find(self, draft: str) -> Draft | None:
        """The open draft of that id."""
        return next((d for d in self.drafts if d.id == draft), None)
