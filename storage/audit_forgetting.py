"""Erasing from rows that the chained record binds: what was bound is forgotten, what is left is bound anew.

The digest of a row that held something personal would tell whoever guesses it that the guess is right. So the salts of
such entries go, and with them all that they tell. An entry says which were forgotten: a salt that is gone without one
is found by verifying, and so is a row that was changed by somebody else before.
"""

# ruff: noqa: S608  # only names of tables and columns are put into the texts; values are variables
from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from bot.domain.people import DESK
from storage.audit import Entry, append
from storage.audit_compare import NOTE, PART, SALT, SEQ, STATE, STEPS, WHAT, Compared, Found, forgotten
from storage.audit_entries import added, life, now
from storage.audit_kinds import ANEW, ERASURE, KINDS, Bound, Kind
from storage.driver import Driver, Row

Subject = tuple[str, str]
"""What is bound anew as a whole: one of `GROUPS`, and which of them (the id of a row of `looked` in digits)."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "ticket": ("ticket", "review", "finding", "link"),
    **{name: (name,) for name in ("special", "looked", "transcript", "hold", "lesson", "board")},
}
"""Kinds of entries that have the same subjects."""

_GROUP_OF = {
    bound.table: group
    for group, kinds in GROUPS.items()
    for kind in map(KINDS.__getitem__, kinds)
    for bound in (kind.steps, kind.state)
    if bound is not None
}

Rows = dict[str, tuple[list[Row], list[Row]]]
"""By kind: rows that are only added, rows that say how things stand."""

_ENTRIES = (
    "SELECT seq, at, what, subject, part, steps, actor, note, digest, state, hash, salt FROM audit"
    " WHERE subject = ? ORDER BY seq"
)
_FORGET = "UPDATE audit SET salt = NULL WHERE seq = ?"
_ALONE = "UPDATE audit_head SET seq = seq WHERE id = 1"
_NEWEST = "SELECT at FROM audit ORDER BY seq DESC LIMIT 1"
_TICKETS = "SELECT ticket FROM reporter WHERE address = ?"
_FILES = "SELECT id FROM attachment WHERE address = ?"
_FILES_OF = "SELECT id FROM attachment WHERE ticket = ? AND ticket <> ''"
_HOLDS = "SELECT DISTINCT id FROM hold_step WHERE address = ?"
_READER = "SELECT CASE WHEN ticket <> '' THEN ticket ELSE actor END FROM looked WHERE id = ?"


def subjects_of(table: str, key: Sequence[object]) -> list[Subject]:
    """What a row belongs to, by its primary key; nothing where no entry binds it."""
    group = _GROUP_OF.get(table)
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
    before = {subject: _rows(connection, subject) for subject in wanted}
    readers = {subject: _name(connection, subject) for subject in wanted}
    yield
    if at is None:
        newest = connection.execute(_NEWEST).fetchone()
        at = 0 if newest is None else newest[0]
    entries: list[Entry] = []
    for subject in wanted:
        after = _rows(connection, subject)
        if after != before[subject]:
            entries += _anew(connection, subject, readers[subject], before[subject], after, at)
    if entries:
        append(connection, entries)


def somebody(at: int) -> Entry:
    """The entry that somebody had themselves erased, of whom the record knows nothing."""
    return (at, ERASURE, "", 0, 0, "person", _said([], {}, 0), b"", b"", None)


def _name(connection: Driver, subject: Subject) -> str:
    """The subject as entries name it."""
    if subject[0] != "looked":
        return subject[1]
    row = connection.execute(_READER, (int(subject[1]),)).fetchone()
    return "" if row is None else str(row[0])


def _rows(connection: Driver, subject: Subject) -> Rows:
    return {
        what: (_of(connection, KINDS[what].steps, subject), _of(connection, KINDS[what].state, subject))
        for what in GROUPS[subject[0]]
    }


def _of(connection: Driver, bound: Bound | None, subject: Subject) -> list[Row]:
    if bound is None:
        return []
    group, key = subject
    column, value = ("id", int(key)) if group == "looked" else (bound.subject, key)
    which = f" AND {bound.which}" if bound.which else ""
    sql = f"SELECT {bound.selected} FROM {bound.table} AS r WHERE r.{column} = ?{which}"
    return sorted((tuple(row) for row in connection.execute(sql, (value,)).fetchall()), key=_place)


def _place(row: Row) -> tuple[int, str]:
    """Steps by their seq, everything else in some order that is always the same."""
    return (row[1] if len(row) > 1 and isinstance(row[1], int) else 0, repr(row))


def _anew(connection: Driver, subject: Subject, name: str, before: Rows, after: Rows, at: int) -> Iterator[Entry]:
    group, key = subject
    entries = [
        entry
        for entry in connection.execute(_ENTRIES, (name,)).fetchall()
        if entry[WHAT] in GROUPS[group] and (group != "looked" or entry[PART] == int(key)) and not forgotten(entry)
    ]
    wrong: list[str] = []
    compared = Compared(lambda _seq, why: wrong.append(why))
    older: dict[str, int] = {}
    for what, (steps, standing) in before.items():
        kind = KINDS[what]
        own = [entry for entry in entries if entry[WHAT] == what]
        compared.of_kind(kind, own, _found(kind, own, steps, standing))
        if kind.steps is not None and len(steps) > (bound := compared.steps.get(what, 0)):
            older[kind.steps.table] = len(steps) - bound
        if kind.counted and kind.state is not None and standing and not after[what][1]:
            older[kind.state.table] = len(standing)
    salted = [entry for entry in entries if entry[SALT] is not None]
    connection.executemany(_FORGET, [(entry[SEQ],) for entry in salted])
    yield (at, ERASURE, name, 0, 0, DESK, _said([entry[SEQ] for entry in salted], older, len(wrong)), b"", b"", None)
    for what, (steps, standing) in after.items():
        for entry in _again(KINDS[what], name, steps, standing, at):
            yield (at, *entry[1:5], DESK, *entry[6:])


def _again(kind: Kind, name: str, steps: Sequence[Row], standing: Sequence[Row], at: int) -> Iterator[Entry]:
    """What is there now, bound."""
    if kind.counted:
        if steps:
            yield life(kind, name, steps, standing[0] if standing else None, ANEW)
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
        found[seq] = [row for row in steps if not numbered or part - entry[STEPS] < row[1] <= part]
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


def _said(forgot: Sequence[int], before: Mapping[str, int], broken: int) -> str:
    return json.dumps({"forgot": list(forgot), "before": before, "broken": broken}, separators=(",", ":"))
