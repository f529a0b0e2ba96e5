"""The statements that write what follows an answer, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import insert

from storage import schema_loop as t
from storage import schema_pages
from storage.driver import Driver
from storage.loop_rows import LoopRows
from storage.many_rows import ManyRows, insertion, once
from storage.staff_rows import Row

_KEY = ("ticket", "round", "party")
_BOARD = ManyRows(
    4,
    "INSERT INTO board (period, actor, body, at) VALUES {rows} ON CONFLICT (period) DO UPDATE"
    " SET actor = excluded.actor, body = excluded.body, at = excluded.at",
)


def _newest(table: Table, *key: str) -> ManyRows:
    """A row takes the place of the older one with its key."""
    base = insert(table)
    values = {column.name: base.excluded[column.name] for column in table.columns if column.name not in key}
    return insertion(table, base.on_conflict_do_update(index_elements=key, set_=values))


_REVIEW = _newest(t.review, *_KEY)
_FINDING = _newest(t.finding, "ticket", "round")
_DRAWING = once(schema_pages.drawing, "key")
_LINK = once(t.link, "ticket", "kind", "other").returning(t.link)

_UNLINKED = "DELETE FROM link WHERE ticket = ? AND kind = ? AND other = ?"
_REMOVED = "UPDATE reporter SET role = 'left' WHERE ticket = ? AND address = ?"
"""The row stays: by it the traces of whoever left are found when they want to be forgotten."""


def write_loop(connection: Driver, many: Sequence[LoopRows]) -> list[Row]:
    """Write what change-sets of one batch say, inside the transaction that is open. Raises what the driver raises.

    Returns the links that were not there before.
    """
    reviews: dict[Row, Row] = {row[: len(_KEY)]: row for rows in many for row in rows.reviews}
    if reviews:
        _REVIEW.run(connection, [reviews[key] for key in sorted(reviews)])
    unlinked = [row for rows in many for row in rows.unlinked]
    if unlinked:
        connection.executemany(_UNLINKED, sorted(unlinked))
    findings = {row[:2]: row for rows in many for row in rows.findings}
    if findings:
        _FINDING.run(connection, [findings[key] for key in sorted(findings)])
    links = sorted({row[:3]: row for rows in many for row in reversed(rows.links)}.values())
    new = _LINK.found(connection, links) if links else []
    boards = {row[0]: row for rows in many for row in rows.boards}
    if boards:
        _BOARD.run(connection, [boards[key] for key in sorted(boards)])
    drawings = {row[0]: row for rows in many for row in reversed(rows.drawings)}
    if drawings:
        _DRAWING.run(connection, [drawings[key] for key in sorted(drawings)])
    removed = [row for rows in many for row in rows.removed]
    if removed:
        connection.executemany(_REMOVED, sorted(removed))
    return new
