"""The dashboard: what is open now and how late, and what people speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from bot.changes import Looked
from bot.domain.boards.census import Census, Due, State
from bot.domain.colour import Colour
from bot.domain.deadlines import Rung
from bot.turn import Turn
from bot.views.dashboard import Cell, Dashboard, Headline, Line, Now, Table
from handlers.naming import unit_name
from handlers.pages import board_address, census, spoken
from handlers.pages.board_address import DASHBOARD, NOWHERE, TICKETS, Asked
from handlers.pages.counts import Counts
from handlers.pages.frame import at_page, frame
from handlers.staff.me import Me

LIVE = "live"
"""The field of an address with which an open page looks again; that is not written down every time."""

TONES = ("green", "yellow", "orange", "red")
Groups = Counter[tuple[str, State]]


async def see(turn: Turn, counts: Counts, query: Mapping[str, str]) -> Dashboard:
    """The dashboard as an address asks for it. Raises NotFound."""
    me = await at_page(turn)
    board_address.admitted(me)
    asked = board_address.asked(turn, me, query, running=True)
    opened = census.counted(turn, counts)
    speaking = None if board_address.future(asked, turn) else spoken.counted(turn, counts, asked)
    await counts.settle(opened, *filter(None, (speaking,)))
    if not query.get(LIVE):
        detail = f"dashboard {asked.period.key} {asked.area}".strip()
        turn.changes.looked.append(Looked(by=me.id, what="board", at=turn.now, detail=detail))
    now = said = None
    if opened.value is not None:
        now = _now(turn, me, asked, opened.value)
    if speaking is not None and speaking.value is not None and speaking.at is not None:
        said = spoken.shown(turn, asked, speaking.value, age(turn, speaking.at))
    return Dashboard(
        frame=frame(turn, me, "dashboard"),
        filters=board_address.filters(turn, me, asked, DASHBOARD),
        now=now,
        spoken=said,
        pending=opened.pending or (speaking is not None and speaking.pending),
    )


def age(turn: Turn, at: datetime) -> str:
    """How old a count is."""
    seconds = int((turn.now - at).total_seconds())
    time = f"{at.astimezone(turn.guide.calendar.zone):%H:%M:%S}"
    return turn.words("dashboard.age", time=time, seconds=seconds)


def _now(turn: Turn, me: Me, asked: Asked, found: Census) -> Now:
    groups = census.groups(found, me, asked)
    return Now(
        age=age(turn, found.at),
        headlines=tuple(_headlines(turn, asked, groups)),
        units=_units(turn, asked, groups),
        ladder=_ladder(turn, asked, groups),
    )


def _link(asked: Asked, **picked: str) -> str:
    """Where the open tickets are that are picked; the period does not matter to them."""
    return asked.link(TICKETS, of="now", **{**picked, "period": ""})


def _cell(asked: Asked, count: int, tone: str = "", **picked: str) -> Cell:
    return Cell(str(count), _link(asked, **picked) if count else "", tone=tone if count else "", value=count)


def _headlines(turn: Turn, asked: Asked, groups: Groups) -> list[Headline]:
    late, today = _due(groups, Due.LATE), _due(groups, Due.TODAY)
    red = sum(count for (_, state), count in groups.items() if state.colour is Colour.RED)
    pool = sum(count for (unit, _), count in groups.items() if not unit)
    cells = {
        "open": _cell(asked, groups.total()),
        "today": _cell(asked, today, "yellow", due=Due.TODAY),
        "late": _cell(asked, late, "orange", due=Due.LATE),
        "red": _cell(asked, red, "red", colour="red"),
        "pool": _cell(asked, pool, unit=NOWHERE),
    }
    return [Headline(turn.words(f"dashboard.headline.{name}"), cell) for name, cell in cells.items()]


def _due(groups: Groups, due: Due) -> int:
    return sum(count for (_, state), count in groups.items() if state.due is due)


def _units(turn: Turn, asked: Asked, groups: Groups) -> Table:
    """Units, those with most that is late first; below them all together."""
    units: dict[str, Groups] = {}
    for (unit, state), count in groups.items():
        units.setdefault(unit, Counter())[unit, state] += count
    order = sorted(units, key=lambda unit: (-_due(units[unit], Due.LATE), -units[unit].total(), unit))
    rows = [_unit(turn, asked, unit_name(turn, unit), unit or NOWHERE, units[unit]) for unit in order]
    if rows:
        rows.append(_unit(turn, asked, turn.words("dashboard.all"), "", groups, total=True))
    columns = ("unit", *TONES, "open", "today", "late")
    return Table(
        "units",
        turn.words("dashboard.units"),
        tuple(turn.words(f"dashboard.column.{name}") for name in columns),
        tuple(rows),
        chart="stack",
        tones=TONES,
        empty=turn.words("dashboard.nothing_open"),
    )


def _unit(turn: Turn, asked: Asked, name: str, unit: str, groups: Groups, *, total: bool = False) -> Line:
    colours = Counter[Colour]()
    for (_, state), count in groups.items():
        colours[state.colour] += count
    shown = [
        _cell(asked, colours[colour], colour.name.lower(), unit=unit, colour=colour.name.lower()) for colour in Colour
    ]
    return Line(
        name,
        (
            *shown,
            _cell(asked, groups.total(), unit=unit),
            _cell(asked, _due(groups, Due.TODAY), unit=unit, due=Due.TODAY),
            _cell(asked, _due(groups, Due.LATE), unit=unit, due=Due.LATE),
        ),
        total=total,
    )


def _ladder(turn: Turn, asked: Asked, groups: Groups) -> Table:
    """How many have come how far; the clock of some stands still, and they fear nothing."""
    rungs = Counter[str]()
    for (_, state), count in groups.items():
        rungs[state.rung] += count
    rows = [Line(turn.words(f"dashboard.rung.{rung}"), (_cell(asked, rungs[rung], rung=rung),)) for rung in Rung]
    return Table(
        "ladder",
        turn.words("dashboard.ladder"),
        (turn.words("dashboard.column.rung"), turn.words("dashboard.column.tickets")),
        tuple(rows),
        chart="bars",
        tones=("now",),
        note=turn.words("dashboard.ladder_note"),
    )
