"""What boards count: plain facts of each ticket, and what the figures mean by them (rule book, "Boards")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.domain.boards.stints import Stint

FALSE_CLOSING = "false_closing"
OPEN = frozenset({"asked", "not_reached"})
"""Verdicts of parties whom the answer has not reached, or who still have time to say something."""
VERDICTS = ("yes", "partly", "no")


class ReviewFact(msgspec.Struct, frozen=True, gc=False):
    """What came of asking one party in round ``answer``: a `bot.domain.review.Verdict`, and 1 to 5 stars."""

    answer: int
    verdict: str
    rating: int | None = None

    @property
    def reached(self) -> bool:
        """Whether the answer reached them, and their time to say something is over or they did."""
        return self.verdict not in OPEN

    @property
    def given(self) -> bool:
        """Whether they said anything."""
        return self.verdict in VERDICTS or self.rating is not None


class TicketFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A ticket as boards see it.

    ``excluded``: a supervisor left it out, with a recorded reason. ``false_closings`` are the rounds of answers found
    to be such. ``repeat``: it is the same person's matter again. ``specials`` are the special cases it belongs to.
    """

    number: str
    kind: str
    area: str = ""
    stints: Sequence[Stint] = ()
    excluded: bool = False
    reviews: Sequence[ReviewFact] = ()
    false_closings: Sequence[int] = ()
    repeat: bool = False
    specials: Sequence[str] = ()


class DeskFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A ticket that was filed in a period and that no rule sent to a unit at once, as the desk's own row sees it.

    ``unit_at`` is when a unit had it (None: not yet), ``ended_at`` when it ended without one; ``due_at`` by when it
    must have had one.
    """

    filed_at: datetime
    due_at: datetime
    unit_at: datetime | None = None
    ended_at: datetime | None = None
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rule book's figures for boards, and which kinds want evidence with the answer "solved".

    ``weights`` are those of speed, quality, satisfaction and repeats. A score from ``red`` on is on the red list, one
    up to ``black`` on the black one; units with fewer than ``least`` tickets are not ranked.
    """

    take_hours: float = 4
    least: int = 5
    red: float = 85
    black: float = 60
    weights: tuple[float, float, float, float] = (25, 25, 30, 20)
    evidence_kinds: frozenset[str] = frozenset()
