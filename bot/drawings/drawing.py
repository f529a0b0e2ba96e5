"""From a sheet to a figure, and to a file."""

from __future__ import annotations

from matplotlib.figure import Figure

from bot.domain.sheets import AnySheet, BarometerSheet, BoardSheet, HeatSheet, PointsSheet, TopicsSheet
from bot.drawings.canvas import Canvas, as_png
from bot.drawings.places import heat, points
from bot.drawings.ranking import board
from bot.drawings.weather import barometer, topics


def figure_of(sheet: AnySheet) -> Figure:
    """The picture of a sheet; every number and word in it is a text of the figure."""
    return _canvas_of(sheet).figure


def png_of(sheet: AnySheet) -> bytes:
    """The picture of a sheet as a file."""
    return as_png(figure_of(sheet))


def _canvas_of(sheet: AnySheet) -> Canvas:
    match sheet:
        case BoardSheet():
            return board(sheet)
        case HeatSheet():
            return heat(sheet)
        case PointsSheet():
            return points(sheet)
        case BarometerSheet():
            return barometer(sheet)
        case TopicsSheet():
            return topics(sheet)
