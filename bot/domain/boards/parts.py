"""What each figure of a board is made of, ticket by ticket: the same counting as for the board
(`bot.domain.boards.figures.counted`), done for one ticket at a time, so that the numbers of a list add up to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.boards.facts import Rules, TicketFacts
from bot.domain.boards.figures import Sums, counted
from bot.domain.boards.periods import Period
from bot.domain.boards.worked import Worked

Counting = Callable[[Sums], float]

TICKETS, EXCLUDED, PAUSED = "tickets", "excluded", "paused"
"""What a board shows besides its figures: all tickets that count, those left out, and working hours not counted."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a figure divides: ``part`` by ``whole``. Where ``rate`` is False the figure is the part itself."""

    part: Counting
    whole: Counting
    rate: bool = True


def _tickets(sums: Sums) -> float:
    return sums.tickets


PARTS: Mapping[str, Parts] = {
    TICKETS: Parts(_tickets, _tickets, rate=False),
    EXCLUDED: Parts(lambda s: s.excluded, lambda s: s.excluded, rate=False),
    PAUSED: Parts(lambda s: s.paused_hours, lambda s: s.paused_hours, rate=False),
    "taken": Parts(lambda s: s.taken, lambda s: s.takeable),
    "in_time": Parts(lambda s: s.in_time, lambda s: s.due),
    "hours": Parts(lambda s: s.hours, lambda s: s.first_answers),
    "reopened": Parts(lambda s: s.reopened, lambda s: s.answers),
    "false_or_broken": Parts(lambda s: s.false_closings + s.broken_promises, lambda s: s.answers, rate=False),
    "evidence": Parts(lambda s: s.evidence, lambda s: s.evidence_wanted),
    "solved": Parts(lambda s: s.yes, lambda s: s.yes + s.partly + s.no),
    "rating": Parts(lambda s: s.stars, lambda s: s.rated),
    "given": Parts(lambda s: s.given, lambda s: s.reached),
    "repeat": Parts(lambda s: s.repeats, _tickets),
    "urges": Parts(lambda s: s.urges, _tickets),
    "specials": Parts(lambda s: len(s.specials), _tickets, rate=False),
}
"""By the names of figures (`bot.domain.boards.figures.FIGURES`), and what stands beside them."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a ticket is to a figure of a unit. ``specials`` are the special cases it belongs to: several tickets may
    belong to one, which counts once."""

    number: str
    part: float
    whole: float
    specials: frozenset[str] = frozenset()


def shares(
    facts: Iterable[TicketFacts],
    name: str,
    unit: str,
    period: Period,
    rules: Rules,
    worked: Callable[[str], Worked],
    now: datetime,
) -> list[Share]:
    """Every ticket that counts for a figure of a unit, in the order of the facts."""
    parts, found = PARTS[name], []
    for ticket in facts:
        sums = counted((ticket,), period, rules, worked, now).get(unit)
        if sums is not None and (parts.whole(sums) or parts.part(sums)):
            found.append(Share(ticket.number, parts.part(sums), parts.whole(sums), frozenset(sums.specials)))
    return found


def added(name: str, all_: Iterable[Share]) -> tuple[float, float]:
    """The part and the whole that these tickets add up to."""
    part, whole, specials = 0.0, 0.0, set[str]()
    for share in all_:
        part, whole = part + share.part, whole + share.whole
        specials |= share.specials
    return (len(specials), whole) if name == "specials" else (part, whole)


def noting(facts: Iterable[TicketFacts], numbers: dict[str, list[str]]) -> Iterator[TicketFacts]:
    """The same facts; meanwhile it is noted under each unit which tickets it had."""
    for ticket in facts:
        for unit in {stint.unit for stint in ticket.stints}:
            numbers.setdefault(unit, []).append(ticket.number)
        yield ticket
