"""A made-up year, put together: tickets in the order of their numbers, and what is known of them afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import TypeVar

from bot.changes import Changes
from bot.demo_town.known import Known, same_matters
from bot.demo_town.lives import Scene
from bot.demo_town.pages import Pages
from bot.demo_town.plan import DAYS, Plan, plan
from bot.demo_town.staffing import staff_of
from bot.demo_town.workclock import WorkClock, micros, moment
from bot.domain.guide import Guide
from bot.domain.numbers import make

AT_ONCE = 500
"""Tickets on one page."""

_AHEAD = 120
"""Days after the end for which working time is known: what is owed then is due later."""

_PagesT = TypeVar("_PagesT", bound=Pages)


class Year:
    """The year of a town before a moment: so many tickets, the same ones for the same seed, town and moment."""

    def __init__(self, guide: Guide, tickets: int, seed: int, until: datetime) -> None:
        calendar = guide.calendar
        last = calendar.local_day(until)
        first = last - timedelta(days=DAYS)
        work = WorkClock(calendar, first - timedelta(days=7), last + timedelta(days=_AHEAD))
        self.tickets, self.until = tickets, until
        self._guide, self._seed = guide, seed
        self._known = Known(calendar.zone, first, micros(until), work)
        self._scene = Scene(guide, seed, micros(until), work, self._known)
        self.plan: Plan = plan(guide, tickets, seed, until)
        self._groups: dict[int, list[tuple[str, int]]] = {}
        self.used: dict[date, int] = {}
        """How many numbers of each day are given."""

    def staff(self) -> Changes:
        """Everybody who works there."""
        at = self.until - timedelta(days=DAYS)
        return Changes(at=at, staff=list(staff_of(self._guide.town, self._seed, at)))

    def pages(self, new: Callable[[], _PagesT]) -> Iterator[tuple[int, _PagesT]]:
        """All tickets, so many on each page, which is made by ``new``. Once only."""
        former: dict[tuple[int, int], str] = {}
        zone = self._guide.calendar.zone
        incidents, groups, tell = self.plan.incidents, self._groups, self._scene.tell
        page, count = new(), 0
        for report in self.plan.reports:
            day = moment(report.at).astimezone(zone).date()
            place = self.used[day] = self.used.get(day, 0) + 1
            number = make(day, place)
            key = (report.incident, report.person)
            tell(report, incidents[report.incident], number, former.get(key, ""), page)
            former[key] = number
            groups.setdefault(report.incident, []).append((number, report.person))
            count += 1
            if count == AT_ONCE:
                yield count, page
                page, count = new(), 0
        if count:
            yield count, page

    def known(self) -> dict[str, object]:
        """What is known once all pages were taken: boards by month, tickets about the same matter, storms."""
        return {
            "until": self.until.isoformat(),
            "seed": self._seed,
            "tickets": self.tickets,
            "storms": [day.isoformat() for day in self.plan.storms],
            "same": same_matters(self._groups),
            "boards": self._known.boards(),
        }
