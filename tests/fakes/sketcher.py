"""Draws pictures in this very process: what is drawn here is our own."""

from __future__ import annotations

from bot.domain.sheets import AnySheet


class Sketcher:
    """`bot.runtime.picture_drawer.Draws` without a process of its own. ``drawn`` are the sheets, in order."""

    def __init__(self) -> None:
        self.drawn: list[AnySheet] = []

    async def draw(self, sheet: AnySheet) -> bytes:
        """The picture."""
        from bot.drawings.drawing import png_of  # only those tests that draw wait for matplotlib

        self.drawn.append(sheet)
        return png_of(sheet)

    async def close(self) -> None:
        """Nothing to end."""
