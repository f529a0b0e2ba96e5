"""Boards, heat map and barometer as sheets for pictures, in the language of whoever looks.

A picture shows what has room on a telephone; the text beside it, and the table, have all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.changes import Drawing
from bot.domain.boards.periods import Period
from bot.domain.boards.ranking import BLACK, RED, Board, Row
from bot.domain.boards.weather import HeatMap
from bot.domain.people import Address
from bot.domain.sheets import (
    AnySheet,
    BarometerLine,
    BarometerSheet,
    BoardLine,
    BoardPart,
    BoardSheet,
    HeatSheet,
    PointsSheet,
    Spot,
    TopicLine,
    TopicsSheet,
)
from bot.turn import Turn
from handlers.naming import area_name, kind_name, unit_name
from handlers.reckoning import HAPPENED, Barometer, Heat
from handlers.supervisor import board_words
from handlers.supervisor.board_words import Speaking

MAIN = {"in_time": 1, "hours": 1, "solved": 1, "rating": 2}
"""The figures that stand below a unit's bar, with their digits."""

ROWS = 16
"""So many units stand in a picture, divided among the levels; of more the first and the last ones are shown."""

LEAST_ROWS = 5
TAIL = 3
"""Of so many shown one is from the end of the list."""

AREAS, KINDS = 10, 6
GRID = 120
"""Points are gathered in a grid of so many fields each way: a year has more than can be told apart."""

CORNERS = 160
"""So many corners of an outline are drawn."""


def owe(turn: Turn, name: str, sheets: Sequence[AnySheet]) -> None:
    """Have pictures drawn for whoever asked, where their channel can show some. ``name`` tells apart what one message
    asks for."""
    if turn.message is None or not turn.traits.pictures:
        return
    for sheet in sheets:
        key = f"{turn.address.channel}:{turn.message.key}:{name}:{type(sheet).__name__}"
        turn.changes.drawings.append(owed(turn, key, turn.address, sheet, turn.now))


def owed(voice: Speaking, key: str, address: Address, sheet: AnySheet, at: datetime, *, asked: bool = True) -> Drawing:
    """A picture for somebody, with what it shows in words."""
    alt = voice.words("drawing.alt", title=sheet.title, under=sheet.under)
    return Drawing(key=key, address=address, sheet=sheet, alt=alt, at=at, asked=asked)


def board_sheet(voice: Speaking, board: Board, period: Period) -> BoardSheet | None:
    """The ranking; None where nobody is ranked."""
    levels = sorted({row.level for row in board.rows if row.rank}, reverse=True)
    if not levels:
        return None
    most = max(ROWS // len(levels), LEAST_ROWS)
    parts = tuple(_part(voice, level, [r for r in board.rows if r.level == level and r.rank], most) for level in levels)
    few = sum(1 for row in board.rows if not row.rank)
    foot = [voice.words("drawing.board.foot")]
    if few:
        foot.append(voice.words("drawing.board.few", count=few))
    return BoardSheet(
        title=voice.words("drawing.board.title"),
        under=_under(voice, period),
        foot=tuple(foot),
        parts=parts,
        red=voice.words("board.red"),
        black=voice.words("board.black"),
    )


def _part(voice: Speaking, level: int, rows: Sequence[Row], most: int) -> BoardPart:
    left_out = len(rows) - most
    tail = most // TAIL if left_out > 0 else 0
    shown = [*rows[: most - tail], *rows[len(rows) - tail :]] if left_out > 0 else rows
    return BoardPart(
        name=voice.words(f"drawing.level.{level}"),
        lines=tuple(_line(voice, row) for row in shown),
        more=voice.words("drawing.more_units", count=left_out) if left_out > 0 else "",
        tail=tail,
    )


def _line(voice: Speaking, row: Row) -> BoardLine:
    said = [
        voice.words(f"drawing.figure.{name}", value=f"{figure:.{digits}f}")
        for name, digits in MAIN.items()
        if (figure := row.figures.get(name)) is not None
    ]
    said.append(voice.words("drawing.figure.tickets", count=row.tickets))
    return BoardLine(
        rank=str(row.rank),
        unit=unit_name(voice, row.unit),
        score=row.score or 0.0,
        shown=f"{row.score or 0.0:.1f}",
        colour=row.colour if row.colour in (RED, BLACK) else "",
        figures=voice.words("drawing.between").join(said),
    )


def heat_sheets(voice: Speaking, heat: Heat) -> Sequence[AnySheet]:
    """The table of areas and kinds, and the points; nothing where nothing was filed."""
    if not heat.map.total:
        return ()
    return [_heat(voice, heat), *([_points(voice, heat)] if heat.points else [])]


def _heat(voice: Speaking, heat: Heat) -> HeatSheet:
    map_ = heat.map
    areas, kinds = _groups(map_.areas, AREAS), _groups(map_.kinds, KINDS)
    counts = tuple(tuple(_sum(map_, some, others) for others in kinds) for some in areas)
    more = len(areas[-1])
    names = [
        _street(voice, some[0]) if len(some) == 1 else voice.words("drawing.more_areas", count=more) for some in areas
    ]
    heads = [kind_name(voice, some[0]) if len(some) == 1 else voice.words("drawing.more_kinds") for some in kinds]
    return HeatSheet(
        title=voice.words("drawing.heat.title"),
        under=_under(voice, heat.period),
        foot=(voice.words("drawing.heat.foot"),),
        areas=tuple(names),
        kinds=tuple(heads),
        counts=counts,
        total=voice.words("drawing.total"),
        others=(more > 1, len(kinds[-1]) > 1),
    )


def _groups(names: Sequence[str], most: int) -> list[Sequence[str]]:
    """Each of the first ones by itself, the others together."""
    if len(names) <= most:
        return [(name,) for name in names]
    return [*((name,) for name in names[: most - 1]), names[most - 1 :]]


def _sum(map_: HeatMap, areas: Sequence[str], kinds: Sequence[str]) -> int:
    return sum(map_.of(area, kind) for area in areas for kind in kinds)


def _points(voice: Speaking, heat: Heat) -> PointsSheet:
    totals = {area: _sum(heat.map, (area,), heat.map.kinds) for area in heat.map.areas}
    spots = [
        Spot(name=_street(voice, area), count=totals[area], latitude=latitude, longitude=longitude)
        for area, (latitude, longitude) in heat.centres.items()
        if totals.get(area)
    ]
    known = sum(1 for _ in heat.points)
    return PointsSheet(
        title=voice.words("drawing.points.title"),
        under=_under(voice, heat.period),
        foot=(voice.words("drawing.points.foot", count=known, total=heat.map.total),),
        points=gathered([(latitude, longitude) for latitude, longitude, _, _ in heat.points]),
        outlines=tuple(
            _thinned(area.outline) for area in voice.town.areas.values() if area.outline and not area.retired
        ),
        spots=tuple(spots),
    )


def gathered(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float, int], ...]:
    """Points as (latitude, longitude, how many): those of one field of a grid together, at the middle of them."""
    south, west = min(lat for lat, _ in points), min(lon for _, lon in points)
    tall = max(max(lat for lat, _ in points) - south, 1e-6)
    wide = max(max(lon for _, lon in points) - west, 1e-6)
    fields: dict[tuple[int, int], list[float]] = {}
    for latitude, longitude in points:
        field = fields.setdefault(
            (int((latitude - south) / tall * GRID), int((longitude - west) / wide * GRID)), [0, 0, 0]
        )
        field[0] += latitude
        field[1] += longitude
        field[2] += 1
    return tuple((round(lat / n, 5), round(lon / n, 5), int(n)) for lat, lon, n in fields.values())


def _thinned(outline: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    step = -(-len(outline) // CORNERS)
    return tuple(outline[::step])


def barometer_sheets(voice: Speaking, found: Barometer) -> Sequence[AnySheet]:
    """The barometer, and the hot topics if there are any; nothing where nothing happened now or before."""
    if not any(line.now or line.before for line in found.lines):
        return ()
    answered = str(HAPPENED[0])
    lines = tuple(
        BarometerLine(
            name=_begun(board_words.reading_name(voice, line)),
            now=int(line.now),
            before=int(line.before),
            usual=line.usual,
            change=_change(voice, int(line.now), int(line.before)),
            usually=voice.words("drawing.usual", usual=f"{line.usual:.1f}"),
            sky="" if line.name == answered else voice.words(f"barometer.sky.{line.sky}"),
            worse=line.name != answered,
        )
        for line in found.lines
    )
    under = _under(voice, found.period)
    sheets: list[AnySheet] = [
        BarometerSheet(
            title=voice.words("drawing.barometer.title"),
            under=under,
            foot=(voice.words("drawing.barometer.foot"),),
            lines=lines,
        )
    ]
    if found.topics:
        topics = tuple(
            TopicLine(
                name=kind_name(voice, topic.kind),
                area=_street(voice, topic.area),
                people=topic.people,
                usual=topic.expected,
                shown=voice.words(
                    "drawing.topic", people=topic.people, count=topic.count, usual=f"{topic.expected:.1f}",
                    heat=f"{topic.heat:.1f}",
                ),
            )
            for topic in found.topics
        )  # fmt: skip
        title, foot = voice.words("drawing.topics.title"), voice.words("drawing.topics.foot")
        sheets.append(TopicsSheet(title=title, under=under, foot=(foot,), lines=topics))
    return sheets


def _begun(name: str) -> str:
    """As it stands at the beginning of a line."""
    return name[:1].upper() + name[1:]


def _change(voice: Speaking, now: int, before: int) -> str:
    if now == before:
        return voice.words("drawing.same", before=before)
    return voice.words("drawing.change", change=f"{now - before:+d}", before=before)


def _street(voice: Speaking, code: str) -> str:
    return area_name(voice, code) if code else voice.words("heat.no_place")


def _under(voice: Speaking, period: Period) -> str:
    town: Mapping[bool, str] = {True: voice.town.name_en or voice.town.name, False: voice.town.name}
    name = town[voice.locale == "en"]
    return voice.words("drawing.under", town=name, period=board_words.period_name(voice, period))
