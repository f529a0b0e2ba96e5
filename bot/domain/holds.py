"""Stored, not pushed: for a while somebody is not answered and not sent anything by itself, and is told so.

What they send is stored, becomes tickets and is worked on as always. What the desk would say is kept and shown when
they ask. A supervisor sets it, for at most `LONGEST` and with a reason that the person reads; the person may appeal
once, and somebody else decides. It ends by itself. Danger breaks through. Every step is one row of the log, each with
all there is to know then: a hold is its last step.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from bot.domain.people import Address

LONGEST = timedelta(days=30)
"""No hold is longer (issue: "for at most 30 days")."""

SOON_AGAIN = timedelta(days=30)
"""A further hold so soon after the last one is set by somebody else: nobody holds a person for ever by themselves."""

LEAST_REASON = 4
"""Characters of a reason; it is read by the person it is about."""

REMINDED_EVERY = timedelta(hours=6)
"""How often a held person is told again, under what they send, that it is stored and not answered."""


class Step(StrEnum):
    """What happens to a hold."""

    BEGIN = "begin"
    APPEAL = "appeal"
    UPHOLD = "uphold"  # the appeal was looked at, the hold stands
    LIFT = "lift"  # ended before its time, after an appeal or without
    END = "end"  # its time is over


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as it is after its last ``step``, which was ``actor``'s, at ``at``, with these words (``text``).

    ``by`` is the staff id of who set it, ``reason`` what the person was told. ``ended_at`` is None while it lasts.
    """

    id: str
    seq: int
    address: Address
    by: str
    reason: str
    since: datetime
    until: datetime
    step: Step
    actor: str
    at: datetime
    text: str = ""
    appealed_at: datetime | None = None
    ended_at: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether it is in force at a moment."""
        return self.ended_at is None and self.since <= now < self.until

    def after(self, step: Step, actor: str, now: datetime, text: str = "") -> Hold:
        """The hold after one more step."""
        ends = step in (Step.LIFT, Step.END)
        return replace(
            self,
            seq=self.seq + 1,
            step=step,
            actor=actor,
            at=now,
            text=text,
            appealed_at=now if step is Step.APPEAL else self.appealed_at,
            ended_at=now if ends else self.ended_at,
        )


def begun(id_: str, address: Address, by: str, reason: str, now: datetime, length: timedelta) -> Hold:
    """A new hold. Raises ValueError for one that is too long, or no time at all."""
    if not timedelta() < length <= LONGEST:
        raise ValueError(f"{length}: a hold is between no time and {LONGEST}")
    return Hold(
        id=id_,
        seq=1,
        address=address,
        by=by,
        reason=reason,
        since=now,
        until=now + length,
        step=Step.BEGIN,
        actor=by,
        at=now,
    )


def may_set(staff: str, former: Iterable[Hold], now: datetime) -> bool:
    """Whether this member of staff may hold somebody who was held before."""
    return all(hold.by != staff or now - min(hold.ended_at or hold.until, hold.until) >= SOON_AGAIN for hold in former)


def may_decide(staff: str, hold: Hold) -> bool:
    """Whether they may decide about the appeal: never who set the hold."""
    return hold.by != staff
