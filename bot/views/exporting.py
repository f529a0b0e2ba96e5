"""What the page of exports shows."""

from __future__ import annotations

from dataclasses import dataclass

from bot.views.frame import Frame


@dataclass(frozen=True, slots=True)
class ExportPage:
    """The frame, the days that stand in the form (ISO), and the last day there can be."""

    frame: Frame
    since: str
    until: str
    today: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table somebody asked for. ``state``: running, done, failed; ``problem`` says why, ready to be read."""

    id: str
    name: str
    state: str
    read: int
    total: int
    rows: int
    problem: str

    @property
    def per_cent(self) -> int:
        """How much is done, 0 to 100."""
        return 100 if self.state == "done" else min(99, 100 * self.read // max(1, self.total))
