"""A picture to draw on, in pixels from the upper left, with the packaged font. Needs matplotlib: for the child only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from itertools import takewhile
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle
from matplotlib.patheffects import withStroke
from PIL import Image

WIDTH = 1080
MARGIN = 56
LEAST = 24
"""Pixels of the smallest type: 9 on a phone that shows the picture 390 wide."""

INK, QUIET, PALE, LINE, GROUND = "#16202a", "#52606d", "#e8edf2", "#c3ccd5", "#ffffff"
RED, BLACK, BAR = "#c4320a", "#101418", "#7a94ad"
MORE, LESS = "#c4320a", "#0060a8"
"""Orange-red and blue are told apart by everybody (Okabe and Ito); an arrow or a word says the same beside them."""

ELLIPSIS = "…"
COLOURS = 96
"""Colours of the finished picture: drawings have few, and a palette makes the file a third."""

_DPI = 72  # a point is a pixel
_FONTS = Path(__file__).parent / "fonts"
_FACES = {False: _FONTS / "NotoSansCJKsc-Regular.otf", True: _FONTS / "NotoSansCJKsc-Bold.otf"}


@cache
def _face(size: float, bold: bool) -> FontProperties:
    return FontProperties(fname=_FACES[bold], size=size)


class Canvas:
    """A white picture of `WIDTH` by ``height`` pixels."""

    def __init__(self, height: float) -> None:
        self.height = round(height)
        self.figure = Figure(figsize=(WIDTH / _DPI, self.height / _DPI), dpi=_DPI, facecolor=GROUND)
        self._agg = FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(self.height, 0)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        bold: bool = False,
        colour: str = INK,
        align: str = "left",
        room: float | None = None,
        halo: bool = False,
        least: float = LEAST,
    ) -> float:
        """Words on a line whose middle is at ``y``; the width they take. Where ``room`` is less, they get smaller, down
        to ``least``, and then shorter."""
        words, size = self.fitted(words, size, room, bold=bold, least=least)
        effects = [withStroke(linewidth=5, foreground=GROUND)] if halo else []
        self._axes.text(
            x, y, words, fontproperties=_face(size, bold), color=colour, ha=align, va="center_baseline",
            parse_math=False, path_effects=effects,
        )  # fmt: skip
        return self.width_of(words, size, bold=bold)

    def width_of(self, words: str, size: float, *, bold: bool = False) -> float:
        """Pixels."""
        renderer = self._agg.get_renderer()  # type: ignore[no-untyped-call]  # the library says nothing
        width, _, _ = renderer.get_text_width_height_descent(words, _face(size, bold), ismath=False)
        return float(width)

    def fitted(
        self, words: str, size: float, room: float | None, *, bold: bool = False, least: float = LEAST
    ) -> tuple[str, float]:
        """Words and size that have room."""
        if room is None:
            return words, size
        wide = self.width_of(words, size, bold=bold)
        if wide <= room:
            return words, size
        while size > least:
            size = max(least, size - 1)
            if self.width_of(words, size, bold=bold) <= room:
                return words, size
        kept = len(words)
        while kept and self.width_of(words[:kept] + ELLIPSIS, size, bold=bold) > room:
            kept -= 1
        return words[:kept].rstrip() + ELLIPSIS, size

    def wrapped(self, words: str, size: float, room: float, most: int) -> list[str]:
        """Words in at most so many lines, about equally long: broken at blanks, and anywhere in Chinese, longer words
        with a hyphen; the last one is cut short."""
        lines = self._lines(words, size, room)
        if len(lines) > most:
            lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
            return [self.fitted(each, size, room, least=size)[0] for each in lines]
        balanced = (self._lines(words, size, room * share / 20) for share in range(19, 8, -1))
        torn = "".join(lines).count("-")
        same = takewhile(lambda found: len(found) == len(lines) and "".join(found).count("-") == torn, balanced)
        return lines if len(lines) == 1 else [lines, *same][-1]

    def _lines(self, words: str, size: float, room: float) -> list[str]:
        lines, line = [], ""
        for piece in self._short(_pieces(words), size, room):
            if line and self.width_of((line + piece).rstrip(), size) > room:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        return [*lines, line.rstrip()]

    def _short(self, pieces: Sequence[str], size: float, room: float) -> Iterator[str]:
        """The pieces, those that would not fit into a line by themselves in two and more."""
        for piece in pieces:
            rest = piece
            while len(rest) > 3 and self.width_of(rest.rstrip(), size) > room:
                end = len(rest) - 2
                while end > 2 and self.width_of(rest[:end] + "-", size) > room:
                    end -= 1
                yield rest[:end] + "-"
                rest = rest[end:]
            yield rest

    def box(self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:
        """A filled rectangle; ``x`` and ``y`` are its upper left."""
        if radius:
            style = f"round,pad=0,rounding_size={min(radius, width / 2, height / 2)}"
            self._axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=colour, linewidth=0))
        else:
            self._axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, linewidth=0))

    def line(self, x: float, y: float, to_x: float, to_y: float, colour: str = LINE, width: float = 2) -> None:
        """A straight line."""
        self._axes.plot([x, to_x], [y, to_y], color=colour, linewidth=width, solid_capstyle="butt")

    def shape(self, corners: Sequence[tuple[float, float]], colour: str, edge: str = "", width: float = 2) -> None:
        """A filled polygon."""
        lined = {"edgecolor": edge, "linewidth": width} if edge else {"linewidth": 0}
        self._axes.add_patch(Polygon(corners, closed=True, facecolor=colour, **lined))

    def dot(self, x: float, y: float, radius: float, colour: str, *, alpha: float = 1.0) -> None:
        """A filled circle with a white edge."""
        self._axes.add_patch(Circle((x, y), radius, facecolor=colour, edgecolor=GROUND, linewidth=1, alpha=alpha))

    def arrow(self, x: float, y: float, size: float, *, up: bool, colour: str) -> None:
        """A triangle around a point that shows up or down."""
        tip = -size if up else size
        self.shape([(x - size, y - tip * 0.8), (x + size, y - tip * 0.8), (x, y + tip * 0.9)], colour)


def _pieces(words: str) -> list[str]:
    """What must not be torn apart: a Latin word with the blank behind it, a Chinese sign by itself."""
    pieces = [""]
    for sign in words:
        if ord(sign) >= 0x2E80:
            pieces += [sign, ""]
        else:
            pieces[-1] += sign
            if sign == " ":
                pieces.append("")
    return [piece for piece in pieces if piece]


def as_png(figure: Figure) -> bytes:
    """The figure as a PNG with few colours."""
    agg = FigureCanvasAgg(figure)
    agg.draw()  # type: ignore[no-untyped-call]  # the library says nothing
    pixels = agg.buffer_rgba()  # type: ignore[no-untyped-call]  # the library says nothing
    whole = Image.frombuffer("RGBA", agg.get_width_height(), pixels).convert("RGB")
    file = BytesIO()
    whole.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()
