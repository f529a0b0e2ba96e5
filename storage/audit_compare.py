"""Comparing entries of the chained record with the rows they bind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from bot.domain.audit import tag
from storage.audit_kinds import ANEW, Kind
from storage.driver import Row

_T = TypeVar("_T")

SEQ, AT, WHAT, SUBJECT, PART, STEPS, ACTOR, NOTE, DIGEST, STATE, HASH, SALT = range(12)
"""Where everything stands in a row of the table of entries."""


@dataclass(frozen=True, slots=True)
class Found:
    """What belongs to entries, by their seq: rows that were added, rows that stand now, (note, salt) of newer entries
    of the same subject and part, and those whose subject is gone or stands where it stood before them."""

    added: Mapping[int, Sequence[Row]]
    standing: Mapping[int, Sequence[Row]]
    later: Mapping[int, Sequence[Row]]
    behind: Collection[int]


class Compared:
    """Counts what entries bind, and tells ``differs`` (seq, what is wrong in words) of what is not as it was."""

    def __init__(self, differs: Callable[[int, str], None]) -> None:
        self._tell = differs
        self.rows = 0
        self.steps: dict[str, int] = {}
        self.standing: dict[str, int] = {}
        self.born: dict[str, int] = {}

    def of_kind(self, kind: Kind, entries: Sequence[Row], found: Found) -> None:
        """Compare entries of one kind with what was found for them."""
        what, counted = kind.what, kind.counted
        added, standing, behind = found.added, found.standing, found.behind
        rows_found = born = 0
        for entry in entries:
            seq, steps, salt, digest = entry[SEQ], entry[STEPS], entry[SALT], entry[DIGEST]
            if counted and entry[PART] == steps and entry[NOTE] != ANEW:
                born += 1
            if salt is None and (digest or entry[STATE]):
                continue  # forgotten
            rows = added.get(seq, ())
            if len(rows) != steps or (digest and _made(kind.digest, salt, rows) != digest):
                self._differs(entry, kind.steps.table if kind.steps else what, len(rows) or not kind.steps)
            rows_found += len(rows)
            if kind.state is None:
                continue
            if not counted:
                self._replaced(kind, entry, found.standing.get(seq, ()), found.later.get(seq, ()))
            elif seq in behind:
                self._differs(entry, kind.state.table, 0)
            elif seq in standing and entry[STATE]:
                self._stands(kind, entry, standing[seq][0])
        self.rows += rows_found
        self.steps[what] = self.steps.get(what, 0) + rows_found
        self.born[what] = self.born.get(what, 0) + born

    def _replaced(self, kind: Kind, entry: Row, rows: Sequence[Row], later: Sequence[Row]) -> None:
        """A row that may have been replaced since, which a newer entry says then."""
        place, note = kind.tagged, entry[NOTE]
        if place is None:
            newer = any(other == note for other, _ in later)
        else:
            rows = [row for row in rows if _made(tag, entry[SALT], row[place]) == note]
            newer = any(other == _made(tag, own, row[place]) for row in rows for other, own in later)
        if newer:
            return
        if not entry[STATE]:
            if rows:
                self._tell(entry[SEQ], f"{kind.what} {entry[SUBJECT]} {note}: it was taken away, and is there")
        elif not rows:
            self._differs(entry, kind.what, 0)
        else:
            self._stands(kind, entry, rows[0])

    def _stands(self, kind: Kind, entry: Row, row: Row) -> None:
        self.standing[kind.what] = self.standing.get(kind.what, 0) + 1
        self.rows += 1
        if _made(kind.standing, entry[SALT], row) != entry[STATE]:
            self._differs(entry, kind.state.table if kind.state else "", 1)

    def _differs(self, entry: Row, table: str, found: int) -> None:
        of = f"{table} {entry[SUBJECT]}".rstrip() + (f"/{entry[PART]}" if entry[PART] else "")
        why = "is not as it was written" if found else "is gone, or stands where it stood before"
        self._tell(entry[SEQ], f"{of} {why} (entry {entry[SEQ]}, by {entry[ACTOR] or 'nobody'})")


def forgotten(entry: Row) -> bool:
    """Whether an entry bound something, and cannot tell any more what."""
    return entry[SALT] is None and bool(entry[DIGEST] or entry[STATE])


def _made(make: Callable[[bytes, Any], _T], salt: Any, what: Any) -> _T | None:
    """A digest or a tag; None where somebody put something there that none can be made of."""
    try:
        return make(salt, what)
    except (TypeError, ValueError, OverflowError, AttributeError, msgspec.MsgspecError):
        return None
