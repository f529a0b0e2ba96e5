"""Who reports what, where and when in a year: incidents, told of by one or many, some of them again and again."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from math import pi, sin
from typing import NamedTuple

from bot.demo_town.wordbook import Problem, wordbook
from bot.demo_town.workclock import SECOND, micros
from bot.domain.guide import Guide

DAYS = 365
DAY = 86_400_000_000
STORMS, STORM_DAYS, STORM_STRENGTH = 4, 3, 6.0
AGAIN_FROM, AGAIN_TO = 10, 80
"""Days after which somebody comes again with the same matter."""

_HOURS = (1, 1, 1, 1, 1, 2, 5, 12, 20, 26, 24, 18, 14, 14, 20, 22, 20, 17, 14, 15, 15, 11, 6, 3)
_WEEKDAYS = (1.25, 1.1, 1.05, 1.0, 1.0, 0.75, 0.7)
_WEIGHTS = {
    "roads": 9,
    "environment": 10,
    "housing": 9,
    "water-power-gas": 6,
    "market": 5,
    "conduct": 1,
    "undecided": 2,
}
_OFTEN = 3
"""How often any other kind is spoken of."""


class Report(NamedTuple):
    """One ticket to be: when (microseconds), which incident, by whom, and whether it is the same person's again."""

    at: int
    incident: int
    person: int
    again: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that is wrong somewhere. ``spot`` is (latitude, longitude), None where nobody knows."""

    problem: Problem
    area: str
    place: str
    spot: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A year's reports, in order of time, and what they are about. ``storms`` are the first days of bad weather."""

    reports: Sequence[Report]
    incidents: Sequence[Incident]
    storms: Sequence[date]


def plan(guide: Guide, tickets: int, seed: int, until: datetime) -> Plan:
    """So many reports in the year before a moment. The same for the same seed, town and moment."""
    chance = random.Random(seed)  # noqa: S311 - a made-up year, no secret
    rnd = chance.random
    calendar = guide.calendar
    first = calendar.local_day(until) - timedelta(days=DAYS)
    begin = micros(datetime.combine(first, time(), calendar.zone))
    end = micros(until)
    storms = sorted(chance.sample(range(20, DAYS - 20), STORMS))
    stormy = {day + n for day in storms for n in range(STORM_DAYS)}
    days = list(accumulate(_weight(first + timedelta(days=n), n, n in stormy) for n in range(DAYS)))
    hours = list(accumulate(_HOURS))
    fair, foul = _kinds(guide)
    areas = [area for area in guide.town.areas.values() if area.level == 1 and not area.retired]
    shares = list(accumulate(chance.lognormvariate(0, 0.7) for _ in areas))
    people = max(40, tickets * 2 // 3)
    incidents: list[Incident] = []
    reports: list[Report] = []
    while len(reports) < tickets:
        day = bisect(days, rnd() * days[-1])
        storm = day in stormy and rnd() < 0.8
        problems, weights = foul if storm else fair
        problem = problems[bisect(weights, rnd() * weights[-1])]
        area = areas[bisect(shares, rnd() * shares[-1])]
        names = (*area.roads, *area.estates, *area.landmarks) or (area.name,)
        centre = area.centre
        spot = None
        if centre is not None and rnd() < 0.9:
            spot = (centre[0] + (rnd() - 0.5) * 0.02, centre[1] + (rnd() - 0.5) * 0.02)
        incident = len(incidents)
        incidents.append(Incident(problem, area.code, names[int(rnd() * len(names))], spot))
        at = begin + day * DAY + bisect(hours, rnd() * hours[-1]) * (DAY // 24) + int(rnd() * (DAY // 24))
        for count in range(_people(rnd(), storm)):
            when = at + int(rnd() ** 2 * (2 if storm else 20) * DAY) if count else at
            person = int(rnd() * people)
            again = False
            while when < end and len(reports) < tickets:
                reports.append(Report(when - when % SECOND, incident, person, again))
                if rnd() >= 0.05:
                    break
                again = True
                when += int((AGAIN_FROM + rnd() * (AGAIN_TO - AGAIN_FROM)) * DAY)
    reports.sort()
    return Plan(reports, incidents, [first + timedelta(days=n) for n in storms])


def _people(dice: float, storm: bool) -> int:
    """How many people tell of one incident: mostly one."""
    if dice < (0.5 if storm else 0.86):
        return 1
    return 2 + int(((1 - dice) * (24 if storm else 60)) ** 0.8)


def _weight(day: date, place: int, storm: bool) -> float:
    season = 1 + 0.25 * sin(2 * pi * place / DAYS)
    return _WEEKDAYS[day.weekday()] * season * (STORM_STRENGTH if storm else 1.0)


def _kinds(guide: Guide) -> tuple[tuple[list[Problem], list[float]], tuple[list[Problem], list[float]]]:
    """Problems of kinds the town knows, with running weights: on usual days, and those of storms."""
    known = [p for p in wordbook().problems if p.kind in guide.town.kinds]
    count: dict[str, int] = {}
    for problem in known:
        count[problem.kind] = count.get(problem.kind, 0) + 1
    usual = [p for p in known if not p.storm]
    storm = [p for p in known if p.storm]
    return (
        (usual, list(accumulate(_WEIGHTS.get(p.kind, _OFTEN) / count[p.kind] for p in usual))),
        (storm, list(accumulate(1.0 for _ in storm))),
    )
