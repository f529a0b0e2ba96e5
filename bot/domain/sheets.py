"""What a picture in chat shows: words and numbers, already in the reader's language. How it looks is `bot.drawings`'.

Each picture has one idea. ``shown`` texts are drawn as they are; the numbers beside them say how long a bar is.
"""

from __future__ import annotations

import msgspec


class Sheet(msgspec.Struct, frozen=True, kw_only=True, tag_field="what"):
    """``title`` says what it is, ``under`` of which town and period, ``foot`` what else there is to know."""

    title: str
    under: str
    foot: tuple[str, ...] = ()


class BoardLine(msgspec.Struct, frozen=True, kw_only=True):
    """A ranked unit. ``score`` is 0 to 100, ``colour`` "red", "black" or "", ``figures`` the main ones in a line."""

    rank: str
    unit: str
    score: float
    shown: str
    colour: str = ""
    figures: str = ""


class BoardPart(msgspec.Struct, frozen=True, kw_only=True):
    """The units of one level. Where some are left out, ``more`` says how many, in front of the last ``tail`` lines."""

    name: str
    lines: tuple[BoardLine, ...]
    more: str = ""
    tail: int = 0


class BoardSheet(Sheet, frozen=True, kw_only=True, tag="board"):
    """The ranking. ``red`` and ``black`` are what the lists are called."""

    parts: tuple[BoardPart, ...]
    red: str
    black: str


class HeatSheet(Sheet, frozen=True, kw_only=True, tag="heat"):
    """Counts by area and kind: a row of ``counts`` for each area, in the order of ``kinds``; ``total`` names the sums.

    ``others``: whether the last area, and the last kind, stand for several together.
    """

    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    total: str
    others: tuple[bool, bool] = (False, False)


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A named place with a count. Degrees, WGS-84."""

    name: str
    count: int
    latitude: float
    longitude: float


class PointsSheet(Sheet, frozen=True, kw_only=True, tag="points"):
    """Where tickets were filed. ``points`` are (latitude, longitude, how many), ``outlines`` those of areas."""

    points: tuple[tuple[float, float, int], ...]
    outlines: tuple[tuple[tuple[float, float], ...], ...] = ()
    spots: tuple[Spot, ...] = ()


class BarometerLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something counted: now, before and as usual. ``change`` is said beside an arrow, ``sky`` is weather ("" none).

    ``worse`` says of which direction it is: more is worse (True), or neither is (False).
    """

    name: str
    now: int
    before: int
    usual: float
    change: str
    usually: str
    sky: str = ""
    worse: bool = True


class BarometerSheet(Sheet, frozen=True, kw_only=True, tag="barometer"):
    """A period against before."""

    lines: tuple[BarometerLine, ...]


class TopicLine(msgspec.Struct, frozen=True, kw_only=True):
    """A hot topic: of how many people, and how many are usual."""

    name: str
    area: str
    people: int
    usual: float
    shown: str


class TopicsSheet(Sheet, frozen=True, kw_only=True, tag="topics"):
    """What is spoken of more than usual, the hottest first."""

    lines: tuple[TopicLine, ...]


AnySheet = BoardSheet | HeatSheet | PointsSheet | BarometerSheet | TopicsSheet
