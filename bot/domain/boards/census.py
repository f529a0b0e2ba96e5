"""What is open now, read once for everybody: each ticket's colour, rung and date as the desk's own rules tell them.

A reading holds until something happens to the ticket, or a moment comes at which the rules may say something else of
it; so of a hundred thousand open tickets few are read again each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from bot.domain.colour import Colour
from bot.domain.deadlines import share_of_time
from bot.domain.guide import Guide
from bot.domain.permission import Act, Person, may
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Clock
from bot.domain.work import NO_WORK, Assist, Work


class Due(StrEnum):
    """When something is due."""

    LATE = "late"
    TODAY = "today"
    LATER = "later"
    NONE = "none"  # nothing is due, or no unit has it yet


class Where(NamedTuple):
    """What decides who may see a ticket."""

    unit: str
    area: str
    walled: bool = False
    kept_from: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


class State(NamedTuple):
    """How a ticket stands. ``rung`` is the highest of the ladder that it has reached ("" none)."""

    colour: Colour
    rung: str
    due: Due
    status: Status


class Reading(NamedTuple):
    """How a ticket stands, as of its step ``seq``, until a moment (seconds since 1970)."""

    seq: int
    where: Where
    state: State
    until: float


FOR_EVER = float("inf")
_AFTER = timedelta(microseconds=1)


def read(ticket: Ticket, guide: Guide, now: datetime) -> Reading:
    """How an open ticket stands now, and until when it will unless something happens."""
    steps = guide.ladder(ticket)
    reached = [step for step in steps if step.at <= now]
    due, end = ticket.due_at, guide.calendar.day_bounds(now)[1]
    when = Due.NONE
    if due is not None:
        when = Due.LATE if due < now else Due.TODAY if due < end else Due.LATER
    rung = max(reached, key=lambda step: step.level).rung if reached else ""
    state = State(guide.colour(ticket, now), rung, when, ticket.status)
    moments = [step.at for step in steps if step.at > now]
    if due is not None:
        moments += [*_of_the_colour(ticket, guide, due), due + _AFTER, guide.calendar.day_bounds(due)[0]]
    until = min((at.timestamp() for at in moments if at > now), default=FOR_EVER)
    return Reading(ticket.seq, _where(ticket), state, until)


def _of_the_colour(ticket: Ticket, guide: Guide, due: datetime) -> Iterator[datetime]:
    """When time alone may change the colour: the last quarter begins, and two working days after it was due."""
    calendar = guide.calendar_of(ticket.unit)
    yield calendar.after_working_days(due, 2).at + _AFTER
    if ticket.dispatched_at is not None:
        yield share_of_time(0.75, ticket.dispatched_at, due, Clock(ticket.clock), calendar)


def _where(ticket: Ticket) -> Where:
    work = ticket.work
    if work is NO_WORK:
        return Where(ticket.unit, ticket.area, ticket.walled)
    helpers = (*(assist.unit for assist in work.assists), *work.joint)
    return Where(ticket.unit, ticket.area, ticket.walled, work.kept_from, work.about, helpers)


def seen_by(person: Person, where: Where, at: datetime) -> bool:
    """Whether somebody may see the tickets that stand there; it is `may` that says so."""
    work = NO_WORK
    if where.kept_from or where.about or where.helpers:
        assists = tuple(Assist(unit=unit, since=at, due_at=at) for unit in where.helpers)
        work = Work(kept_from=where.kept_from, about=where.about, assists=assists)
    ticket = Ticket(
        number="", code="", alias="", type=Type.COMPLAINT, kind="", status=Status.DISPATCHED, source="", channel="",
        text="", filed_at=at, unit=where.unit, area=where.area, walled=where.walled, work=work,
    )  # fmt: skip
    return may(person, Act.SEE, ticket)


@dataclass(slots=True)
class Census:
    """All readings by number, and how many tickets stand alike. ``guide`` is the town they were read by."""

    guide: Guide
    at: datetime
    readings: dict[str, Reading] = field(default_factory=dict)
    counts: Counter[tuple[Where, State]] = field(default_factory=Counter)
    _alike: dict[Any, Any] = field(default_factory=dict, repr=False)  # equal values are kept once

    def known(self, now: datetime) -> dict[str, int]:
        """The tickets whose reading holds still, with the step it is of."""
        moment = now.timestamp()
        return {number: reading.seq for number, reading in self.readings.items() if reading.until > moment}

    def renew(self, found: Mapping[str, Reading], gone: Iterable[str], now: datetime) -> None:
        """Take these readings in; those of ``gone`` tickets go."""
        for number in gone:
            self._count(self.readings.pop(number), -1)
        for number, reading in found.items():
            old = self.readings.get(number)
            if old is not None:
                self._count(old, -1)
            alike = self._alike
            where, state = reading.where, reading.state
            reading = reading._replace(where=alike.setdefault(where, where), state=alike.setdefault(state, state))
            self.readings[number] = reading
            self._count(reading, 1)
        self.at = now

    def _count(self, reading: Reading, how_many: int) -> None:
        key = (reading.where, reading.state)
        self.counts[key] += how_many
        if not self.counts[key]:
            del self.counts[key]
