"""Boards, barometer and heat map in words, in the language of whoever reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.boards.figures import FIGURES, GROUPS
from bot.domain.boards.periods import Period, Span
from bot.domain.boards.ranking import Board, DeskRow, Row
from bot.domain.boards.weather import Reading, Topic
from bot.turn import Turn, Voice
from handlers.naming import area_name, kind_name, unit_name
from handlers.reckoning import ALL, HAPPENED, Barometer, Heat

AREAS, KINDS = 10, 3
"""So many areas of a heat map are named, each with so many kinds."""

IN_A_LINE = 8
"""So many units that are not ranked stand in a line."""

Speaking = Turn | Voice


def period_name(voice: Speaking, period: Period) -> str:
    """2026, week 10 (03-02 to 03-08)."""
    number = {
        Span.WEEK: period.first.isocalendar().week,
        Span.MONTH: period.first.month,
        Span.QUARTER: (period.first.month + 2) // 3,
        Span.DAYS: (period.after - period.first).days,
    }[period.span]
    year = period.first.isocalendar().year if period.span is Span.WEEK else period.first.year
    return voice.words(
        f"board.period.{period.span}",
        year=year,
        number=number,
        first=str(period.first) if period.span is Span.DAYS else f"{period.first:%m-%d}",
        last=str(period.last) if period.span is Span.DAYS else f"{period.last:%m-%d}",
    )


def value(voice: Speaking, name: str, figure: float | None) -> str:
    """A figure with its unit; a dash where nothing can be said."""
    if figure is None:
        return voice.words("board.nothing")
    unit = next(each.unit for each in FIGURES if each.name == name)
    return voice.words(f"board.unit.{_UNITS[unit]}", value=f"{figure:.{_DIGITS[unit]}f}")


_UNITS = {"%": "percent", "h": "hours", "stars": "stars", "each": "each", "count": "count"}
_DIGITS = {"%": 1, "h": 1, "stars": 2, "each": 2, "count": 0}


def ranking(voice: Speaking, board: Board) -> list[str]:
    """A line for each unit under the head of its level, then what is not ranked, then the desk's own row."""
    lines: list[str] = []
    for level in sorted({row.level for row in board.rows}, reverse=True):
        rows = [row for row in board.rows if row.level == level]
        lines.append(voice.words(f"board.level.{level}"))
        lines += [ranked(voice, row) for row in rows if row.rank]
        lines += _unranked(voice, [row for row in rows if not row.rank])
    return [*lines, *desk(voice, board.desk)]


def ranked(voice: Speaking, row: Row) -> str:
    """A ranked unit: place, name, score, colour, and the points of the four groups."""
    mark = voice.words(f"board.mark.{row.colour}") if row.colour else ""
    return voice.words(
        "board.line", rank=row.rank, unit=unit_name(voice, row.unit), score=f"{row.score or 0:.1f}", mark=mark,
        points=_points(voice, row), tickets=row.tickets,
    )  # fmt: skip


def _points(voice: Speaking, row: Row) -> str:
    said = [
        voice.words(f"board.short.{group}", points=f"{points:.0f}")
        for group in GROUPS
        if (points := row.points[group]) is not None
    ]
    return voice.words("board.between").join(said)


def _unranked(voice: Speaking, rows: Sequence[Row]) -> Iterable[str]:
    """Several lines where there are many: a channel that holds little sends them one after the other."""
    for begin in range(0, len(rows), IN_A_LINE):
        some = rows[begin : begin + IN_A_LINE]
        names = (voice.words("board.few_of", unit=unit_name(voice, row.unit), tickets=row.tickets) for row in some)
        yield voice.words("board.few", units=voice.words("list.comma").join(names))


def desk(voice: Speaking, row: DeskRow) -> Iterable[str]:
    """The desk's own row; nothing where nothing was filed and nobody objected."""
    if not row.filed and not row.objections:
        return
    nothing = voice.words("board.nothing")
    yield voice.words(
        "board.desk",
        filed=row.filed,
        in_time=nothing if row.in_time is None else f"{row.in_time:.1f}%",
        objections=row.objections,
        upheld=nothing if row.upheld is None else f"{row.upheld:.1f}%",
        pool=nothing if row.pool_hours is None else f"{row.pool_hours:.1f}",
    )


def of_unit(voice: Speaking, row: Row) -> list[str]:
    """All twelve figures of a unit, by groups, and what was left out."""
    lines = [ranked(voice, row)] if row.rank else list(_unranked(voice, [row]))
    for group in GROUPS:
        points = row.points.get(group)
        said = voice.words("board.nothing") if points is None else f"{points:.1f}"
        lines.append(voice.words(f"board.group.{group}", points=said))
        lines += [
            voice.words(
                "board.figure",
                name=voice.words(f"board.figure.{f.name}"),
                value=value(voice, f.name, row.figures.get(f.name)),
            )
            for f in FIGURES
            if f.group == group
        ]
    if row.paused_hours >= 0.05:
        lines.append(voice.words("board.paused", hours=f"{row.paused_hours:.1f}"))
    if row.excluded:
        lines.append(voice.words("board.excluded", count=row.excluded))
    return lines


def barometer(voice: Speaking, found: Barometer) -> list[str]:
    """A line for each reading, then the hot topics."""
    lines = [_reading(voice, line) for line in found.lines]
    if found.topics:
        lines.append(voice.words("barometer.hot"))
        lines += [_topic(voice, place, topic) for place, topic in enumerate(found.topics, 1)]
    return lines


def reading_name(voice: Speaking, line: Reading) -> str:
    """What a line of the barometer is called."""
    if line.name == ALL or line.name in map(str, HAPPENED):
        return voice.words(f"barometer.{line.name}")
    chinese, english = voice.town.groups[line.name]
    return english or chinese if voice.locale == "en" else chinese


def _reading(voice: Speaking, line: Reading) -> str:
    name = reading_name(voice, line)
    key = "barometer.line_plain" if line.name == str(HAPPENED[0]) else "barometer.line"
    return voice.words(
        key, name=name, now=f"{line.now:.0f}", before=f"{line.before:.0f}", usual=f"{line.usual:.1f}",
        sky=voice.words(f"barometer.sky.{line.sky}"),
    )  # fmt: skip


def _topic(voice: Speaking, place: int, topic: Topic) -> str:
    return voice.words(
        "barometer.topic", place=place, kind=kind_name(voice, topic.kind), area=_area(voice, topic.area),
        people=topic.people, count=topic.count, usual=f"{topic.expected:.1f}", heat=f"{topic.heat:.1f}",
    )  # fmt: skip


def heat_map(voice: Speaking, heat: Heat) -> list[str]:
    """The busiest areas, each with its commonest kinds."""
    lines = []
    for area in heat.map.areas[:AREAS]:
        counts = sorted((-heat.map.of(area, kind), kind) for kind in heat.map.kinds if heat.map.of(area, kind))
        kinds = (voice.words("heat.kind", kind=kind_name(voice, kind), count=-count) for count, kind in counts[:KINDS])
        total = -sum(count for count, _ in counts)
        lines.append(
            voice.words("heat.line", area=_area(voice, area), count=total, kinds=voice.words("list.comma").join(kinds))
        )
    rest = len(heat.map.areas) - AREAS
    if rest > 0:
        lines.append(voice.words("heat.more", count=rest))
    return lines


def _area(voice: Speaking, code: str) -> str:
    return area_name(voice, code) if code else voice.words("heat.no_place")
