"""Special cases as rows, and the statements that write them on SQLite; with the lessons that closing one left."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.dialects.sqlite import insert

from bot.changes import Changes
from storage import schema_loop as t
from storage.codec import as_json, clean, micros
from storage.driver import Driver
from storage.many_rows import insertion, projection
from storage.staff_rows import Row

_NOW = projection(t.special, "number")
_EVENT = insertion(t.special_event)
_base = insert(t.lesson)
_LESSON = insertion(
    t.lesson,
    _base.on_conflict_do_update(
        index_elements=["source"],
        set_={column.name: _base.excluded[column.name] for column in t.lesson.columns if column.name != "source"},
    ),
)


class SpecialRows(msgspec.Struct):
    """What few change-sets write of them. ``events`` are fences."""

    now: Sequence[Row] = ()
    events: Sequence[Row] = ()
    lessons: Sequence[Row] = ()


def special_rows_of(changes: Changes) -> SpecialRows:
    """The rows of a change-set. Raises Unstorable, and TypeError or the like for what is no proper value."""
    return SpecialRows(
        now=[(special.number, special.seq, as_json(special)) for special, _ in changes.specials],
        events=[(e.number, e.seq, micros(e.at), str(e.step), e.by, as_json(e.data)) for _, e in changes.specials],
        lessons=[(x.source, x.area, x.kind, clean(x.text), x.by, micros(x.at)) for x in changes.lessons],
    )


def write_specials(connection: Driver, many: Sequence[SpecialRows]) -> None:
    """Write what change-sets of one batch say, inside the transaction that is open. Raises what the driver raises."""
    events = sorted(row for rows in many for row in rows.events)
    if events:
        _EVENT.run(connection, events)
    now: dict[str, Row] = {}
    for row in (row for rows in many for row in rows.now):
        if row[0] not in now or now[row[0]][1] < row[1]:
            now[row[0]] = row
    if now:
        _NOW.run(connection, [now[number] for number in sorted(now)])
    lessons = {row[0]: row for rows in many for row in rows.lessons}
    if lessons:
        _LESSON.run(connection, [lessons[source] for source in sorted(lessons)])
