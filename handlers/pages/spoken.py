"""What was filed in a period, where and about what: barometer, hot topics, heat map and the map of the town, of what
somebody may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.boards.periods import Period
from bot.domain.boards.weather import HeatMap, Reading, Topic, heat_map
from bot.domain.ticket import Action
from bot.ports import Reader
from bot.ports.dashboard_questions import Within
from bot.turn import Turn
from bot.views.dashboard import Cell, Line, Spoken, Table
from handlers import reckoning
from handlers.naming import area_name, kind_name
from handlers.pages import town_map
from handlers.pages.board_address import NOWHERE, TICKETS, Asked
from handlers.pages.counts import Counts, Kept
from handlers.pages.town_map import shade
from handlers.reckoning import ALL, HAPPENED, Barometer
from handlers.supervisor.board_words import reading_name

FILED = "filed"


@dataclass(frozen=True, slots=True)
class SpokenCounts:
    """The plain numbers: ``rows`` are area, kind, how many, each area for itself; ``spots`` those of a map."""

    barometer: Barometer
    rows: Sequence[tuple[str, str, int]]
    spots: Sequence[town_map.Spot]


@dataclass(frozen=True, slots=True)
class Scoped:
    """Asks for some tickets only what barometers ask; ``apart`` leaves each area for itself."""

    read: Reader
    within: Within
    apart: bool

    async def spoken_of(self, period: Period, above: Mapping[str, str]) -> Sequence[tuple[str, str, int, int]]:
        """Area, kind, how many tickets, and of how many people."""
        return await self.read.spoken_within(period, {} if self.apart else above, self.within)

    async def happened(self, action: Action, period: Period) -> int:
        """How often tickets were answered, objected to or re-opened."""
        return await self.read.happened_within(action, period, self.within)


def counted(turn: Turn, counts: Counts, asked: Asked) -> Kept[SpokenCounts]:
    """The numbers of a period, for all who may see as much."""
    read, guide, period, within = turn.read, turn.guide, asked.period, asked.within
    scoped = Scoped(read, within, apart=asked.only is not None)

    async def make(_before: SpokenCounts | None) -> SpokenCounts:
        rows = await read.spoken_within(period, {}, within)
        spots = await read.spots(period, within, town_map.CELL, town_map.MOST_SPOTS)
        barometer = await reckoning.barometer_of(scoped, guide, period)
        return SpokenCounts(barometer, [(area, kind, count) for area, kind, count, _ in rows], spots)

    return counts.of(("spoken", period, within), make, turn.now)


def shown(turn: Turn, asked: Asked, found: SpokenCounts, age: str) -> Spoken:
    """The numbers in words."""
    above = {} if asked.only is not None else reckoning.streets(turn.guide)
    heat = heat_map((above.get(area, area), kind, count) for area, kind, count in found.rows)
    by_area: dict[str, int] = {}
    for area, _, count in found.rows:
        by_area[area] = by_area.get(area, 0) + count
    table = _areas(turn, asked, by_area)
    return Spoken(
        age=age,
        barometer=_barometer(turn, asked, found.barometer.lines),
        topics=_topics(turn, asked, found.barometer.topics),
        heat=_heat(turn, asked, heat),
        map=town_map.town_map(turn.town, asked.only, by_area, found.spots, lambda code: _short_name(turn, code), table),
    )


def _barometer(turn: Turn, asked: Asked, lines: Sequence[Reading]) -> Table:
    before = asked.period.before()
    rows = []
    for line in lines:
        of = {"of": line.name} if line.name in map(str, HAPPENED) else {"of": FILED}
        if line.name in turn.town.groups:
            of["group"] = line.name
        sky = "" if line.name == str(HAPPENED[0]) else line.sky
        rows.append(
            Line(
                reading_name(turn, line),
                (
                    _number(line.now, asked.link(TICKETS, **of)),
                    _number(line.before, asked.link(TICKETS, **{**of, "period": before.key})),
                    Cell(f"{line.usual:.1f}", value=line.usual),
                    Cell(turn.words(f"barometer.sky.{sky}"), tone=f"sky-{sky}") if sky else Cell(""),
                ),
                total=line.name == ALL,
            )
        )
    return Table(
        "barometer",
        turn.words("dashboard.barometer"),
        tuple(turn.words(f"dashboard.column.{name}") for name in ("what", "now", "before", "usual", "sky")),
        tuple(rows),
        chart="bars",
        tones=("now", "before", "usual"),
        note=turn.words("dashboard.barometer_note"),
    )


def _number(value: float, href: str, most: float = 0) -> Cell:
    return Cell(f"{value:.0f}", href if value else "", shade(value, most), value=value)


def _topics(turn: Turn, asked: Asked, topics: Sequence[Topic]) -> Table:
    rows = [
        Line(
            turn.words("dashboard.topic", area=_area(turn, topic.area), kind=kind_name(turn, topic.kind)),
            (
                Cell(f"{topic.heat:.1f}"),
                Cell(str(topic.people)),
                _number(topic.count, asked.link(TICKETS, of=FILED, kind=topic.kind, **_spot(asked, topic.area))),
                Cell(f"{topic.expected:.1f}"),
            ),
        )
        for topic in topics
    ]
    columns = ("topic", "heat", "people", "tickets", "usual")
    return Table(
        "topics",
        turn.words("dashboard.topics"),
        tuple(turn.words(f"dashboard.column.{name}") for name in columns),
        tuple(rows),
        note=turn.words("dashboard.topics_note"),
        empty=turn.words("dashboard.topics_none"),
    )


def _heat(turn: Turn, asked: Asked, heat: HeatMap) -> Table:
    """Kinds down, areas across: names of kinds are the longer ones."""
    most = max(heat.counts.values(), default=0)
    rows = []
    for kind in heat.kinds:
        cells = [
            _number(heat.of(area, kind), asked.link(TICKETS, of=FILED, kind=kind, **_spot(asked, area)), most)
            for area in heat.areas
        ]
        total = sum(heat.of(area, kind) for area in heat.areas)
        rows.append(Line(kind_name(turn, kind), (*cells, _number(total, asked.link(TICKETS, of=FILED, kind=kind)))))
    if rows:
        sums = [sum(heat.of(area, kind) for kind in heat.kinds) for area in heat.areas]
        cells = [
            _number(count, asked.link(TICKETS, of=FILED, **_spot(asked, area)))
            for area, count in zip(heat.areas, sums, strict=True)
        ]
        all_ = _number(heat.total, asked.link(TICKETS, of=FILED))
        rows.append(Line(turn.words("dashboard.all"), (*cells, all_), total=True))
    return Table(
        "heat",
        turn.words("dashboard.heat"),
        (
            turn.words("dashboard.column.kind"),
            *(_short_area(turn, area) for area in heat.areas),
            turn.words("dashboard.all"),
        ),
        tuple(rows),
        note=turn.words("dashboard.heat_note"),
        empty=turn.words("dashboard.nothing_filed"),
    )


def _spot(asked: Asked, area: str) -> dict[str, str]:
    """How an address names the area of a cell: a street with all that lies in it, where areas are not apart."""
    return {"spot": area or NOWHERE, "own": "1" if asked.only is not None else ""}


def _areas(turn: Turn, asked: Asked, by_area: Mapping[str, int]) -> Table:
    most = max(by_area.values(), default=0)
    order = sorted(by_area, key=lambda code: (-by_area[code], code))
    rows = [
        Line(
            _area(turn, code),
            (_number(by_area[code], asked.link(TICKETS, of=FILED, spot=code or NOWHERE, own="1"), most),),
        )
        for code in order
    ]
    return Table(
        "areas",
        turn.words("dashboard.areas"),
        (turn.words("dashboard.column.area"), turn.words("dashboard.column.tickets")),
        tuple(rows),
        empty=turn.words("dashboard.nothing_filed"),
    )


def _area(turn: Turn, code: str) -> str:
    return area_name(turn, code) if code else turn.words("heat.no_place")


def _short_area(turn: Turn, code: str) -> str:
    return _short_name(turn, code) if code else turn.words("heat.no_place")


def _short_name(turn: Turn, code: str) -> str:
    """The area's own name, without the one it lies in."""
    area = turn.town.areas.get(code)
    if area is None:
        return code
    return area.name_en or area.name if turn.locale == "en" else area.name
