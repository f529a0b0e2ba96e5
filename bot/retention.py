"""For how long each class of data is kept, and why. The rules that take it away are `storage.retention`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Kept:
    """A class of data: its name in the settings, its days where nothing is set (0: for ever), what it is, and why."""

    name: str
    days: int
    what: str
    why: str


CLASSES = (
    Kept("payloads", 30, "messages as the platform sent them", "to look into what was misread"),
    Kept(
        "talk",
        180,
        "words between people and the desk: messages, answers, pushes, news, closed tasks",
        "a matter that comes back within 90 days is a repeat; a special case looks back after 90",
    ),
    Kept("unfiled", 60, "files that became no ticket's", "drafts end after two days, lists of staff after some weeks"),
    Kept(
        "sessions",
        365,
        "what is remembered of somebody who writes no more, their number too",
        "a town's matters come with the seasons",
    ),
    Kept(
        "files",
        730,
        "photos, voices and videos of a ticket, from its closing on",
        "inspections look at the year before",
    ),
    Kept("codes", 30, "wrong codes that were tried", "guessing is noticed within a day"),
    Kept("quarantine", 30, "what the desk could not handle", "to find the fault and do it again"),
    Kept("looks", 1095, "who of the staff read or exported what", "records of access are kept for three years"),
    Kept("invitations", 90, "codes for staff that were used or are over", "to see who invited whom"),
    Kept("receipts", 1095, "that a message came, without its words", "a copy of it must never be answered as new"),
)
"""Every class there is. Tickets, their steps, reviews and transcripts are records: they stay."""

ORPHANS = timedelta(hours=24)
"""A file that belongs to nothing is taken away after so long; until then it may be on its way to a row."""


def cutoffs(days: Mapping[str, int], now: datetime) -> dict[str, datetime]:
    """By class, before when its data go; classes that are kept for ever are missing."""
    return {name: now - timedelta(days=count) for name, count in days.items() if count}
