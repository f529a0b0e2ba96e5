"""What staff have done with a ticket so far: the part of a ticket that no resident's message needs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What an answer says (rule book, "Life of a ticket")."""

    SOLVED = "solved"
    PROMISED = "promised"  # by a date; the lead approves
    EXPLAINED = "explained"  # cannot be, with the legal or factual reason and other ways
    # of an idea (rule book, "Ideas")
    ADOPTED = "adopted"
    STUDIED = "studied"  # a result by a date; the lead approves
    DECLINED = "declined"  # with the reasons


DATED = frozenset({Outcome.PROMISED, Outcome.STUDIED})
"""Outcomes that promise something by a date."""


class Matter(StrEnum):
    """What somebody with more say must decide on a ticket. At most one of each is open at a time."""

    OBJECTION = "objection"  # a unit says it is not theirs: a supervisor
    EXTENSION = "extension"  # more time: the lead; the lead's own, or beyond half of what is allowed: a supervisor
    QUESTION = "question"  # a question to the resident in the last quarter: the lead
    PROMISE = "promise"  # an answer that promises a date: the lead
    SIGN_OFF = "sign_off"  # an answer of a unit that wants its lead's signature
    DECLINE = "decline"  # not this desk's business: a supervisor
    RAISE = "raise"  # passed to the level above: a lead of that unit decides
    MERGE = "merge"  # the same matter as another ticket: a supervisor
    FINAL = "final"  # a supervision order stands drafted: a supervisor's tap sends it


class Objecting(StrEnum):
    """Why a unit returns a dispatch (reason classes)."""

    NOT_OUR_DUTY = "not_our_duty"
    NOT_OUR_AREA = "not_our_area"
    SEVERAL_UNITS = "several_units"
    ALREADY_HANDLED = "already_handled"
    NOT_ENOUGH_KNOWN = "not_enough_known"


class OrderKind(StrEnum):
    """The four grades of supervision."""

    REMIND = "remind"
    ORDER = "order"
    TALK = "talk"
    NOTICE = "notice"


class Proposal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that waits for a decision. ``by`` is a staff id; ``due_at`` when the decision is late.

    ``text`` is the reason or the words; ``klass`` an `Objecting`; ``days`` working days asked for; ``to`` the unit or
    ticket meant; ``until`` a date; ``evidence`` ids of attachments.
    """

    matter: Matter
    by: str
    at: datetime
    due_at: datetime | None = None
    text: str = ""
    klass: str = ""
    days: int = 0
    to: str = ""
    until: datetime | None = None
    evidence: tuple[str, ...] = ()


class AnswerDraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer that was submitted: it leaves after two minutes, or when the lead has signed.

    ``submitted_at`` is what counts against the deadline. ``leaves_at`` is None while a decision is waited for.
    ``flags`` name what looks perfunctory (see `bot.domain.answers`).
    """

    outcome: Outcome
    text: str
    by: str
    submitted_at: datetime
    leaves_at: datetime | None = None
    until: datetime | None = None
    evidence: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Assist(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A unit that helps the lead unit, with a clock of its own: half of the rest of the time."""

    unit: str
    since: datetime
    due_at: datetime
    handler: str = ""
    done_at: datetime | None = None
    text: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A supervision order: its number is the ticket's with ``-D1``, ``-D2``, ..."""

    number: str
    kind: OrderKind
    by: str
    at: datetime
    due_at: datetime
    text: str = ""
    closed_at: datetime | None = None


class Work(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What staff have done with a ticket so far.

    ``taken_at``: since the last dispatch. ``bounces`` counts accepted objections; with ``lead_fixed`` the unit stays.
    ``asked_at`` is when the open question was asked, ``paused_at`` when it was delivered (the clock stands from then);
    ``pauses`` counts them, ``paused`` is their sum in working seconds. ``extended`` counts working days granted.
    ``paused_before`` and ``extended_before`` are what of both lies before the last dispatch with full time.
    ``tier`` is a `bot.domain.deadlines.Tier`. ``promise_at`` is the date an answer promised. ``kept_from`` are units
    and ``about`` members of staff that must never see it. ``special`` groups tickets of one special case. ``reopened``
    counts re-openings, the last at ``reopened_at``, ``bad_reviews`` the reviews that brought it about. ``summary`` is
    what a unit reads of a walled ticket instead of its words. ``answers`` counts what could be reviewed: answers,
    promises that came due, rejections. ``appealed``: somebody else has looked already, and no one will again.
    ``settled``: a supervisor has found that the last answer stands. ``filer_left``: who filed it has left it to
    those who joined. ``released`` is the masked copy that anybody may read,
    ``released_photos`` are ids of photos anybody may see with it (see `bot.domain.public`). ``together``: it
    gets the answer of its special case, whose ladder warns of it; ``set_due`` is the date that case gives.
    """

    taken_at: datetime | None = None
    bounces: int = 0
    lead_fixed: bool = False
    proposals: tuple[Proposal, ...] = ()
    answer: AnswerDraft | None = None
    last_answer: AnswerDraft | None = None
    assists: tuple[Assist, ...] = ()
    joint: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    asked_at: datetime | None = None
    paused_at: datetime | None = None
    pauses: int = 0
    paused: float = 0.0
    extended: int = 0
    paused_before: float = 0.0
    extended_before: int = 0
    tier: str = "normal"
    promise_at: datetime | None = None
    broken_promises: int = 0
    kept_from: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    summary: str = ""
    merged_into: str = ""
    special: str = ""
    care: bool = False
    urges: int = 0
    reporters: int = 1
    bad_reviews: int = 0
    reopened: int = 0
    reopened_at: datetime | None = None
    answers: int = 0
    appealed: bool = False
    settled: bool = False
    filer_left: bool = False
    released: str = ""
    released_photos: tuple[str, ...] = ()
    together: bool = False
    set_due: datetime | None = None

    def proposal(self, matter: Matter) -> Proposal | None:
        """The open proposal on a matter."""
        return next((p for p in self.proposals if p.matter is matter), None)

    def without(self, matter: Matter) -> tuple[Proposal, ...]:
        """The open proposals but that one."""
        return tuple(p for p in self.proposals if p.matter is not matter)

    @property
    def submitted(self) -> bool:
        """Whether an answer has been submitted that has not left yet: the ladder stands still."""
        return self.answer is not None


NO_WORK = Work()
