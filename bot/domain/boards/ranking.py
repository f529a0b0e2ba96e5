"""Boards: units of one level beside each other, red and black by thresholds, and the desk's own row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from bot.domain.boards.facts import DeskFacts, Rules
from bot.domain.boards.figures import GROUPS, Sums, figures_of, points_of
from bot.domain.boards.worked import Worked

RED, BLACK = "red", "black"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A unit on a board.

    ``figures`` are the twelve by name (None: nothing can be said), ``points`` those of the four groups, ``score`` their
    weighted mean. ``rank`` counts from 1 within the level; 0 for units that are listed but not ranked, and for those
    nothing can be said of. ``colour``: "red", "black" or "". ``paused_hours`` are working hours.
    """

    unit: str
    level: int
    tickets: int
    excluded: int = 0
    figures: dict[str, float | None] = {}
    points: dict[str, float | None] = {}
    score: float | None = None
    rank: int = 0
    colour: str = ""
    paused_hours: float = 0.0


class DeskRow(msgspec.Struct, frozen=True, kw_only=True):
    """The desk's own figures of a period.

    ``in_time``: per cent of what was filed in it that had a unit in time. ``upheld``: per cent of its objections that
    were decided. ``pool_hours``: working hours that its tickets without a rule waited in the pool, on average.
    """

    filed: int = 0
    in_time: float | None = None
    objections: int = 0
    upheld: float | None = None
    pooled: int = 0
    pool_hours: float | None = None


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A board as it was at ``at``. ``period`` is a key (see `bot.domain.boards.periods`).

    Rows are sorted: by level from the highest, in it the ranked ones by rank, then the others by code.
    """

    period: str
    at: datetime
    rows: tuple[Row, ...] = ()
    desk: DeskRow = DeskRow()


def score_of(points: Mapping[str, float | None], weights: Sequence[float]) -> float | None:
    """The weighted mean of the groups something can be said of; None for none."""
    said = [(p, weight) for group, weight in zip(GROUPS, weights, strict=True) if (p := points[group]) is not None]
    total = sum(weight for _, weight in said)
    return sum(p * weight for p, weight in said) / total if total else None


def board(period: str, sums: Mapping[str, Sums], levels: Mapping[str, int], rules: Rules, at: datetime) -> Board:
    """The board of a period. ``levels`` are those of the units; units it does not know stand on no board."""
    rows = [_row(unit, levels[unit], each, rules) for unit, each in sums.items() if unit in levels]
    ranked: list[Row] = []
    for level in sorted({row.level for row in rows}, reverse=True):
        ranked += _ranked([row for row in rows if row.level == level], rules)
    return Board(period=period, at=at, rows=tuple(ranked))


def _row(unit: str, level: int, sums: Sums, rules: Rules) -> Row:
    points = points_of(sums)
    return Row(
        unit=unit,
        level=level,
        tickets=sums.tickets,
        excluded=sums.excluded,
        figures=figures_of(sums),
        points=points,
        score=score_of(points, rules.weights) if sums.tickets else None,
        paused_hours=sums.paused_hours,
    )


def _ranked(rows: list[Row], rules: Rules) -> list[Row]:
    """Those of one level, with ranks: equal scores share one."""
    able = [row for row in rows if row.tickets >= rules.least and row.score is not None]
    scores = sorted((row.score for row in able if row.score is not None), reverse=True)
    placed = [
        msgspec.structs.replace(row, rank=scores.index(row.score) + 1, colour=colour_of(row.score, rules))
        for row in able
        if row.score is not None
    ]
    placed.sort(key=lambda row: (row.rank, row.unit))
    others = sorted((row for row in rows if row not in able), key=lambda row: row.unit)
    return [*placed, *others]


def colour_of(score: float, rules: Rules) -> str:
    """Whether a score is on the red list, on the black one, or on none: by thresholds, never by rank."""
    if score >= rules.red:
        return RED
    return BLACK if score <= rules.black else ""


def desk_row(
    waited: Iterable[DeskFacts], at_once: int, objections: Iterable[bool | None], worked: Worked, now: datetime
) -> DeskRow:
    """The desk's own row. ``objections`` of the period: upheld, refused, or None while nobody has decided.

    ``waited`` had to wait for a unit, ``at_once`` is how many had not to. What ended without a unit, or still has time
    to find one, counts for neither side.
    """
    count = judged = in_time = at_once
    pooled, hours = 0, 0.0
    for each in waited:
        count += 1
        pooled += 1
        got = each.unit_at or each.ended_at
        if each.unit_at is not None or (each.ended_at is None and each.due_at < now):
            judged += 1
            in_time += each.unit_at is not None and each.unit_at <= each.due_at
        hours += worked.hours(each.filed_at, got or now)
    decided = [upheld for upheld in objections if upheld is not None]
    return DeskRow(
        filed=count,
        in_time=100.0 * in_time / judged if judged else None,
        objections=len(decided),
        upheld=100.0 * sum(decided) / len(decided) if decided else None,
        pooled=pooled,
        pool_hours=hours / pooled if pooled else None,
    )
