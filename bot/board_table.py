"""A board as a table: one row a unit, and the desk's own below, for spreadsheets and other programs."""

from __future__ import annotations

from collections.abc import Iterator

from bot import sheet_cells
from bot.domain.boards.figures import FIGURES, GROUPS
from bot.domain.boards.ranking import Board
from bot.domain.town import Town

COLUMNS = (
    *("period", "level", "unit", "name", "rank", "colour", "score", "tickets", "excluded"),
    *(f"points_{group}" for group in GROUPS),
    *(figure.name for figure in FIGURES),
    "paused_hours",
)
"""Percent where docs/boards.md says so; hours are working hours; a cell is empty where nothing can be said."""

DESK_COLUMNS = ("period", "filed", "sent_in_time", "objections", "objections_upheld", "pooled", "pool_hours")

Cell = str | int | float


def rows(board: Board, town: Town) -> Iterator[tuple[Cell, ...]]:
    """The units, in the order of the board; see `COLUMNS`."""
    for row in board.rows:
        unit = town.units.get(row.unit)
        yield (
            *(board.period, row.level, row.unit, unit.name if unit else row.unit, row.rank or "", row.colour),
            *(_rounded(row.score), row.tickets, row.excluded),
            *(_rounded(row.points.get(group)) for group in GROUPS),
            *(_rounded(row.figures.get(figure.name)) for figure in FIGURES),
            _rounded(row.paused_hours),
        )


def desk_row(board: Board) -> tuple[Cell, ...]:
    """The desk's own; see `DESK_COLUMNS`."""
    desk = board.desk
    figures = (desk.filed, desk.in_time, desk.objections, desk.upheld, desk.pooled, desk.pool_hours)
    return (board.period, *map(_rounded, figures))


def as_csv(board: Board, town: Town) -> str:
    """Both as one file, an empty line between them; no cell of it is taken for a formula."""
    lines = [COLUMNS, *rows(board, town), (), DESK_COLUMNS, desk_row(board)]
    return sheet_cells.MARK + "".join(map(sheet_cells.line, lines))


def _rounded(value: float | None) -> Cell:
    return "" if value is None else round(value, 4)
