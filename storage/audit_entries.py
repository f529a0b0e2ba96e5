"""A batch as entries of the chained record: who did what to what, bound to the rows that say it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.audit import SALT_BYTES, named, tag
from bot.domain.people import DESK
from storage.audit import Entry
from storage.audit_kinds import KINDS, Kind
from storage.batch import Batch
from storage.driver import Driver, Row
from storage.rows import Rows

_TICKET, _STAFF, _SPECIAL, _HOLD = (KINDS[what] for what in ("ticket", "staff", "special", "hold"))


def _places(kind: Kind) -> tuple[int, int, int]:
    """Where the moment, the act and the actor stand in a step."""
    columns = kind.steps.columns if kind.steps is not None else ()
    return columns.index("at"), columns.index("action" if "action" in columns else "step"), columns.index("actor")


_ACT = "INSERT INTO looked (actor, what, ticket, detail, at) VALUES (?, ?, ?, ?, ?) RETURNING id"
_PLACES = {kind.what: _places(kind) for kind in (_TICKET, _STAFF, _SPECIAL, _HOLD)}


def entries_of(batch: Batch, looked: Sequence[Row], links: Sequence[Row]) -> list[Entry]:
    """The entries of a batch, in the order in which it came; ``looked`` and ``links`` are rows as they were written."""
    entries: list[Entry] = []
    salts = _salts(len(batch.audited))
    staff = _newest(row for rows in batch.staff for row in rows.staff)
    specials = _newest(row for rows in batch.special for row in rows.now)
    for rows in batch.audited:
        if rows.events:
            entries += _lives(_TICKET, rows.events, batch.tickets, salts)
        if rows.staff is not None:
            entries += _lives(_STAFF, rows.staff.events, staff, salts)
            entries += (now("invitation", row, row[0], rows.at, "") for row in rows.staff.invitations)
            entries += used(rows.staff.uses)
        if rows.special is not None:
            entries += _lives(_SPECIAL, rows.special.events, specials, salts)
            entries += (now("lesson", row, row[0], row[5], row[4]) for row in rows.special.lessons)
        if rows.abuse is not None:
            entries += _lives(_HOLD, rows.abuse.steps, {}, salts)
        if rows.loop is not None or rows.evidence is not None:
            entries += _few(rows)
    entries += (
        added("looked", row, look_subject(row[0], row[3]), row[0], row[5], row[1], row[2]) for row in sorted(looked)
    )
    entries += (now("link", row, row[0], row[4], row[3], note=f"{row[1]}/{row[2]}") for row in links)
    return entries


def _few(rows: Rows) -> Iterator[Entry]:
    """What follows an answer, and what people say of files."""
    loop = rows.loop
    if loop is not None:
        for row in loop.reviews:
            yield now("review", row, row[0], row[11], row[9], row[1])
        for row in loop.findings:
            yield now("finding", row, row[0], row[6], row[3], row[1])
        for row in loop.boards:
            yield now("board", row, row[0], row[3], row[1])
        for ticket, kind, other in loop.unlinked:
            yield (rows.at, "link", ticket, 0, 0, "", f"{kind}/{other}", b"", b"", None)
    if rows.evidence is not None:
        for row in rows.evidence.transcripts:
            if row[1] == "corrected":
                yield now("transcript", row, row[0], row[4], row[3])


def _newest(rows: Iterator[Row]) -> dict[str, Row]:
    """The rows with the highest seq; rows start with (key, seq)."""
    newest: dict[str, Row] = {}
    for row in rows:
        if row[0] not in newest or newest[row[0]][1] < row[1]:
            newest[row[0]] = row
    return newest


def _salts(count: int) -> Iterator[bytes]:
    """Salts without end; so many are made at once, for each time the system is asked costs a microsecond or two."""
    while True:
        many = os.urandom(SALT_BYTES * count)
        for begin in range(0, len(many), SALT_BYTES):
            yield many[begin : begin + SALT_BYTES]


def _lives(kind: Kind, events: Sequence[Row], newest: Mapping[str, Row], salts: Iterator[bytes]) -> Iterator[Entry]:
    """An entry for each subject whose life went on in one change-set."""
    by_subject: dict[str, list[Row]] = {}
    for event in events:
        by_subject.setdefault(event[0], []).append(event)
    for subject, steps in by_subject.items():
        yield life(kind, subject, steps, newest.get(subject), next(salts))


def used(rows: Sequence[Row]) -> Iterator[Entry]:
    """Entries about invitations that are good no more."""
    return (added("used", row, row[0], 1, row[2], row[1] or DESK, "") for row in rows)


def acted(connection: Driver, what: str, detail: str, at: int) -> Entry:
    """Note an act of the operator, as reading and exporting are noted; the entry about it. ``at`` in microseconds."""
    ((id_,),) = connection.execute(_ACT, (DESK, what, "", detail, at)).fetchall()
    return added("looked", (id_, DESK, what, "", detail, at), look_subject(id_, ""), id_, at, DESK, what)


def look_subject(id_: int, ticket: str) -> str:
    """What an entry about a row of `looked` is about: the ticket, else the row itself."""
    return ticket or f"looked:{id_}"


def life(kind: Kind, subject: str, steps: Sequence[Row], standing: Row | None, salt: bytes, note: str = "") -> Entry:
    """An entry for steps that follow each other, and for how things stand after the last of them."""
    last = steps[-1]
    state = b"" if standing is None or standing[1] != last[1] else kind.standing(salt, standing)
    at, action, actor = _PLACES[kind.what]
    note = note or " ".join(step[action] for step in steps)
    return (
        last[at],
        kind.what,
        subject,
        last[1],
        len(steps),
        named(steps[0][actor]),
        note,
        kind.digest(salt, steps),
        state,
        salt,
    )


def added(what: str, row: Row, subject: str, part: int, at: int, actor: str, note: str) -> Entry:
    """An entry for one row that will not change."""
    salt = os.urandom(SALT_BYTES)
    return (at, what, subject, part, 1, named(actor), note, KINDS[what].digest(salt, [row]), b"", salt)


def now(what: str, row: Row, subject: str, at: int, actor: str, part: int = 0, note: str = "") -> Entry:
    """An entry for a row that may be replaced."""
    salt, kind = os.urandom(SALT_BYTES), KINDS[what]
    if kind.tagged is not None:
        note = tag(salt, row[kind.tagged])
    return (at, what, subject, part, 0, named(actor), note, kind.digest(salt, ()), kind.standing(salt, row), salt)
