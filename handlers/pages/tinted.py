"""Open tickets of one colour, without reading all that are open.

Colour is no column: it is a pure function of the ticket and the moment (`bot.domain.colour`). But time alone gives most
of them theirs, so the dates between which a colour is common are looked through first, then the rest: what is red for
danger, or green because its clock stands still. A page looks at so many tickets and no more; the next goes on there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.colour import Colour
from bot.domain.ticket import Ticket
from bot.ports import Wanted
from bot.turn import Turn
from handlers.pages.asked import RED_AFTER_DAYS

LOOKED_AT = 600
"""So many tickets are looked at for one page."""

AT_ONCE = 200
GREEN_DAYS = 4
"""What is due in so many working days or later is green, for most: a quarter of the longest time is less."""

FURTHEST = 5000
"""So far is looked between two dates; more of one colour than that nobody reads."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a page begins: between which dates, and behind how many tickets there."""

    span: int = 0
    offset: int = 0

    @classmethod
    def read(cls, text: str) -> Spot:
        """The spot an address names; the first for anything odd."""
        span, _, offset = text.partition(".")
        whole = span.isascii() and span.isdecimal() and len(span) == 1
        if whole and offset.isascii() and offset.isdecimal() and len(offset) <= len(str(FURTHEST)):
            return cls(int(span), int(offset))
        return cls()

    def __str__(self) -> str:
        return f"{self.span}.{self.offset}"


async def tickets(turn: Turn, wanted: Wanted, colour: Colour, at: Spot, count: int) -> tuple[list[Ticket], Spot | None]:
    """Up to so many of the wanted tickets that have a colour, and where to go on (None: that is all)."""
    found: list[Ticket] = []
    looked = 0
    calendar = turn.guide.calendar
    red, green = calendar.late_by(RED_AFTER_DAYS, turn.now), calendar.after_working_days(turn.now, GREEN_DAYS).at
    spans = _spans(wanted, colour, red, turn.now, green)
    for span in range(at.span, len(spans)):
        offset = at.offset if span == at.span else 0
        while offset < FURTHEST:
            if looked >= LOOKED_AT:
                return found, Spot(span, offset)
            got = await turn.read.tickets(spans[span], AT_ONCE, offset)
            for place, ticket in enumerate(got, 1):
                if turn.guide.colour(ticket, turn.now) is colour:
                    found.append(ticket)
                    if len(found) == count:
                        return found, Spot(span, offset + place)
            looked += len(got)
            offset += len(got)
            if len(got) < AT_ONCE:
                break
    return found, None


def _spans(wanted: Wanted, colour: Colour, red: datetime, now: datetime, green: datetime) -> list[Wanted]:
    """The wanted tickets in parts: between the dates where the colour is common, then between the others, then those
    without a date."""
    late_long, late, soon, ahead = (None, red), (red, now), (now, green), (green, None)
    order = {
        Colour.RED: (late_long, late, soon, ahead),
        Colour.ORANGE: (late, soon, ahead, late_long),
        Colour.YELLOW: (soon, ahead, late, late_long),
        Colour.GREEN: (ahead, soon, late, late_long),
    }[colour]
    parts = []
    for begin, end in order:
        first = max(filter(None, (wanted.due_after, begin)), default=None)
        last = min(filter(None, (wanted.due_before, end)), default=None)
        if first is None or last is None or first < last:
            parts.append(replace(wanted, due_after=first, due_before=last))
    if wanted.due_after is wanted.due_before is None:
        undated = replace(wanted, dated=False)
        parts.insert(1 if colour is Colour.GREEN else len(parts), undated)
    return parts
