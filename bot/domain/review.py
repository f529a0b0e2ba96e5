"""What people say of an answer, and what follows from it (rule book, "Review")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bot.domain.ticket import Status, Ticket, Type
from bot.domain.work import DATED

FILER = "filer"
"""The party of everybody who holds the filer's code: whoever has two channels counts once."""

REMIND_AFTER = timedelta(days=3)
ENDS_AFTER = timedelta(days=7)
"""From delivery: when somebody is reminded, and when they count as "not rated"."""

REOPENS_WITHIN = timedelta(days=30)
"""From closing: so long a "no" re-opens; later it is a new ticket, linked with this one."""

JOINERS = 2
"""So many of those who joined re-open a shared case without its filer."""

FINAL_AT = 3
"""At the third re-opening only a supervisor's final finding is left."""

TRACED_UP_TO = 2
"""A rating up to this puts the answer on the trace list."""

RATINGS = range(1, 6)


class Verdict(StrEnum):
    """What somebody said of an answer, or why they said nothing."""

    ASKED = "asked"  # delivered to them; nothing said yet
    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    NOT_RATED = "not_rated"  # asked, and nothing said for seven days
    NOT_REACHED = "not_reached"  # never delivered in seven days


SAID = frozenset({Verdict.YES, Verdict.PARTLY, Verdict.NO})
"""Verdicts that somebody gave."""


class Question(StrEnum):
    """What people are asked under an answer."""

    SOLVED = "solved"  # complaint, help, report
    ANSWERED = "answered"  # enquiry
    CONTENT = "content"  # idea, praise
    ACCEPTED = "accepted"  # rejected: do they accept it?
    ACCEPTABLE = "acceptable"  # promised: is that acceptable now?


IN_PARTS = frozenset({Question.SOLVED, Question.ANSWERED})
"""Questions to which "partly" is an answer."""

ONE_APPEAL = frozenset({Question.CONTENT, Question.ACCEPTED})
"""Questions whose "no" is looked at once, by somebody else, and no second time."""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What one party said of one answer. ``round`` counts the answers of a ticket from 1.

    ``party`` is `FILER`, or the address of somebody who joined; ``address`` is where it was said (asked, while nothing
    was). ``finished`` is "yes" or "no" where the verdict is partly and that was said too, else "". ``rating`` is 1
    to 5. ``files`` are ids of attachments. ``by`` is who wrote it down: ``str(address)``, or the id of whoever of the
    staff called them. ``asked_at`` is when the answer was delivered, None where it never was; ``at`` the last change.
    """

    ticket: str
    round: int
    party: str
    address: str
    verdict: Verdict
    finished: str = ""
    rating: int | None = None
    words: str = ""
    files: tuple[str, ...] = ()
    by: str = ""
    asked_at: datetime | None = None
    at: datetime

    @property
    def said(self) -> bool:
        """Whether they gave a verdict."""
        return self.verdict in SAID

    @property
    def bad(self) -> bool:
        """Whether it says that the matter is not settled and not finished."""
        return self.verdict is Verdict.NO or (self.verdict is Verdict.PARTLY and self.finished == "no")


def current_round(ticket: Ticket) -> int:
    """Which answer of a ticket is reviewed now; 1 for those answered before answers were counted."""
    return max(ticket.work.answers, 1)


def question(ticket: Ticket) -> Question:
    """What people are asked about a ticket's last answer."""
    answer = ticket.work.last_answer
    if ticket.status is Status.REJECTED or answer is None:
        return Question.ACCEPTED if ticket.status is Status.REJECTED else _of_type(ticket.type)
    if answer.outcome in DATED and ticket.work.promise_at is not None:
        return Question.ACCEPTABLE
    return _of_type(ticket.type)


def _of_type(type_: Type) -> Question:
    if type_ is Type.ENQUIRY:
        return Question.ANSWERED
    return Question.CONTENT if type_ in (Type.IDEA, Type.PRAISE) else Question.SOLVED


def verdicts(asked: Question) -> tuple[Verdict, ...]:
    """What can be answered to a question."""
    return (Verdict.YES, Verdict.PARTLY, Verdict.NO) if asked in IN_PARTS else (Verdict.YES, Verdict.NO)


def reviewable(ticket: Ticket) -> bool:
    """Whether there is an answer, or a rejection, that can be reviewed; see `too_late` for how long."""
    if ticket.status is Status.REJECTED:
        return True
    return ticket.status in (Status.ANSWERED, Status.CLOSED) and ticket.work.last_answer is not None


def too_late(ticket: Ticket, now: datetime) -> bool:
    """Whether it ended so long ago that a "no" is a new matter."""
    return ticket.closed_at is not None and now - ticket.closed_at > REOPENS_WITHIN


def reopens(ticket: Ticket, review: Review, others: Iterable[Review], *, shared: bool) -> bool:
    """Whether a review brings a ticket back. ``others`` are the reviews of the same answer by the other parties.

    A rating alone never does. On a shared case it takes the filer, or two of those who joined.
    """
    work = ticket.work
    if not review.bad or work.settled or not reviewable(ticket):
        return False
    if work.appealed and question(ticket) in ONE_APPEAL:
        return False
    if not shared or review.party == FILER:
        return True
    return 1 + sum(other.bad and other.party not in (FILER, review.party) for other in others) >= JOINERS


def over(ticket: Ticket, reviews: Sequence[Review]) -> bool:
    """Whether an answered ticket can be closed: its filer has said so, or can no longer be waited for.

    A "no" that does not bring it back (any more) ends it too. What was promised waits for its date.
    """
    if ticket.status is not Status.ANSWERED or ticket.work.promise_at is not None:
        return False
    mine = next((r for r in reviews if r.party == FILER and r.round == current_round(ticket)), None)
    if mine is None or mine.verdict is Verdict.ASKED:
        return False
    return mine.verdict is not Verdict.PARTLY or bool(mine.finished)
