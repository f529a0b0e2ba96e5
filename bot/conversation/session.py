"""What the desk remembers of a person between two messages."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from bot.conversation.draft import Draft
from bot.domain.people import Address
from bot.domain.place import Place
from bot.message import Reply

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


class Listed(msgspec.Struct, frozen=True, omit_defaults=True):
    """The tickets of the last list a member of staff was shown, in its order. A place in it is good for 30 minutes."""

    numbers: tuple[str, ...]
    at: datetime

    def good(self, now: datetime) -> bool:
        """Whether its places still mean something."""
        return now - self.at < QUESTION_LIFE


class Composing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command that is being put together in steps: an answer whose outcome is asked, a preview before it is sent.

    ``act`` names the use case, ``step`` what is waited for; ``values`` are what has been given so far. ``numbers`` are
    the tickets of an act on many.
    """

    act: str
    ticket: str
    at: datetime
    step: str = ""
    text: str = ""
    evidence: tuple[str, ...] = ()
    values: dict[str, str] = {}
    numbers: tuple[str, ...] = ()

    def open(self, now: datetime) -> bool:
        """Whether it still waits."""
        return now - self.at < QUESTION_LIFE


class Loose(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file a member of staff sent without saying what for: evidence of an answer within ten minutes."""

    id: str
    type: str
    at: datetime


class Replied(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ticket whose handler this person answered last, and when: more may follow at once."""

    ticket: str
    at: datetime


class Reviewing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A review that is being given: of which answer, what is asked next (finished, rating, words), and since when.

    ``party`` is whose review it is.
    """

    ticket: str
    round: int
    party: str
    step: str
    at: datetime


class LookingBack(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a matter came back, as this person is asked: about which ticket of which special case, so many days after
    the answer, and since when. ``step`` is "" while that is asked, "words" while they may say more."""

    ticket: str
    special: str
    stage: int
    at: datetime
    step: str = ""


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """Answers that are held back while this person writes very much: since when, how many, and the last of them (None
    where something was answered after it)."""

    since: datetime
    count: int
    reply: Reply | None = None


class FilesSent(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many files this person sent on a day of the town (as ``2026-03-04``)."""

    day: str
    count: int


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything remembered of one address; ``seq`` counts its turns.

    ``recent`` holds the newest filings first, at most 10. ``current`` is the id of the draft that is being talked
    about. ``tries`` are the moments of wrong codes. ``talking_until``: words go to the duty supervisor till then.
    ``asked`` are tickets whose handler waits for this person's answer. ``listed``, ``composing``, ``loose`` and
    ``reporting`` (a member of staff files an own matter) are for staff; ``talking_to`` is whom a supervisor talks with.
    ``replied`` is the last such answer. ``card`` is the slot of the ticket card a member of staff was shown last.
    ``reviewing`` is the review this person is giving, ``looking`` whether something came back, as they were asked.
    Links to pages made before ``links_from`` count no more. ``held`` is what is answered when it is calm again;
    ``files`` counts those of the last day on which any came; ``told_held_at`` is when they were last told that they are
    not answered (see `bot.domain.holds`), ``kept_answers`` how many answers were kept for them since.
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
    asked: tuple[str, ...] = ()
    listed: Listed | None = None
    composing: Composing | None = None
    loose: tuple[Loose, ...] = ()
    reporting: bool = False
    collecting: dict[str, str] = {}
    talking_to: Address | None = None
    replied: Replied | None = None
    card: str = ""
    reviewing: Reviewing | None = None
    looking: LookingBack | None = None
    links_from: datetime | None = None
    held: Held | None = None
    told_held_at: datetime | None = None
    kept_answers: int = 0
    files: FilesSent | None = None

    @property
    def draft(self) -> Draft | None:
        """The draft that is being talked about."""
        return self.find(self.current) if self.current else None

    def find(self, draft: str) -> Draft | None:
        """The open draft of that id."""
        return next((d for d in self.drafts if d.id == draft), None)


def blank(session: Session, links_from: datetime | None = None) -> Session:
    """What is remembered of somebody of whom nothing is to be remembered: how to speak with them, and that links made
    before a moment count no more (None: as it was)."""
    return Session(
        address=session.address,
        seq=session.seq,
        locale=session.locale,
        muted=session.muted,
        reachable=session.reachable,
        links_from=links_from or session.links_from,
    )
