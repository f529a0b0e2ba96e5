"""Timers that are always there: the desk's own lists, and the look whether dates must be counted anew."""

from __future__ import annotations

from datetime import datetime

from bot.changes import Changes, Timer
from bot.domain.guide import Guide
from handlers.timers import boards, daily, recompute, weekly


def standing(guide: Guide, now: datetime) -> Changes:
    """What a start commits, and every reload of the town. Doing it twice is doing it once."""
    own = [each.next_one(guide, now) for each in (daily, weekly, boards)]
    timers = [*own, Timer("recompute", recompute.START, now)]
    return Changes(at=now, timers=timers)
