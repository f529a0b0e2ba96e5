"""A town, and what is computed from it once: the guide through its names, its places, its time and its units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import cos, radians, sqrt
from zoneinfo import ZoneInfo

from bot.domain import colour, deadlines, words
from bot.domain.deadlines import Tier
from bot.domain.dispatch import Dispatcher, Route
from bot.domain.duplicates import Likeness
from bot.domain.gazetteer import Gazetteer, PlaceFinding
from bot.domain.lexicon import Lexicon, TextReading
from bot.domain.people import Staff
from bot.domain.permission import Person
from bot.domain.place import Pin, Place
from bot.domain.ticket import Ticket, Type
from bot.domain.town import UNDECIDED, Clock, Town
from bot.domain.work_calendar import Moment, WorkCalendar


@dataclass(frozen=True, slots=True)
class Guide:
    """What use cases ask about a town. Built by `Guide.of` when a town file is (re)loaded."""

    town: Town
    lexicon: Lexicon
    gazetteer: Gazetteer
    calendar: WorkCalendar
    dispatcher: Dispatcher
    likeness: Likeness
    unit_calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)
    _below: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, town: Town, fold: Callable[[str], str] = words.fold) -> Guide:
        """The guide of a checked town; ``fold`` makes its words comparable with what people type."""
        gazetteer = Gazetteer.of(town)
        years = town.holiday_years or frozenset(day.year for day in town.holidays)
        calendar = WorkCalendar(town.hours, town.holidays, ZoneInfo(town.timezone), years)
        own = {u.code: calendar.with_hours(u.hours) for u in town.units.values() if u.hours not in (None, town.hours)}
        lexicon = Lexicon.of(town, fold)
        likeness = Likeness.of(town, lexicon.without_places)
        return cls(town, lexicon, gazetteer, calendar, Dispatcher.of(town, gazetteer), likeness, own)

    def read(self, text: str) -> TextReading:
        """What a text says: type, kinds, places, danger."""
        return self.lexicon.read(text)

    def areas_around(self, latitude: float, longitude: float, metres: float) -> frozenset[str]:
        """Codes of the areas that lie within so many metres of a point, by looking at it and eight points around."""
        north = metres / 111_195.0
        east = north / max(cos(radians(latitude)), 0.01)
        half = sqrt(0.5)
        steps = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (half, half), (half, -half), (-half, half), (-half, -half))
        points = ((latitude + north * up, longitude + east * right) for up, right in steps)
        return frozenset(filter(None, map(self.gazetteer.area_at, points)))

    def place_from_text(self, reading: TextReading) -> PlaceFinding:
        """The place a text speaks of, or the areas to choose from."""
        return self.gazetteer.from_text(reading.places)

    def place_from_pin(self, pin: Pin) -> Place | None:
        """Where a pin lies; None outside the town."""
        return self.gazetteer.from_pin(pin, self.lexicon.read(pin.label).places if pin.label else ())

    def place_in(self, area: str, name: str = "") -> Place:
        """The place called ``name`` in an area somebody chose. Raises KeyError for an unknown code."""
        return self.gazetteer.in_area(area, name)

    def route(self, kind: str, area: str) -> Route:
        """Which unit acts on that kind in that area ("" when unknown)."""
        return self.dispatcher.route(kind or UNDECIDED, area)

    def person(self, staff: Staff, stands_for: frozenset[str] = frozenset()) -> Person:
        """A member of staff as one who wants to act; ``stands_for``: ids of those on leave whose deputy they are."""
        units = frozenset({staff.unit, *self.below(staff.unit)}) if staff.unit else frozenset()
        areas: frozenset[str] | None = None
        if staff.areas:
            above = self.gazetteer.above
            areas = frozenset(a for a in self.town.areas if any(limit in above.get(a, (a,)) for limit in staff.areas))
        return Person(staff.id, staff.role, staff.unit, units, areas, staff.walled, stands_for)

    def below(self, unit: str) -> frozenset[str]:
        """The units that stand below one, at any depth."""
        known = self._below.get(unit)
        if known is None:
            found: set[str] = set()
            more = {unit}
            while more:
                more = {u.code for u in self.town.units.values() if u.parent in more} - found
                found |= more
            known = self._below[unit] = frozenset(found)
        return known

    def calendar_of(self, unit: str) -> WorkCalendar:
        """The calendar a unit works by; the town's for the pool and for units without own hours."""
        return self.unit_calendars.get(unit, self.calendar)

    def clock_of(self, kind: str, danger: str, reading: TextReading) -> Clock:
        """Which clock a matter runs on, given its kind, the danger read in it ("" for none) and its text."""
        return deadlines.clock_of(self.town.kinds.get(kind), danger, kind in reading.urgent)

    def clock_of_ticket(self, ticket: Ticket) -> Clock:
        """Which clock a ticket runs on."""
        return Clock(ticket.clock)

    def dispatch_due(self, clock: Clock, filed_at: datetime) -> Moment:
        """By when a ticket must have a unit."""
        return deadlines.dispatch_due(clock, filed_at, self.town.limits, self.calendar)

    def answer_due(
        self, type_: Type, clock: Clock, dispatched_at: datetime, unit: str = "", tier: Tier = Tier.NORMAL
    ) -> Moment | None:
        """By when the unit must have answered; None for what needs no answer."""
        return deadlines.answer_due(type_, clock, dispatched_at, self.town.limits, self.calendar_of(unit), tier)

    def answer_due_from_pool(
        self, type_: Type, clock: Clock, filed_at: datetime, tier: Tier = Tier.NORMAL
    ) -> Moment | None:
        """The latest an answer may come to a ticket that still waits for a unit: what its filer is told first."""
        sent = self.dispatch_due(clock, filed_at)
        due = self.answer_due(type_, clock, sent.at, tier=tier)
        return due and Moment(due.at, due.provisional or sent.provisional)

    def due_of(self, ticket: Ticket) -> Moment | None:
        """The due moment of a dispatched ticket counted anew; None for what needs no answer or has no unit."""
        return deadlines.due_of(ticket, self.town.limits, self.calendar_of(ticket.unit))

    def extended_due(self, ticket: Ticket, days: int) -> Moment | None:
        """When a ticket would be due with so many working days more."""
        if ticket.due_at is None:
            return None
        return deadlines.extended_due(ticket.due_at, days, self.calendar_of(ticket.unit), Clock(ticket.clock))

    def half_of_rest(self, ticket: Ticket, now: datetime, unit: str) -> datetime:
        """By when a unit that helps with a ticket must have done so."""
        due = ticket.due_at or now
        return deadlines.half_of_rest(now, due, Clock(ticket.clock), self.town.limits, self.calendar_of(unit))

    def deadline(self, ticket: Ticket) -> datetime | None:
        """What a ticket's ladder counts to: its due moment; in the pool, when it must have a unit."""
        calendar = self.calendar_of(ticket.unit)
        return deadlines.deadline(ticket, Clock(ticket.clock), self.town.limits, calendar)

    def half_time(self, ticket: Ticket) -> datetime | None:
        """When half of a ticket's time has passed; None where nothing is due."""
        return deadlines.half_time(ticket, Clock(ticket.clock), self.town.limits, self.calendar_of(ticket.unit))

    def ladder(self, ticket: Ticket) -> tuple[deadlines.Step, ...]:
        """The rungs of the overdue ladder a ticket still has to fear."""
        clock = self.clock_of_ticket(ticket)
        calendar = self.calendar_of(ticket.unit)
        return deadlines.ladder(ticket, clock, self.town.limits, calendar, ticket.work.taken_at)

    def first_rung(self, ticket: Ticket) -> deadlines.Step | None:
        """The first rung of a ticket's ladder, the moment it is filed or dispatched; cheaper than `ladder`."""
        clock = self.clock_of_ticket(ticket)
        return deadlines.first_rung(ticket, clock, self.town.limits, self.calendar_of(ticket.unit))

    def colour(self, ticket: Ticket, now: datetime) -> colour.Colour:
        """How worried to be about a ticket at a moment."""
        return colour.colour(ticket, now, self.clock_of_ticket(ticket), self.calendar_of(ticket.unit))
