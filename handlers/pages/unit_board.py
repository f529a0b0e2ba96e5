"""A unit's own page: its figures in a period with what they are made of, and how they were over the last twelve."""

from __future__ import annotations

from collections.abc import Mapping

from bot.changes import Looked
from bot.domain.boards.figures import FIGURES, GROUPS, Sums
from bot.domain.boards.parts import EXCLUDED, PARTS, PAUSED, TICKETS
from bot.domain.boards.periods import Period
from bot.domain.boards.ranking import Row
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.dashboard import Cell, Line, Table, UnitPage
from handlers.naming import unit_name
from handlers.pages import board_address, board_counts
from handlers.pages.board_address import BOARDS, UNIT, Asked
from handlers.pages.board_counts import KeptBoard
from handlers.pages.boards import figure_cell, figure_name, head_of
from handlers.pages.counts import Counts
from handlers.pages.dashboard import age
from handlers.pages.frame import at_page, frame
from handlers.staff.me import Me
from handlers.supervisor import board_words

PERIODS = 12
DRAWN = ("taken", "in_time", "solved")
"""Figures drawn as lines besides the score: all are per cent, so that they have one scale."""

BESIDE = (TICKETS, EXCLUDED, PAUSED)


async def see(turn: Turn, counts: Counts, query: Mapping[str, str]) -> UnitPage:
    """A unit's figures. Raises NotFound for a unit that is not there."""
    me = await at_page(turn)
    board_address.admitted(me)
    asked = board_address.asked(turn, me, query)
    unit = query.get("unit", "")
    if unit not in turn.town.units:
        raise NotFound()
    boards = [] if board_address.future(asked, turn) else await _boards(turn, counts, asked)
    turn.changes.looked.append(Looked(by=me.id, what="board", at=turn.now, detail=f"{asked.period.key} {unit}"))
    found = boards[-1][1] if boards else None
    row = _row(found, unit)
    sums = found.sums.get(unit) if found is not None else None
    name = unit_name(turn, unit)
    return UnitPage(
        frame=frame(turn, me, "boards"),
        title=turn.words("dashboard.unit_title", unit=name),
        filters=board_address.filters(turn, me, asked, UNIT, unit=unit),
        back=asked.link(BOARDS, level=str(turn.town.units[unit].level)),
        standing=_standing(turn, name, row) if found is not None else "",
        figures=_figures(turn, me, asked, row, sums) if row is not None and sums is not None else None,
        history=_history(turn, me, asked, unit, boards),
        age=age(turn, found.at) if found is not None else "",
        pending=any(board is None for _, board in boards),
    )


async def _boards(turn: Turn, counts: Counts, asked: Asked) -> list[tuple[Period, KeptBoard | None]]:
    """The boards up to that of the period, the oldest first; None for those that are being counted or will be.

    The chosen one comes first, and they are counted one after the other: nobody else shall wait behind all of them.
    """
    until = counts.monotonic() + counts.patience
    found: list[tuple[Period, KeptBoard | None]] = []
    for back in range(PERIODS):
        period = asked.period.before(back)
        if period.first < board_address.FIRST:
            break
        value = None
        if not back or (found[-1][1] is not None and counts.monotonic() < until):
            kept = board_counts.counted(turn, counts, period, asked.only)
            await counts.settle(kept)
            value = kept.value
        found.append((period, value))
    return found[::-1]


def _row(found: KeptBoard | None, unit: str) -> Row | None:
    return next((row for row in found.board.rows if row.unit == unit), None) if found is not None else None


def _standing(turn: Turn, name: str, row: Row | None) -> str:
    if row is None:
        return turn.words("board.no_unit", unit=name)
    return board_words.ranked(turn, row) if row.rank else turn.words("dashboard.not_ranked", tickets=row.tickets)


def _figures(turn: Turn, me: Me, asked: Asked, row: Row, sums: Sums) -> Table:
    """All figures by their groups, then what stands beside them."""
    rows = []
    for group in GROUPS:
        points = row.points.get(group)
        said = turn.words("board.nothing") if points is None else f"{points:.1f}"
        rows.append(Line(turn.words(f"dashboard.group.{group}"), (Cell(said), Cell("")), total=True))
        rows += [_figure(turn, me, asked, row, sums, figure.name) for figure in FIGURES if figure.group == group]
    rows.append(Line(turn.words("dashboard.beside"), (Cell(""), Cell("")), total=True))
    rows += [_figure(turn, me, asked, row, sums, name) for name in BESIDE]
    return Table(
        "figures",
        turn.words("dashboard.figures"),
        tuple(turn.words(f"dashboard.column.{name}") for name in ("figure", "value", "made_of")),
        tuple(rows),
    )


def _figure(turn: Turn, me: Me, asked: Asked, row: Row, sums: Sums, name: str) -> Line:
    cell, parts = figure_cell(turn, me, asked, row, name, bare=False), PARTS[name]
    made_of = ""
    if name not in BESIDE:
        part, whole = parts.part(sums), parts.whole(sums)
        made_of = turn.words("dashboard.made_of", part=f"{part:.1f}".removesuffix(".0"), whole=f"{whole:g}")
    return Line(figure_name(turn, name), (cell, Cell(made_of, cell.href if made_of else "")))


def _history(
    turn: Turn, me: Me, asked: Asked, unit: str, boards: list[tuple[Period, KeptBoard | None]]
) -> Table | None:
    if not boards:
        return None
    names = (TICKETS, *(figure.name for figure in FIGURES))
    rows = []
    for period, board in boards:
        there = Asked(period, asked.area, asked.only, asked.within)
        row = _row(board, unit)
        if row is not None:
            score = Cell("" if row.score is None else f"{row.score:.1f}", value=row.score)
            cells = (score, *(figure_cell(turn, me, there, row, name) for name in names))
        else:
            said = turn.words("dashboard.counting" if board is None else "board.nothing")
            cells = (Cell(said), *(Cell("") for _ in names))
        name = board_words.period_name(turn, period)
        rows.append(Line(name, cells, href=there.link(UNIT, unit=unit), short=period.key))
    return Table(
        "history",
        turn.words("dashboard.history", count=len(boards)),
        (
            turn.words("dashboard.column.period"),
            turn.words("dashboard.column.score"),
            *(head_of(turn, name) for name in names),
        ),
        tuple(rows),
        chart="lines",
        tones=("score", *(name if name in DRAWN else "" for name in names)),
    )
