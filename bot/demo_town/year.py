"""A made-up year, put together: tickets in the order of their numbers, and what is known of them afterwards.

A year is told page by page, and each page for itself: several processes may share the work, and it makes no difference.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from bot.changes import Changes
from bot.demo_town.known import Known, same_matters
from bot.demo_town.lives import Scene
from bot.demo_town.pages import Pages
from bot.demo_town.plan import DAYS, Plan, plan
from bot.demo_town.staffing import staff_of
from bot.demo_town.workclock import WorkClock, micros, moment
from bot.domain.guide import Guide
from bot.domain.numbers import series

AT_ONCE = 500
"""Tickets on one page."""

_AHEAD = 120
"""Days after the end for which working time is known: what is owed then is due later."""


class Year:
    """The year of a town before a moment: so many tickets, the same ones for the same seed, town and moment."""

    def __init__(self, guide: Guide, tickets: int, seed: int, until: datetime) -> None:
        calendar = guide.calendar
        last = calendar.local_day(until)
        first = last - timedelta(days=DAYS)
        work = WorkClock(calendar, first - timedelta(days=7), last + timedelta(days=_AHEAD))
        self.tickets, self.until = tickets, until
        self.counts = Known(calendar.zone, first, micros(until), work)
        """What was counted of the pages told here."""
        self.used: dict[date, int] = {}
        """How many numbers of each day are given."""
        self._guide, self._seed = guide, seed
        self._scene = Scene(guide, seed, micros(until), work, self.counts)
        self._plan: Plan = plan(guide, tickets, seed, until)
        self._numbers: list[str] = []
        self._former: list[str] = []
        self._groups: dict[int, list[tuple[str, int]]] = {}
        self._number()

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.tickets // AT_ONCE)

    def staff(self) -> Changes:
        """Everybody who works there."""
        at = self.until - timedelta(days=DAYS)
        return Changes(at=at, staff=list(staff_of(self._guide.town, self._seed, at)))

    def tell(self, page: int, onto: Pages) -> int:
        """Write the tickets of a page (from 0); returns how many. Each page once only."""
        self._scene.begin(page)
        begin = page * AT_ONCE
        reports = self._plan.reports[begin : begin + AT_ONCE]
        for place, report in enumerate(reports, begin):
            incident = self._plan.incidents[report.incident]
            self._scene.tell(report, incident, self._numbers[place], self._former[place], onto)
        return len(reports)

    def tell_last(self, count: int, onto: Pages) -> int:
        """Write only so many tickets, the newest ones, and nothing that leads to earlier ones; returns how many."""
        self._scene.begin(0)
        begin = max(len(self._numbers) - count, 0)
        told = frozenset(self._numbers[begin:])
        for place in range(begin, len(self._numbers)):
            report, former = self._plan.reports[place], self._former[place]
            incident = self._plan.incidents[report.incident]
            self._scene.tell(report, incident, self._numbers[place], former if former in told else "", onto)
        return len(told)

    def known(self) -> dict[str, object]:
        """What is known once all pages were told: boards by month, tickets about the same matter, storms."""
        return {
            "until": self.until.isoformat(),
            "seed": self._seed,
            "tickets": self.tickets,
            "storms": [day.isoformat() for day in self._plan.storms],
            "same": same_matters(self._groups),
            "boards": self.counts.boards(),
        }

    def _number(self) -> None:
        """Give every report its number, and the number of the same person's last one about the same."""
        zone = self._guide.calendar.zone
        last: dict[tuple[int, int], str] = {}
        midnight = place = 0
        day, numbers = date.min, series(date(2000, 1, 1))
        for report in self._plan.reports:
            if report.at >= midnight:
                if place:
                    self.used[day] = place
                day, place = moment(report.at).astimezone(zone).date(), 0
                numbers = series(day)
                midnight = micros(datetime.combine(day + timedelta(days=1), time(), zone))
            place += 1
            number = next(numbers)
            key = (report.incident, report.person)
            self._numbers.append(number)
            self._former.append(last.get(key, ""))
            last[key] = number
            self._groups.setdefault(report.incident, []).append((number, report.person))
        if place:
            self.used[day] = place
