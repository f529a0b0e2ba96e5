"""Which tickets are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.ticket import Status, Type

OWING = (
    *(Status.FILED, Status.DISPATCHED, Status.IN_PROGRESS, Status.WAITING_RESIDENT, Status.OBJECTED, Status.JOINT),
    Status.REOPENED,
)
"""Statuses in which a unit, or the pool, owes something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tickets are asked for; what is left as it is does not matter.

    ``units``: led by one of these ("" is the pool). ``assisted_by``: a unit that helps and is not done. ``handler``: an
    id, "" for tickets nobody took. ``areas``: in one of these, or without a place (``placed``: with one). ``walled``
    False leaves walled ones out, but for those of ``units`` and of ``handler``; ``not_kept_from`` leaves out what is
    kept from a unit. ``since`` and ``until`` bound ``filed_at``, ``due_after`` and ``due_before`` ``due_at``: from the
    first on, up to the second; ``dated``: whether anything is due. ``deciding``: something on it waits for a decision.
    Ended ones that may be anybody's need a ``since``, or all that was ever filed is read.
    """

    statuses: tuple[Status, ...] = OWING
    units: tuple[str, ...] | None = None
    assisted_by: str = ""
    handler: str | None = None
    areas: frozenset[str] | None = None
    kinds: tuple[str, ...] = ()
    type: Type | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    danger: bool | None = None
    walled: bool = True
    not_kept_from: str = ""
    deciding: bool = False
    placed: bool = False
    dated: bool | None = None
