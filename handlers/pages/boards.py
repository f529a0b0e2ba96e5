"""Boards on pages: the ranking of a level, a unit's figures over time, and publishing."""

from __future__ import annotations

from collections.abc import Mapping

from bot.changes import Looked
from bot.domain.boards.figures import FIGURES, GROUPS
from bot.domain.boards.parts import EXCLUDED, PAUSED, TICKETS
from bot.domain.boards.periods import Span
from bot.domain.boards.ranking import BLACK, RED, Board, DeskRow, Row
from bot.domain.permission import Act
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.dashboard import BoardPage, Cell, Choice, Line, PublishPage, Table
from handlers.naming import moment, unit_name
from handlers.pages import board_address, board_counts
from handlers.pages.board_address import BOARDS, PUBLISH, UNIT, Asked
from handlers.pages.board_address import TICKETS as LIST
from handlers.pages.board_counts import KeptBoard, open_to
from handlers.pages.counts import Counts
from handlers.pages.dashboard import LIVE, age
from handlers.pages.frame import at_page, frame
from handlers.staff.me import Me
from handlers.supervisor import board_words

LEVELS = (3, 2, 1)
DESK_FIGURES = ("filed", "in_time", "objections", "upheld", "pooled", "pool_hours")


async def see(turn: Turn, counts: Counts, query: Mapping[str, str]) -> BoardPage:
    """The board of a level in a period. Raises NotFound."""
    me = await at_page(turn)
    board_address.admitted(me)
    asked = board_address.asked(turn, me, query)
    kept = None if board_address.future(asked, turn) else board_counts.counted(turn, counts, asked.period, asked.only)
    if kept is not None:
        await counts.settle(kept)
    if not query.get(LIVE):
        turn.changes.looked.append(Looked(by=me.id, what="board", at=turn.now, detail=asked.period.key))
    found = kept.value if kept is not None else None
    level = _level(query.get("level", ""), found)
    whole, over = asked.only is None, asked.period.end <= turn.now
    return BoardPage(
        frame=frame(turn, me, "boards"),
        title=turn.words("dashboard.boards"),
        filters=board_address.filters(turn, me, asked, BOARDS, level=str(level)),
        levels=tuple(
            Choice(turn.words(f"dashboard.level.{each}"), asked.link(BOARDS, level=str(each)), chosen=each == level)
            for each in LEVELS
        ),
        table=_table(turn, me, asked, found, level) if found is not None else None,
        desk=_desk(turn, me, asked, found.board.desk) if found is not None and whole else None,
        age=age(turn, found.at) if found is not None else "",
        running="" if over or kept is None else turn.words("dashboard.running"),
        published=await _published(turn, asked, found.board if found is not None else None) if whole else "",
        publish=asked.link(PUBLISH) if found and found.board.rows and _may_publish(turn, me, asked) else "",
        pending=kept is not None and kept.pending,
    )


def _level(said: str, found: KeptBoard | None) -> int:
    if said in {str(each) for each in LEVELS}:
        return int(said)
    there = {row.level for row in found.board.rows} if found is not None else set[int]()
    return max(there, default=LEVELS[0])


def _table(turn: Turn, me: Me, asked: Asked, found: KeptBoard, level: int) -> Table:
    names = ("unit", "rank", "score", "list")
    return Table(
        "board",
        turn.words("dashboard.board_caption", level=turn.words(f"dashboard.level.{level}")),
        (
            *(turn.words(f"dashboard.column.{name}") for name in names),
            *(turn.words(f"dashboard.group.{group}") for group in GROUPS),
            *(head_of(turn, figure.name) for figure in FIGURES),
            *(figure_name(turn, name) for name in (TICKETS, EXCLUDED, PAUSED)),
        ),
        tuple(_line(turn, me, asked, row) for row in found.board.rows if row.level == level),
        note=turn.words("dashboard.board_note", least=turn.town.limits.board_least),
        empty=turn.words("board.empty"),
    )


def _line(turn: Turn, me: Me, asked: Asked, row: Row) -> Line:
    return Line(
        unit_name(turn, row.unit),
        (
            Cell(str(row.rank) if row.rank else turn.words("dashboard.unranked")),
            Cell(_points(turn, row.score)),
            Cell(
                turn.words(f"board.{row.colour}") if row.colour else "", tone=f"list-{row.colour}" if row.colour else ""
            ),
            *(Cell(_points(turn, row.points.get(group))) for group in GROUPS),
            *(figure_cell(turn, me, asked, row, figure.name) for figure in FIGURES),
            *(figure_cell(turn, me, asked, row, name) for name in (TICKETS, EXCLUDED, PAUSED)),
        ),
        href=asked.link(UNIT, unit=row.unit),
    )


def _points(turn: Turn, points: float | None) -> str:
    return turn.words("board.nothing") if points is None else f"{points:.1f}"


def figure_name(turn: Turn, name: str) -> str:
    """What a figure, or what stands beside them, is called."""
    own = name in (TICKETS, EXCLUDED, PAUSED)
    return turn.words(f"dashboard.figure.{name}" if own else f"board.figure.{name}")


def head_of(turn: Turn, name: str) -> str:
    """A figure as the head of a narrow column, with its unit: the cells below go without."""
    return figure_name(turn, name) if name in (TICKETS, EXCLUDED, PAUSED) else turn.words(f"dashboard.head.{name}")


def figure_of(row: Row, name: str) -> float | None:
    """A figure of a unit, or what stands beside them."""
    beside = {TICKETS: row.tickets, EXCLUDED: row.excluded, PAUSED: row.paused_hours}
    return beside[name] if name in beside else row.figures.get(name)


def figure_text(turn: Turn, name: str, value: float | None) -> str:
    """A figure as it is written."""
    if name == PAUSED:
        return f"{value or 0:.1f}"
    return f"{value or 0:.0f}" if name in (TICKETS, EXCLUDED) else board_words.value(turn, name, value)


def figure_cell(turn: Turn, me: Me, asked: Asked, row: Row, name: str, *, bare: bool = True) -> Cell:
    """A figure that leads to its tickets, where somebody may ask for them; ``bare`` without its unit."""
    value = figure_of(row, name)
    href = (
        asked.link(LIST, of="figure", name=name, unit=row.unit) if value is not None and open_to(me, row.unit) else ""
    )
    if name in (EXCLUDED, PAUSED) and not value:
        href = ""
    return Cell(_bare(turn, name, value) if bare else figure_text(turn, name, value), href, value=value)


_DIGITS = {"%": ".1f", "h": ".1f", "stars": ".2f", "each": ".2f", "count": ".0f"}


def _bare(turn: Turn, name: str, value: float | None) -> str:
    unit = next((figure.unit for figure in FIGURES if figure.name == name), "")
    if value is None or not unit:
        return figure_text(turn, name, value)
    return f"{value:{_DIGITS[unit]}}{'%' if unit == '%' else ''}"


def _desk(turn: Turn, me: Me, asked: Asked, row: DeskRow) -> Table:
    values = {
        "filed": str(row.filed),
        "in_time": _percent(turn, row.in_time),
        "objections": str(row.objections),
        "upheld": _percent(turn, row.upheld),
        "pooled": str(row.pooled),
        "pool_hours": _points(turn, row.pool_hours),
    }
    linked = me.may(Act.POOL)
    cells = (
        Cell(text, asked.link(LIST, of="desk", name=name) if linked and text not in ("0", _points(turn, None)) else "")
        for name, text in values.items()
    )
    return Table(
        "desk",
        turn.words("dashboard.desk"),
        (turn.words("dashboard.column.unit"), *(turn.words(f"dashboard.desk.{name}") for name in DESK_FIGURES)),
        (Line(turn.words("people.desk"), tuple(cells)),),
    )


def _percent(turn: Turn, value: float | None) -> str:
    return turn.words("board.nothing") if value is None else f"{value:.1f}%"


async def _published(turn: Turn, asked: Asked, board: Board | None) -> str:
    """What has been published of a period, and whether the figures have changed since."""
    before = await turn.read.published(asked.period.key)
    if before is None:
        return ""
    said = turn.words("dashboard.published", at=moment(turn, before.at))
    changed = board is not None and _essence(board) != _essence(before)
    return f"{said} {turn.words('dashboard.changed_since')}" if changed else said


def _essence(board: Board) -> list[tuple[str, int, float | None, str]]:
    return [(row.unit, row.rank, None if row.score is None else round(row.score, 1), row.colour) for row in board.rows]


def _may_publish(turn: Turn, me: Me, asked: Asked) -> bool:
    """Whether this person may publish such a board at all."""
    whole = asked.only is None and asked.period.span is not Span.DAYS and asked.period.end <= turn.now
    return whole and me.may(Act.PUBLISH)


async def publishing(turn: Turn, counts: Counts, query: Mapping[str, str]) -> PublishPage:
    """What would be published. Raises NotFound for whom, and for what, that cannot be done."""
    me = await at_page(turn)
    board_address.admitted(me)
    asked = board_address.asked(turn, me, query)
    if not _may_publish(turn, me, asked):
        raise NotFound()
    found = await counts.made(board_counts.counted(turn, counts, asked.period, None))
    if not found.board.rows:
        raise NotFound()
    name = board_words.period_name(turn, asked.period)
    return PublishPage(
        frame=frame(turn, me, "boards"),
        title=turn.words("dashboard.publish_title", period=name),
        period=asked.period.key,
        lists=tuple(_lists(turn, found.board)),
        before=await _published(turn, asked, found.board),
        back=asked.link(BOARDS),
    )


def _lists(turn: Turn, board: Board) -> list[str]:
    """The red and the black list of each level, in words."""
    lines = []
    for level in LEVELS:
        rows = [row for row in board.rows if row.level == level]
        for colour in (RED, BLACK):
            names = [unit_name(turn, row.unit) for row in rows if row.colour == colour]
            if names:
                units = turn.words("list.comma").join(names)
                lines.append(
                    turn.words(
                        "dashboard.publish_list", level=turn.words(f"dashboard.level.{level}"),
                        list=turn.words(f"board.{colour}"), units=units,
                    )
                )  # fmt: skip
    return lines or [turn.words("board.push_none")]
