"""What stands behind a rehearsal: weeks of a made-up year, so that its lists, boards and pictures have something."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from bot.demo_town.year import Year
from bot.domain.guide import Guide
from storage.bulk import BulkFile, Sheet

CASES = 200
"""So many cases there are."""

A_YEAR = 2400
"""The year they are the end of has so many, so that they fill about four weeks."""

SEED = 7


class _Still(Sheet):
    """Cases nobody is reminded of: the clock of a rehearsal is pushed on for the one that is played."""

    __slots__ = ()

    def add_rung(self, number: str, level: int, at: int) -> None:
        """No alert."""


def paint(path: Path, guide: Guide, until: datetime, cases: int = CASES) -> int:
    """Make a database with the cases of the weeks before a moment; returns how many.

    Whoever worked on them has left: names are known, and nobody of them hears or acts. Raises sqlite3.Error or OSError.
    """
    year = Year(guide, max(A_YEAR, cases), SEED, until)
    sheet = _Still()
    told = year.tell_last(cases, sheet)
    staff = year.staff()
    staff.staff = [(replace(who, removed_at=staff.at), event) for who, event in staff.staff]
    with closing(BulkFile(path)) as file:
        file.write(sheet.packed())
        file.commit(staff)
        file.numbers(year.used)
        file.finish()
    return told
