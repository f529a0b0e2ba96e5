"""What is open now, for a page: counts of what somebody may see, and the tickets they are made of."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.boards.census import Census, Due, State, Where
from bot.domain.colour import Colour
from bot.domain.guide import Guide
from bot.ports import Reader
from bot.turn import Turn
from handlers.pages.board_address import NOWHERE, Asked
from handlers.pages.counts import Counts, Kept
from handlers.staff.me import Me


def counted(turn: Turn, counts: Counts) -> Kept[Census]:
    """The census: one for everybody."""
    reader, guide, now = turn.read, turn.guide, turn.now

    async def make(before: Census | None) -> Census:
        return await renewed(reader, guide, now, before)

    return counts.of("census", make, now)


async def renewed(reader: Reader, guide: Guide, now: datetime, before: Census | None) -> Census:
    """The census of now, made from the one before where that was read by the same town."""
    census = before if before is not None and before.guide is guide else Census(guide, now)

    known = await asyncio.to_thread(census.known, now)  # nobody changes it meanwhile, and it may be long
    found, gone = await reader.census(known, lambda tickets: census.judge(tickets, now))
    census.renew(found, gone, now)
    return census


@dataclass(frozen=True, slots=True)
class Picked:
    """Which of the open tickets are meant; None and "" where any will do. ``unit`` is "-" for the pool."""

    unit: str = ""
    colour: Colour | None = None
    rung: str = ""
    due: Due | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Picked:
        """What an address picks."""
        due = query.get("due", "")
        return cls(
            unit=query.get("unit", ""),
            colour=next((colour for colour in Colour if colour.name.lower() == query.get("colour")), None),
            rung=query.get("rung", ""),
            due=Due(due) if due in set(Due) else None,
        )

    def holds(self, where: Where, state: State) -> bool:
        """Whether a ticket that stands there is meant."""
        return (
            self.unit in ("", where.unit or NOWHERE)
            and self.colour in (None, state.colour)
            and self.rung in ("", state.rung)
            and self.due in (None, state.due)
        )


def groups(census: Census, me: Me, asked: Asked) -> Counter[tuple[str, State]]:
    """How many tickets stand alike, by unit, of those in reach."""
    person, only, found = me.person, asked.only, Counter[tuple[str, State]]()
    for (where, state), count in census.counts.items():
        if (only is None or where.area in only) and census.sees(person, where):
            found[where.unit, state] += count
    return found


def numbers(census: Census, me: Me, asked: Asked, picked: Picked, start: int, most: int) -> tuple[int, list[str]]:
    """How many tickets in reach are meant, and some of them, behind so many."""
    person, only = me.person, asked.only
    meant = [
        (where, state)
        for where, state in census.counts
        if picked.holds(where, state) and (only is None or where.area in only) and census.sees(person, where)
    ]
    return sum(census.counts[group] for group in meant), census.numbers(meant, start, most)
