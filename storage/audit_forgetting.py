"""Erasing from rows that the chained record binds: what was bound is forgotten, what is left is bound anew.

The digest of a row that held something personal would tell whoever guesses it that the guess is right. So the salts of
such entries go, and with them all that they tell. An entry says which were forgotten: a salt that is gone without one
is found by verifying, and so is a row that was changed by somebody else before.
"""

# ruff: noqa: S608  # only names of tables and columns are put into the texts; values are variables
from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bot.domain.audit import PERSON, SALT_BYTES
from bot.domain.people import DESK
from storage.audit import Entry, append
from storage.audit_compare import NOTE, PART, SALT, SEQ, STATE, STEPS, SUBJECT, WHAT, Compared, Found, forgotten
from storage.audit_entries import added, life, look_subject, now
from storage.audit_kinds import ANEW, ERASURE, KINDS, Bound, Kind
from storage.driver import Driver, Row

Subject = tuple[str, str]
"""What is bound anew as a whole: one of `GROUPS`, and which of them (the id of a row of `looked` in digits)."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "ticket": ("ticket", "review", "finding", "link"),
    **{name: (name,) for name in ("special", "looked", "transcript", "hold", "invitation", "lesson", "board")},
}
"""Kinds of entries that have the same subjects."""

_GROUP_OF = {
    bound.table: group
    for group, kinds in GROUPS.items()
    for kind in map(KINDS.__getitem__, kinds)
    for bound in (kind.steps, kind.state)
    if bound is not None
}

_ONE_BY_ONE = frozenset({"ticket", "special"})
"""Groups of which each subject has an entry of its own when something of it is erased."""

Rows = dict[str, tuple[list[Row], list[Row]]]
"""By kind: rows that are only added, rows that say how things stand."""

_ENTRIES = (
    "SELECT seq, at, what, subject, part, steps, actor, note, digest, state, hash, salt FROM audit"
    " WHERE subject IN ({marks}) ORDER BY seq"
)
_FORGET = "UPDATE audit SET salt = NULL WHERE seq = ?"
_ALONE = "UPDATE audit_head SET seq = seq WHERE id = 1"
_NEWEST = "SELECT at FROM audit ORDER BY seq DESC LIMIT 1"
_TICKETS = "SELECT ticket FROM reporter WHERE address = ?"
_FILES = "SELECT id FROM attachment WHERE address = ?"
_FILES_OF = "SELECT id FROM attachment WHERE ticket = ? AND ticket <> ''"
_HOLDS = "SELECT DISTINCT id FROM hold_step WHERE address = ?"
_READ = "SELECT id, ticket FROM looked WHERE id IN ({marks}) AND ticket <> ''"
_SLICE = 500
"""So many subjects are asked for at once."""


def subjects_of(table: str, key: Sequence[object]) -> list[Subject]:
    """What a row belongs to, by its primary key; nothing where no entry binds it."""
    group = "transcript" if table == "attachment" else _GROUP_OF.get(table)
    return [] if group is None else [(group, str(key[0]))]


def touched(connection: Driver, address: str, tickets: Iterable[str] = ()) -> list[Subject]:
    """What holds something of a person: their tickets, with those given, the files of both, and holds of theirs."""
    numbers = sorted({*tickets, *(number for (number,) in connection.execute(_TICKETS, (address,)).fetchall())})
    files = {id_ for (id_,) in connection.execute(_FILES, (address,)).fetchall()}
    for number in numbers:
        files.update(id_ for (id_,) in connection.execute(_FILES_OF, (number,)).fetchall())
    holds = sorted(id_ for (id_,) in connection.execute(_HOLDS, (address,)).fetchall())
    groups = (("ticket", numbers), ("transcript", sorted(files)), ("hold", holds))
    return [(group, key) for group, keys in groups for key in keys]


@contextmanager
def bound_anew(connection: Driver, subjects: Iterable[Subject], at: int | None = None) -> Iterator[None]:
    """Let rows of some subjects be changed or taken away; afterwards the record binds what is left of them.

    To be used around whatever erases, inside the transaction that is open. ``at`` is in microseconds; without it the
    moment of the newest entry is taken. Subjects that stay as they are have no entry.
    """
    wanted = list(dict.fromkeys(subjects))
    if not wanted:
        yield
        return
    connection.execute(_ALONE)  # what another worker binds meanwhile would not be seen
    before, names = _rows(connection, wanted), _names(connection, wanted)
    yield
    after = _rows(connection, wanted)
    changed = [subject for subject in wanted if after[subject] != before[subject]]
    if not changed:
        return
    if at is None:
        newest = connection.execute(_NEWEST).fetchone()
        at = 0 if newest is None else newest[0]
    known = _entries(connection, sorted({names[subject] for subject in changed}))
    entries, together = list[Entry](), _Forgotten()
    for subject in changed:
        forgotten = _Forgotten() if subject[0] in _ONE_BY_ONE else together
        forgotten.take(subject, known.get(names[subject], []), before[subject], after[subject])
        if forgotten is not together:
            entries.append(forgotten.entry(at, names[subject]))
        for what, (steps, standing) in after[subject].items():
            again = _again(KINDS[what], names[subject], steps, standing, at)
            entries += ((at, *entry[1:5], DESK, *entry[6:]) for entry in again)
        connection.executemany(_FORGET, [(seq,) for seq in forgotten.new])
    if together.taken:
        entries.append(together.entry(at, ""))
    append(connection, entries)


def entries_about(connection: Driver, name: str) -> list[Row]:
    """The entries whose subject has that name, oldest first."""
    return _entries(connection, [name]).get(name, [])


def rows_about(connection: Driver, kind: Kind, name: str, entries: Sequence[Row]) -> Found:
    """What belongs to entries of one kind about one subject."""
    rows: tuple[list[Row], list[Row]] = ([], [])
    column = "id" if kind.what == "looked" else ""
    keys = list(dict.fromkeys(entry[PART] for entry in entries)) if column else [name]
    for place, bound in enumerate((kind.steps, kind.state)):
        if bound is not None:
            rows[place].extend(_of(connection, bound, column or bound.subject, keys))
    return _found(kind, entries, *rows)


def somebody(at: int) -> Entry:
    """The entry that somebody had themselves erased, of whom the record knows nothing."""
    return _Forgotten().entry(at, "", PERSON)


class _Forgotten:
    """What one entry says of others that are forgotten."""

    def __init__(self) -> None:
        self._seqs: list[int] = []
        self._before: dict[str, int] = {}
        self._wrong: list[str] = []
        self.new: list[int] = []
        self.taken = False

    def take(self, subject: Subject, entries: Sequence[Row], before: Rows, after: Rows) -> None:
        """Take in the entries of a subject, those of other groups among them; ``new`` are the seqs to be forgotten."""
        group, key = subject
        own = [entry for entry in entries if entry[WHAT] in GROUPS[group] and not forgotten(entry)]
        if group == "looked":
            own = [entry for entry in own if entry[PART] == int(key)]
        compared = Compared(lambda _seq, why: self._wrong.append(why))
        for what, (steps, standing) in before.items():
            kind = KINDS[what]
            of_kind = [entry for entry in own if entry[WHAT] == what]
            compared.of_kind(kind, of_kind, _found(kind, of_kind, steps, standing))
            if kind.steps is not None:
                self._older(kind.steps.table, len(steps) - compared.steps.get(what, 0))
            if kind.counted and kind.state is not None and standing and not after[what][1]:
                self._older(kind.state.table, len(standing))
        self.new = [entry[SEQ] for entry in own if entry[SALT] is not None]
        self._seqs += self.new
        self.taken = True

    def _older(self, table: str, rows: int) -> None:
        """So many rows are older than the record, and are bound now or gone."""
        if rows > 0:
            self._before[table] = self._before.get(table, 0) + rows

    def entry(self, at: int, name: str, actor: str = DESK) -> Entry:
        """The entry that says so."""
        said = {"forgot": self._seqs, "before": self._before, "broken": len(self._wrong)}
        return (at, ERASURE, name, 0, 0, actor, json.dumps(said, separators=(",", ":")), b"", b"", None)


def _names(connection: Driver, subjects: Sequence[Subject]) -> dict[Subject, str]:
    """The subjects as entries name them."""
    looks = [int(key) for group, key in subjects if group == "looked"]
    tickets: dict[int, str] = dict(_asked(connection, _READ, looks))
    return {
        (g, key): look_subject(int(key), tickets.get(int(key), "")) if g == "looked" else key for g, key in subjects
    }


def _entries(connection: Driver, names: Sequence[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for entry in _asked(connection, _ENTRIES, names):
        found.setdefault(entry[SUBJECT], []).append(entry)
    return found


def _rows(connection: Driver, subjects: Sequence[Subject]) -> dict[Subject, Rows]:
    found: dict[Subject, Rows] = {subject: {what: ([], []) for what in GROUPS[subject[0]]} for subject in subjects}
    for group, kinds in GROUPS.items():
        keys: list[Any] = [int(key) if group == "looked" else key for g, key in subjects if g == group]
        for what in kinds if keys else ():
            for place, bound in enumerate((KINDS[what].steps, KINDS[what].state)):
                if bound is None:
                    continue
                column = "id" if group == "looked" else bound.subject
                own = bound.columns.index(column)
                for row in _of(connection, bound, column, keys):
                    found[group, str(row[own])][what][place].append(row)
    return found


def _of(connection: Driver, bound: Bound, column: str, keys: Sequence[Any]) -> list[Row]:
    which = f" AND {bound.which}" if bound.which else ""
    sql = f"SELECT {bound.selected} FROM {bound.table} AS r WHERE r.{column} IN ({{marks}}){which}"
    return sorted(_asked(connection, sql, keys), key=_place)


def _asked(connection: Driver, sql: str, keys: Sequence[Any]) -> list[Row]:
    rows: list[Row] = []
    for begin in range(0, len(keys), _SLICE):
        part = keys[begin : begin + _SLICE]
        rows += map(tuple, connection.execute(sql.format(marks=", ".join("?" * len(part))), part).fetchall())
    return rows


def _place(row: Row) -> tuple[int, str]:
    """Steps by their seq, everything else in some order that is always the same."""
    return (row[1] if len(row) > 1 and isinstance(row[1], int) else 0, repr(row))


def _again(kind: Kind, name: str, steps: Sequence[Row], standing: Sequence[Row], at: int) -> Iterator[Entry]:
    """What is there now, bound."""
    if kind.counted:
        if steps:
            yield life(kind, name, steps, standing[0] if standing else None, os.urandom(SALT_BYTES), ANEW)
    elif kind.state is None:
        for row in steps:
            part = row[1] if kind.what == "hold" else row[0]
            yield added(kind.what, row, name, part, at, DESK, str(row[2]) if kind.what == "looked" else "")
    else:
        for row in standing:
            part, note = _key(kind, row)
            yield now(kind.what, row, name, at, DESK, part, note)


def _key(kind: Kind, row: Row) -> tuple[int, str]:
    """Part and note of an entry about such a row."""
    if kind.what == "link":
        return 0, f"{row[1]}/{row[2]}"
    return (row[1], "") if kind.what in ("review", "finding") else (0, "")


def _found(kind: Kind, entries: Sequence[Row], steps: Sequence[Row], standing: Sequence[Row]) -> Found:
    """What `storage.audit_questions` would find for the entries of one subject."""
    numbered = kind.steps is not None and "seq" in kind.steps.columns
    found: dict[int, list[Row]] = {}
    stands: dict[int, list[Row]] = {}
    later: dict[int, list[Row]] = {}
    behind: set[int] = set()
    for entry in entries:
        seq, part = entry[SEQ], entry[PART]
        first = part - entry[STEPS]
        if numbered:
            found[seq] = [row for row in steps if first < row[1] <= part]
        else:
            found[seq] = [row for row in steps if row[0] in (part, entry[SUBJECT])]
        if not kind.counted:
            stands[seq] = [row for row in standing if _belongs(kind, entry, row)]
            later[seq] = [(o[NOTE], o[SALT]) for o in entries if o[SEQ] > seq and o[PART] == part]
        elif entry[STATE]:
            if not standing or standing[0][1] < part:
                behind.add(seq)
            stands[seq] = [row for row in standing if row[1] == part]
    return Found(found, {seq: rows for seq, rows in stands.items() if rows or not kind.counted}, later, behind)


def _belongs(kind: Kind, entry: Row, row: Row) -> bool:
    part, note = _key(kind, row)
    return part == entry[PART] and (kind.tagged is not None or note == entry[NOTE])
