"""What entries of the chained record speak of: which rows of which tables, and how an entry finds its rows.

`KINDS` is the table; docs/audit.md shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Float, Table

from bot.domain.audit import bound
from storage import schema, schema_abuse, schema_loop, schema_pages, schema_staff

Row = tuple[Any, ...]

GENESIS, ERASURE = "genesis", "erasure"
"""Entries that speak of no row: what was there before the record, and what was forgotten."""

ANEW = "anew"
"""The note of an entry that binds rows once more, after something in them was erased."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Rows of a table as entries bind them.

    ``columns`` in the order of the digest, without those ``left_out``. ``on`` finds the rows (r) of an entry (a),
    ``which`` says which rows are bound at all. ``subject`` is the column that names an entry's subject.
    """

    table: str
    columns: tuple[str, ...]
    on: str
    subject: str
    which: str
    left_out: tuple[str, ...]
    flags: tuple[int, ...]
    floats: tuple[int, ...]

    @property
    def selected(self) -> str:
        """The columns for a SELECT."""
        return ", ".join(f'r."{name}"' for name in self.columns)

    @property
    def order(self) -> str:
        """How several rows of one entry are sorted."""
        return ", r.seq" if "seq" in self.columns else ""

    def plain(self, row: Row) -> Sequence[Any]:
        """A row as it goes into a digest: the same whether it is about to be written or was read from any database."""
        if not (self.flags or self.floats):
            return row
        values = list(row)
        for place in self.flags:
            if values[place] in (0, 1):
                values[place] = bool(values[place])
        for place in self.floats:
            if isinstance(values[place], int):
                values[place] = float(values[place])
        return values


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entries.

    ``steps`` are rows that are only added; ``state`` is a row that is changed, as it was after the entry. ``counted``:
    the state has a ``seq``, which is the entry's ``part``. ``tagged`` is where in the state's columns a key stands that
    names somebody: then the entry's note is its tag.
    """

    what: str
    steps: Bound | None = None
    state: Bound | None = None
    counted: bool = False
    tagged: int | None = None

    def digest(self, salt: bytes, rows: Sequence[Row]) -> bytes:
        """What binds an entry to the rows that were added; without any, to its salt."""
        return bound(salt, "", ()) if self.steps is None else bound(salt, self.steps.table, rows)

    def standing(self, salt: bytes, row: Row) -> bytes:
        """What binds an entry to the row that says how things stand."""
        return b"" if self.state is None else bound(salt, self.state.table, [self.state.plain(row)])


def _bound(table: Table, on: str, subject: str, which: str = "", left_out: tuple[str, ...] = ()) -> Bound:
    columns = [column for column in table.columns if column.name not in left_out]
    return Bound(
        table=str(table.name),  # a plain string, not a name of SQLAlchemy
        columns=tuple(str(column.name) for column in columns),
        on=on,
        subject=subject,
        which=which,
        left_out=left_out,
        flags=tuple(place for place, column in enumerate(columns) if isinstance(column.type, Boolean)),
        floats=tuple(place for place, column in enumerate(columns) if isinstance(column.type, Float)),
    )


def _steps(table: Table, subject: str) -> Bound:
    """Rows numbered by ``seq`` from 1."""
    on = f"r.{subject} = a.subject AND r.seq > a.part - a.steps AND r.seq <= a.part"
    return _bound(table, on, subject)


def _life(what: str, steps: Table, now: Table, key: str, subject: str) -> Kind:
    """Steps, and the projection they lead to."""
    on = f"r.{key} = a.subject AND r.seq = a.part"
    return Kind(what, _steps(steps, subject), _bound(now, on, key), counted=True)


def _row(what: str, table: Table, subject: str, also: str = "", **options: Any) -> Kind:
    """A row that is changed or replaced."""
    tagged = options.pop("tagged", None)
    state = _bound(table, f"r.{subject} = a.subject{also}", subject, **options)
    return Kind(what, state=state, tagged=None if tagged is None else state.columns.index(tagged))


_KINDS = (
    _life("ticket", schema.ticket_event, schema.ticket, "number", "ticket"),
    _life("staff", schema_staff.staff_event, schema_staff.staff, "id", "staff"),
    _life("special", schema_loop.special_event, schema_loop.special, "number", "number"),
    Kind("looked", steps=_bound(schema_staff.looked, "r.id = a.part", "ticket")),
    Kind("hold", steps=_steps(schema_abuse.hold_step, "id")),
    Kind("used", steps=_bound(schema_staff.invitation_use, "r.digest = a.subject", "digest")),
    _row("invitation", schema_staff.invitation, "digest"),
    _row("review", schema_loop.review, "ticket", " AND r.round = a.part", tagged="party"),
    _row("finding", schema_loop.finding, "ticket", " AND r.round = a.part"),
    _row("link", schema_loop.link, "ticket", " AND r.kind || '/' || r.other = a.note"),
    _row("lesson", schema_loop.lesson, "source"),
    _row("board", schema_loop.board, "period"),
    _row(
        "transcript",
        schema_pages.transcript,
        "attachment",
        which="r.state = 'corrected'",
        left_out=("attempts", "next_try_at"),
    ),
)
KINDS = {kind.what: kind for kind in _KINDS}
"""Every kind there is, by the name its entries have. A transcript is bound from the moment a person corrected it."""
