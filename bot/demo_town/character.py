"""What each unit of the made-up town is like: quick or slow, careful or not, so that boards have something to tell."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bot.demo_town.workclock import HOUR


@dataclass(frozen=True, slots=True)
class Character:
    """A unit's ways. ``takes`` is the mean working time until somebody takes a ticket, ``pace`` how much of the time it
    has a unit usually needs; the others are probabilities."""

    takes: float
    pace: float
    empty: float  # an answer that says nothing
    false: float  # said to be done, and nothing was
    solves: float
    shows: float  # encloses evidence
    handlers: tuple[str, ...]


def character(unit: str, handlers: tuple[str, ...], seed: int) -> Character:
    """The ways of a unit; the same for the same seed."""
    chance = random.Random(f"{seed}:{unit}")  # noqa: S311 - a made-up unit, no secret
    good = chance.random() ** 0.6
    return Character(
        takes=HOUR * (0.4 + 6.5 * (1 - good)),
        pace=0.25 + 0.9 * (1 - good) * chance.uniform(0.8, 1.2),
        empty=0.02 + 0.45 * (1 - good) ** 2,
        false=0.12 * (1 - good) ** 2,
        solves=0.3 + 0.65 * good,
        shows=0.25 + 0.7 * good,
        handlers=handlers,
    )
