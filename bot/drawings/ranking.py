"""The ranking of units: a bar for each score, its number, the list it is on, and the main figures below."""

from __future__ import annotations

from bot.domain.sheets import BoardLine, BoardPart, BoardSheet
from bot.drawings.canvas import BAR, BLACK, GROUND, INK, LINE, MARGIN, PALE, QUIET, RED, WIDTH, Canvas
from bot.drawings.frame import HEAD, framed

ROW, PART, GAP = 118, 84, 58
NAME, SCORE, SMALL, RANK = 36, 44, 27, 34
LEFT = MARGIN + 76
"""Where names begin; the rank stands before."""

PILL, PILL_HEIGHT = 132, 44
SCORE_ROOM = 120


def board(sheet: BoardSheet) -> Canvas:
    """Lists are told by a word as well as by colour."""
    height = sum(PART + ROW * len(part.lines) + (GAP if part.more else 0) for part in sheet.parts)
    canvas, y = framed(sheet, height), float(HEAD)
    for part in sheet.parts:
        y = _part(canvas, sheet, part, y)
    return canvas


def _part(canvas: Canvas, sheet: BoardSheet, part: BoardPart, y: float) -> float:
    canvas.box(0, y, WIDTH, PART - 20, PALE)
    canvas.text(MARGIN, y + (PART - 20) / 2, part.name, 32, bold=True, room=WIDTH - 2 * MARGIN)
    y += PART
    for place, line in enumerate(part.lines):
        if part.more and place == len(part.lines) - part.tail:
            canvas.text(
                WIDTH / 2, y + GAP / 2 - 8, part.more, 30, colour=QUIET, align="center", room=WIDTH - 2 * MARGIN
            )
            y += GAP
        _line(canvas, sheet, line, y)
        y += ROW
    if part.more and not part.tail:
        canvas.text(WIDTH / 2, y + GAP / 2 - 8, part.more, 30, colour=QUIET, align="center", room=WIDTH - 2 * MARGIN)
        y += GAP
    return y


def _line(canvas: Canvas, sheet: BoardSheet, line: BoardLine, y: float) -> None:
    colour = {"red": RED, "black": BLACK}.get(line.colour, BAR)
    right = WIDTH - MARGIN
    canvas.text(LEFT - 18, y + 26, line.rank, RANK, colour=QUIET, align="right", room=72)
    canvas.text(right, y + 26, line.shown, SCORE, bold=True, align="right")
    name_room = right - SCORE_ROOM - LEFT
    word = {"red": sheet.red, "black": sheet.black}.get(line.colour, "")
    if word:
        pill = right - SCORE_ROOM - PILL
        canvas.box(pill, y + 26 - PILL_HEIGHT / 2, PILL, PILL_HEIGHT, colour, radius=10)
        canvas.text(
            pill + PILL / 2, y + 26, word, 28, bold=True, colour=GROUND, align="center", room=PILL - 12, least=18
        )
        name_room -= PILL + 16
    canvas.text(LEFT, y + 26, line.unit, NAME, bold=bool(word), colour=INK, room=name_room)
    canvas.box(LEFT, y + 56, right - LEFT, 12, PALE, radius=6)
    canvas.box(LEFT, y + 56, max((right - LEFT) * min(max(line.score, 0), 100) / 100, 12), 12, colour, radius=6)
    canvas.text(LEFT, y + 90, line.figures, SMALL, colour=QUIET, room=right - LEFT, least=22)
    canvas.line(LEFT, y + ROW - 6, right, y + ROW - 6, LINE, 1)
