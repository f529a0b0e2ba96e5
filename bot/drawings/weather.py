"""The barometer and the hot topics: bars of now, a mark for what is usual, and the change in words."""

from __future__ import annotations

from bot.domain.sheets import BarometerLine, BarometerSheet, TopicLine, TopicsSheet
from bot.drawings.canvas import BAR, INK, LESS, LINE, MARGIN, MORE, PALE, QUIET, WIDTH, Canvas
from bot.drawings.frame import HEAD, framed

ROW = 176
TOPIC = 150
LEFT, RIGHT = 330, WIDTH - MARGIN


def barometer(sheet: BarometerSheet) -> Canvas:
    """Each line by its own scale: what counts is now against before and usual."""
    canvas = framed(sheet, ROW * len(sheet.lines))
    for place, line in enumerate(sheet.lines):
        _reading(canvas, line, HEAD + ROW * place)
    return canvas


def _reading(canvas: Canvas, line: BarometerLine, y: float) -> None:
    up, same = line.now > line.before, line.now == line.before
    colour = QUIET if same or not line.worse else MORE if up else LESS
    canvas.text(MARGIN, y + 30, line.name, 38, bold=True, room=620)
    if line.sky:
        wide = canvas.width_of(line.sky, 32) + 40
        canvas.box(RIGHT - wide, y + 4, wide, 52, PALE, radius=26)
        canvas.text(RIGHT - wide / 2, y + 30, line.sky, 32, align="center")
    canvas.text(MARGIN, y + 104, str(line.now), 60, bold=True, room=250)
    if not same:
        canvas.arrow(LEFT + 14, y + 84, 17, up=up, colour=colour)
    used = canvas.text(LEFT + 42, y + 84, line.change, 30, colour=colour, room=420)
    canvas.text(RIGHT, y + 84, line.usually, 28, colour=QUIET, align="right", room=RIGHT - LEFT - 62 - used)
    most = max(line.now, line.before, line.usual, 1.0)
    wide = RIGHT - LEFT
    canvas.box(LEFT, y + 114, wide, 22, PALE, radius=4)
    canvas.box(LEFT, y + 114, max(wide * line.now / most, 4), 22, BAR, radius=4)
    usual = LEFT + wide * line.usual / most
    canvas.line(usual, y + 106, usual, y + 144, INK, 5)
    canvas.line(MARGIN, y + ROW - 10, WIDTH - MARGIN, y + ROW - 10, LINE, 1)


def topics(sheet: TopicsSheet) -> Canvas:
    """The hottest first; all bars by one scale."""
    canvas = framed(sheet, TOPIC * len(sheet.lines))
    most = max((max(line.people, line.usual) for line in sheet.lines), default=1.0)
    for place, line in enumerate(sheet.lines):
        _topic(canvas, line, HEAD + TOPIC * place, place + 1, most)
    return canvas


def _topic(canvas: Canvas, line: TopicLine, y: float, place: int, most: float) -> None:
    left = MARGIN + 60
    canvas.text(MARGIN, y + 28, str(place), 40, bold=True, colour=MORE)
    wide = canvas.text(left, y + 28, line.name, 38, bold=True, room=520)
    canvas.text(left + wide + 24, y + 30, line.area, 32, colour=QUIET, room=WIDTH - MARGIN - left - wide - 24)
    room = WIDTH - MARGIN - left
    canvas.box(left, y + 56, room, 26, PALE, radius=4)
    canvas.box(left, y + 56, max(room * line.people / most, 4), 26, MORE, radius=4)
    usual = left + room * line.usual / most
    canvas.line(usual, y + 48, usual, y + 90, INK, 5)
    canvas.text(left, y + 112, line.shown, 30, colour=QUIET, room=room)
