"""The dashboard and the boards as people see them: all words are in their language, all numbers are written out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.views.frame import Frame
from bot.views.lists import Paging, Row


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. ``href`` leads to the tickets behind it ("" nowhere). ``shade`` is 0 to 6, the fuller the
    darker; ``tone`` names a colour of the style sheet. ``value`` is the number for a chart (None: none)."""

    text: str
    href: str = ""
    shade: int = 0
    tone: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: its head, where that leads, and its cells. ``short`` is what a chart calls it ("": as here)."""

    name: str
    cells: tuple[Cell, ...]
    href: str = ""
    total: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table. ``chart`` says how it is drawn besides: "stack", "bars", "lines" or "" (not at all).

    ``columns`` are the heads, the first of them that of the rows' names; ``tones`` name the series of a chart.
    ``note`` stands below; ``empty`` instead of a table without rows.
    """

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Line, ...]
    chart: str = ""
    tones: tuple[str, ...] = ()
    note: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: a link, or an option of a list by its ``value``."""

    label: str
    href: str = ""
    value: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address chooses. ``path`` is that of the page; ``kept`` are fields its form sends along."""

    path: str
    period: str
    key: str
    spans: tuple[Choice, ...]
    before: Choice
    following: Choice
    first: str
    last: str
    areas: tuple[Choice, ...]
    kept: tuple[tuple[str, str], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """Something on the map: an outline (``path``, as SVG writes it) or a spot of a radius. ``shade`` is 0 to 6."""

    label: str
    count: str
    shade: int
    path: str = ""
    x: float = 0.0
    y: float = 0.0
    radius: float = 0.0
    named: bool = True


@dataclass(frozen=True, slots=True)
class TownMap:
    """The town's areas and where things were filed, in units of the drawing."""

    width: int
    height: int
    areas: tuple[Shape, ...]
    borders: tuple[str, ...]
    spots: tuple[Shape, ...]
    legend: tuple[tuple[int, str], ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Headline:
    """A number that matters most, with what it is."""

    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Now:
    """What is open now. ``age`` says how old the counts are."""

    age: str
    headlines: tuple[Headline, ...]
    units: Table
    ladder: Table


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was filed in a period, where and about what, against before."""

    age: str
    barometer: Table
    topics: Table
    heat: Table
    map: TownMap | None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The dashboard; parts that are being counted for the first time are None. ``pending``: there will be more soon."""

    frame: Frame
    filters: Filters
    now: Now | None
    spoken: Spoken | None
    pending: bool


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A board of one level. ``published`` says what has been published, ``publish`` leads to doing it ("" not now)."""

    frame: Frame
    title: str
    filters: Filters
    levels: tuple[Choice, ...]
    table: Table | None
    desk: Table | None
    age: str
    running: str
    published: str
    publish: str
    pending: bool
    answer: str = ""


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit's figures in a period, and over the last twelve."""

    frame: Frame
    title: str
    filters: Filters
    back: str
    standing: str
    figures: Table | None
    history: Table | None
    age: str
    pending: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket of a list; ``share`` says what it is to the number that was asked about."""

    row: Row
    share: str


@dataclass(frozen=True, slots=True)
class TicketsPage:
    """The tickets behind a number. ``total`` says that number, ``withheld`` how many of a page are not shown."""

    frame: Frame
    title: str
    total: str
    count: int
    rows: tuple[Listed, ...]
    withheld: str
    shares: str
    back: str
    paging: Paging
    pending: bool = False


@dataclass(frozen=True, slots=True)
class PublishPage:
    """What would be published."""

    frame: Frame
    title: str
    period: str
    lists: tuple[str, ...]
    before: str
    back: str
