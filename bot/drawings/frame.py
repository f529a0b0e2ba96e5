"""What is around every picture: title, town and period on top, words at the foot."""

from __future__ import annotations

from bot.domain.sheets import Sheet
from bot.drawings.canvas import BAR, LINE, MARGIN, QUIET, WIDTH, Canvas

TITLE, UNDER, FOOT = 58, 34, 28
HEAD = 196
"""Pixels above what the picture is about."""

FOOT_LINE = 44
FOOT_LINES = 2
"""So many lines each word at the foot may take."""


def framed(sheet: Sheet, height: float) -> Canvas:
    """A canvas with the frame of a sheet around so many pixels of contents, which begin at `HEAD`."""
    measure = Canvas(100)
    lines = [line for foot in sheet.foot for line in measure.wrapped(foot, FOOT, WIDTH - 2 * MARGIN, FOOT_LINES)]
    bottom = MARGIN / 2 + (len(lines) * FOOT_LINE + MARGIN / 2 if lines else 0)
    canvas = Canvas(HEAD + height + bottom)
    canvas.box(0, 0, WIDTH, 14, BAR)
    canvas.text(MARGIN, 74, sheet.title, TITLE, bold=True, room=WIDTH - 2 * MARGIN)
    canvas.text(MARGIN, 136, sheet.under, UNDER, colour=QUIET, room=WIDTH - 2 * MARGIN)
    if lines:
        top = HEAD + height + MARGIN / 4
        canvas.line(MARGIN, top, WIDTH - MARGIN, top, LINE)
        for place, line in enumerate(lines):
            canvas.text(MARGIN, top + FOOT_LINE * (place + 0.75), line, FOOT, colour=QUIET)
    return canvas
