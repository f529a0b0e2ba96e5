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
from itertools import islice
from typing import NamedTuple

from bot.domain.colour import Colour
from bot.domain.deadlines import last_quarter
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


Group = tuple[Where, State]
"""What some tickets have in common. In a census equal ones are one, so that they can be told apart by `id`."""


class Reading(NamedTuple):
    """How a ticket stands, as of its step ``seq``, until a moment (seconds since 1970)."""

    seq: int
    group: Group
    until: float


FOR_EVER = float("inf")
_AFTER = timedelta(microseconds=1)
_PERSONS = 16
"""Of so many people it is remembered what they may see; their reach does not change with time."""


def read(ticket: Ticket, guide: Guide, now: datetime, midnight: datetime) -> Reading:
    """How an open ticket stands now, and until when it will unless something happens; ``midnight`` is the next."""
    steps = guide.ladder(ticket)
    reached = [step for step in steps if step.at <= now]
    due = ticket.due_at
    when = Due.NONE
    if due is not None:
        when = Due.LATE if due < now else Due.TODAY if due < midnight else Due.LATER
    rung = max(reached, key=lambda step: step.level).rung if reached else ""
    state = State(guide.colour(ticket, now), rung, when, ticket.status)
    moments = [step.at for step in steps if step.at > now]
    if due is not None:
        moments += [*_of_the_colour(ticket, guide, due, now), due + _AFTER]
        if when is Due.LATER:
            moments.append(guide.calendar.day_bounds(due)[0])
    until = min((at.timestamp() for at in moments if at > now), default=FOR_EVER)
    return Reading(ticket.seq, (_where(ticket), state), until)


def _of_the_colour(ticket: Ticket, guide: Guide, due: datetime, now: datetime) -> Iterator[datetime]:
    """When time alone may change the colour: the last quarter begins, and two working days after it was due."""
    calendar = guide.calendar_of(ticket.unit)
    yield calendar.after_working_days(due, 2).at + _AFTER
    if ticket.dispatched_at is not None and due > now:
        yield last_quarter(ticket.dispatched_at, due, Clock(ticket.clock), calendar)


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
    counts: Counter[Group] = field(default_factory=Counter)
    _alike: dict[Group, Group] = field(default_factory=dict, repr=False)
    _sees: dict[Person, dict[Where, bool]] = field(default_factory=dict, repr=False)

    def judge(self, tickets: Iterable[Ticket], now: datetime) -> dict[str, Reading]:
        """Readings of these tickets; nothing else may be done with the census meanwhile."""
        alike, midnight = self._alike, self.guide.calendar.day_bounds(now)[1]
        found = {}
        for ticket in tickets:
            seq, group, until = read(ticket, self.guide, now, midnight)
            found[ticket.number] = Reading(seq, alike.setdefault(group, group), until)
        return found

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
            self.readings[number] = reading
            self._count(reading, 1)
        self.at = now

    def _count(self, reading: Reading, how_many: int) -> None:
        self.counts[reading.group] += how_many
        if not self.counts[reading.group]:
            del self.counts[reading.group]

    def sees(self, person: Person, where: Where) -> bool:
        """As `seen_by`; what was asked before is remembered."""
        known = self._sees.get(person)
        if known is None:
            if len(self._sees) >= _PERSONS:
                self._sees.clear()
            known = self._sees[person] = {}
        found = known.get(where)
        if found is None:
            found = known[where] = seen_by(person, where, self.at)
        return found

    def numbers(self, groups: Iterable[Group], start: int, count: int) -> list[str]:
        """So many of the tickets of these groups, behind so many, in the order in which they were read first: nearly
        that of their filing."""
        wanted = {id(self._alike[group]) for group in groups}
        found = (number for number, reading in self.readings.items() if id(reading.group) in wanted)
        return list(islice(found, start, start + count))
