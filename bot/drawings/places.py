"""Where: counts of areas by kinds as a table that is darker where there is more, and points on a plane."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, log10, radians, sqrt

from bot.domain.sheets import HeatSheet, PointsSheet
from bot.drawings.canvas import GROUND, INK, LESS, MARGIN, PALE, QUIET, WIDTH, Canvas
from bot.drawings.frame import HEAD, framed

NAMES = 222
"""Pixels for the names of areas."""

SUMS = 104
CELL, COLUMN_HEAD = 84, 150
HEAD_LINES = 4
KIND, LATIN_KIND = 28, 24

PLANE = WIDTH - 2 * MARGIN
PAD = 24
TALLEST, FLATTEST = 1180.0, 480.0
ROUND = 111.32
"""Kilometres of a degree of latitude."""

_PALE, _DEEP = (224, 234, 244), (8, 48, 107)
_NONE, _TOGETHER = "#f7f9fb", "#eeeeee"


def heat(sheet: HeatSheet) -> Canvas:
    """One hue from pale to deep, so that it can be read without colours; each cell has its number."""
    rows, columns = len(sheet.areas), len(sheet.kinds)
    canvas = framed(sheet, COLUMN_HEAD + CELL * (rows + 1))
    wide = (WIDTH - 2 * MARGIN - NAMES - SUMS) / max(columns, 1)
    left, top = float(MARGIN + NAMES), float(HEAD + COLUMN_HEAD)
    sums_at = WIDTH - MARGIN - SUMS / 2
    for column, kind in enumerate(sheet.kinds):
        _column_head(canvas, kind, left + wide * (column + 0.5), wide)
    canvas.text(sums_at, top - 36, sheet.total, 30, bold=True, align="center", room=SUMS, least=20)
    rest_area, rest_kind = rows - sheet.others[0], columns - sheet.others[1]
    most = max((count for row in sheet.counts[:rest_area] for count in row[:rest_kind]), default=0)
    for row, (area, counts) in enumerate(zip(sheet.areas, sheet.counts, strict=True)):
        y = top + CELL * row
        canvas.text(MARGIN, y + CELL / 2, area, 34, room=NAMES - 16)
        for column, count in enumerate(counts):
            together = row >= rest_area or column >= rest_kind
            share = (count / most) ** 0.7 if most and not together else 0.0
            ground = _TOGETHER if together else _shade(share) if count else _NONE
            canvas.box(left + wide * column + 2, y + 2, wide - 4, CELL - 4, ground)
            colour = GROUND if share > 0.55 else INK if count else QUIET
            x = left + wide * (column + 0.5)
            canvas.text(x, y + CELL / 2, str(count), 36, colour=colour, align="center", room=wide - 10)
        canvas.text(sums_at, y + CELL / 2, str(sum(counts)), 36, bold=True, align="center", room=SUMS)
    y = top + CELL * rows
    canvas.line(MARGIN, y + 6, WIDTH - MARGIN, y + 6)
    canvas.text(MARGIN, y + CELL / 2 + 6, sheet.total, 34, bold=True, room=NAMES - 16)
    for column in range(columns):
        count = sum(counts[column] for counts in sheet.counts)
        x = left + wide * (column + 0.5)
        canvas.text(x, y + CELL / 2 + 6, str(count), 36, bold=True, align="center", room=wide - 10)
    count = sum(map(sum, sheet.counts))
    canvas.text(sums_at, y + CELL / 2 + 6, str(count), 36, bold=True, align="center", room=SUMS)
    return canvas


def _column_head(canvas: Canvas, kind: str, x: float, wide: float) -> None:
    size = KIND if not kind.isascii() else LATIN_KIND
    lines = canvas.wrapped(kind, size, wide - 8, HEAD_LINES)
    for place, line in enumerate(lines):
        y = HEAD + COLUMN_HEAD - 26 - (len(lines) - 1 - place) * (size + 6)
        canvas.text(x, y, line, size, align="center")


def _shade(share: float) -> str:
    mixed = (round(pale + (deep - pale) * share) for pale, deep in zip(_PALE, _DEEP, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def points(sheet: PointsSheet) -> Canvas:
    """A plane without any map behind: outlines of areas where the town has them, and a dot where tickets are."""
    seen = [(lat, lon) for lat, lon, _ in sheet.points] + [c for outline in sheet.outlines for c in outline]
    seen += [(spot.latitude, spot.longitude) for spot in sheet.spots]
    height, at, kilometre = _plane(seen)
    canvas = framed(sheet, height + PAD + 80)
    for outline in sheet.outlines:
        canvas.shape([at(*corner) for corner in outline], PALE, edge=GROUND, width=3)
    most = max((count for *_, count in sheet.points), default=1)
    for latitude, longitude, count in sorted(sheet.points, key=lambda point: -point[2]):
        canvas.dot(*at(latitude, longitude), 6 + 22 * sqrt(count / most), LESS, alpha=0.62)
    taken: list[tuple[float, float, float]] = []
    for spot in sorted(sheet.spots, key=lambda spot: (-spot.count, spot.name)):
        x, y = at(spot.latitude, spot.longitude)
        words = f"{spot.name} {spot.count}"
        half = canvas.width_of(words, 32, bold=True) / 2
        x = min(max(x, MARGIN + half), WIDTH - MARGIN - half)
        if all(abs(x - other) > half + wide + 8 or abs(y - line) > 44 for other, line, wide in taken):
            canvas.text(x, y, words, 32, bold=True, align="center", halo=True)
            taken.append((x, y, half))
    _scale(canvas, HEAD + PAD + height + 50, kilometre)
    return canvas


def _plane(seen: list[tuple[float, float]]) -> tuple[float, Callable[[float, float], tuple[float, float]], float]:
    """Pixels of height, where a point of the earth lies in the picture, and pixels of a kilometre."""
    if not seen:
        seen = [(0.0, 0.0)]
    south, north = min(lat for lat, _ in seen), max(lat for lat, _ in seen)
    west, east = min(lon for _, lon in seen), max(lon for _, lon in seen)
    squeeze = cos(radians((south + north) / 2))
    wide = max((east - west) * squeeze, 0.01)
    tall = max(north - south, 0.01)
    scale = min(PLANE / wide, TALLEST / tall)
    height = max(tall * scale, FLATTEST)
    middle_x, middle_y = WIDTH / 2, HEAD + PAD + height / 2

    def at(latitude: float, longitude: float) -> tuple[float, float]:
        x = middle_x + (longitude - (west + east) / 2) * squeeze * scale
        return x, middle_y - (latitude - (south + north) / 2) * scale

    return height, at, scale / ROUND


def _scale(canvas: Canvas, y: float, kilometre: float) -> None:
    """How long some round number of kilometres is."""
    about = 180 / kilometre
    power = 10.0 ** int(log10(about) // 1)
    length = max(step for step in (1, 2, 5, 10) if step * power <= about or step == 1) * power
    canvas.line(MARGIN, y, MARGIN + length * kilometre, y, QUIET, 5)
    canvas.text(MARGIN + length * kilometre + 16, y, f"{length:g} km", 28, colour=QUIET)
