"""Boards counted for pages: the sums they are made of, and which tickets each unit had, so that every number leads to
its tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.boards.facts import TicketFacts
from bot.domain.boards.figures import Sums
from bot.domain.boards.parts import Share, noting, shares
from bot.domain.boards.periods import Period
from bot.domain.boards.ranking import Board, DeskRow
from bot.domain.guide import Guide
from bot.domain.people import Role
from bot.ports import Reader
from bot.turn import Turn
from handlers import reckoning
from handlers.pages.counts import FRESH, Counts, Kept
from handlers.staff.me import Me

OVER = timedelta(minutes=2)
"""How long the board of a period that is over is good: only reviews change it yet."""


@dataclass(frozen=True, slots=True)
class KeptBoard:
    """A board as of ``at``. ``numbers`` are the tickets that each unit had, with blanks between: text is the smallest
    that holds them."""

    period: Period
    at: datetime
    board: Board
    sums: Mapping[str, Sums]
    numbers: Mapping[str, str]


def counted(turn: Turn, counts: Counts, period: Period, only: frozenset[str] | None) -> Kept[KeptBoard]:
    """The board of a period, of the whole town or of some areas."""
    read, guide, now = turn.read, turn.guide, turn.now

    async def make(_before: KeptBoard | None) -> KeptBoard:
        return await made(read, guide, period, only, now)

    return counts.of(("board", period, only), make, now, FRESH if period.end > now else OVER)


async def made(read: Reader, guide: Guide, period: Period, only: frozenset[str] | None, now: datetime) -> KeptBoard:
    """The board as it is now. The desk's own row is that of the whole town."""
    numbers: dict[str, list[str]] = {}

    def through(facts: Iterable[TicketFacts]) -> Iterable[TicketFacts]:
        return noting((each for each in facts if only is None or each.area in only), numbers)

    sums = await reckoning.sums_of(read, guide, period, now, through)
    desk = await reckoning.desk_of(read, guide, period, now) if only is None else DeskRow()
    board = reckoning.made_of(guide, period, now, sums, desk)
    return KeptBoard(period, now, board, sums, {unit: " ".join(numbers[unit]) for unit in sums})


async def behind(read: Reader, guide: Guide, kept: KeptBoard, name: str, unit: str) -> list[Share]:
    """The tickets behind a figure of a unit on a board that was counted, counted again one by one as of then."""
    rules, worked = reckoning.rules_of(guide), reckoning.calendars(guide)

    def count(facts: Iterable[TicketFacts]) -> list[Share]:
        return shares(facts, name, unit, kept.period, rules, worked, kept.at)

    return await read.facts_of(kept.numbers.get(unit, "").split(), count)


def open_to(me: Me, unit: str) -> bool:
    """Whether somebody may ask for the tickets behind the figures of a unit."""
    return me.staff.role is not Role.LEAD or unit in me.person.units
