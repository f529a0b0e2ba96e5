"""What a supervisor finds when looking into an answer, and a random sample of closed tickets (rule book, "Review")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from heapq import nsmallest

import msgspec


class What(StrEnum):
    """What was found about an answer."""

    SOLVED = "solved"  # after all
    NOT_SOLVED = "not_solved"
    FALSE_CLOSING = "false_closing"  # said to be done, and nothing was
    PERFUNCTORY = "perfunctory"
    UNFAIR = "unfair"  # the review is
    OUTSIDE = "outside"  # the law's reach


EXCLUDED = frozenset({What.UNFAIR, What.OUTSIDE})
"""Findings that leave the ticket out of the boards."""

AGAINST = frozenset({What.NOT_SOLVED, What.FALSE_CLOSING, What.PERFUNCTORY})
"""Findings after which the unit has something to do: they may carry an order, and bring the ticket back."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a supervisor found about one answer. ``round`` is that of its reviews, ``text`` the reason."""

    ticket: str
    round: int
    what: What
    by: str
    at: datetime
    text: str

    @property
    def excluded(self) -> bool:
        """Whether the ticket does not count on the boards."""
        return self.what in EXCLUDED


SAMPLED_OF_DAYS = 90
"""Tickets filed in so many days may be drawn."""

MOST_SAMPLED = 50

REACHED = ("yes", "no")
REALLY = ("yes", "partly", "no")
FACTS = ("yes", "no")
FORM: Sequence[tuple[str, tuple[str, ...]]] = (("reached", REACHED), ("solved", REALLY), ("facts", FACTS))
"""The call-back form of a sample, question by question; who was not reached is asked nothing more."""


def drawn(numbers: Iterable[str], seed: str, count: int) -> list[str]:
    """So many of these tickets, as a seed has it: whoever draws with it again, or draws more, gets the same ones first,
    whatever has been added in the meantime."""
    key = seed.encode()[:64]

    def lot(number: str) -> bytes:
        return blake2b(number.encode(), digest_size=8, key=key).digest()

    return nsmallest(count, numbers, key=lot)


def seed_of(day: str, staff: str, unit: str) -> str:
    """The seed of a day's sample: nobody chooses it."""
    return blake2b(f"{day}|{staff}|{unit}".encode(), digest_size=16).hexdigest()


def next_question(given: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """What is asked after these answers to the form; None when it is filled in. Raises ValueError for wrong ones."""
    if len(given) > len(FORM):
        raise ValueError("more answers than questions")
    for said, (name, possible) in zip(given, FORM, strict=False):
        if said not in possible:
            raise ValueError(name)
    if given and given[0] == "no":
        if len(given) > 1:
            raise ValueError("nobody was reached")
        return None
    return FORM[len(given)] if len(given) < len(FORM) else None


def form_of(given: Sequence[str]) -> dict[str, str]:
    """The filled form by question."""
    return {name: said for (name, _), said in zip(FORM, given, strict=False)}


def tallied(forms: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """How many were called, reached, really solved, and answered as the facts are."""
    found = {"called": 0, "reached": 0, "solved": 0, "facts": 0}
    for form in forms:
        found["called"] += 1
        for name in ("reached", "solved", "facts"):
            found[name] += form.get(name) == "yes"
    return found
