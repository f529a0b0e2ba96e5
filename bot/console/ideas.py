"""`ideas`: the idea store for other programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer

from bot import sheet_cells
from bot.console.options import Config, Data
from bot.domain.ideas import Lesson
from bot.domain.public import public_copy, without_numbers
from bot.domain.ticket import Ticket
from bot.domain.town import Town
from bot.export import utc
from bot.ports.idea_questions import IdeaQuestions

COLUMNS = (
    *("what", "number", "filed_at", "kind", "area", "unit", "status", "people", "outcome", "answered_at"),
    *("text", "answer", "public"),
)
AT_ONCE = 500
ALL = 100_000
"""So many lessons are written at most."""

OpenStore = Callable[[typer.Context, Path | None, Path | None], AbstractAsyncContextManager[IdeaQuestions]]
TownOf = Callable[[typer.Context, Path | None, Path | None], Town]


def ideas_command(town_of: TownOf, store_of: OpenStore) -> Callable[..., None]:
    """The command; ``store_of`` opens the ideas beside a running desk."""

    def ideas(
        context: typer.Context,
        as_csv: Annotated[bool, typer.Option("--csv", help="A table for a spreadsheet.")] = False,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Ideas with what became of them, and lessons of special cases, the newest first; telephone, ID and other long
        numbers are masked."""
        asyncio.run(_written(town_of(context, config, data), store_of(context, config, data), as_csv))

    return ideas


async def _written(town: Town, opened: AbstractAsyncContextManager[IdeaQuestions], as_csv: bool) -> None:
    async with opened as store:
        if as_csv:
            typer.echo(sheet_cells.MARK + sheet_cells.line(COLUMNS), nl=False)
        async for row in rows(town, store):
            typer.echo(sheet_cells.line(row) if as_csv else _plain(row), nl=not as_csv)


async def rows(town: Town, store: IdeaQuestions) -> AsyncIterator[tuple[object, ...]]:
    """All that is in the store, as `COLUMNS`; what stands behind the wall is left out."""
    before = ""
    while part := await store.ideas(AT_ONCE, before):
        for ticket in part:
            if not ticket.walled:
                yield _idea(town, ticket)
        before = part[-1].number
    for lesson in await store.lessons(ALL):
        yield _lesson(town, lesson)


def _idea(town: Town, ticket: Ticket) -> tuple[object, ...]:
    answer = ticket.work.last_answer
    kind, area, unit = town.kinds.get(ticket.kind), town.areas.get(ticket.area), town.units.get(ticket.unit)
    return (
        "idea",
        ticket.number,
        utc(ticket.filed_at),
        kind.name if kind else ticket.kind,
        area.name if area else ticket.area,
        unit.name if unit else ticket.unit,
        ticket.status.value,
        ticket.work.reporters,
        answer.outcome.value if answer else "",
        utc(answer.leaves_at or answer.submitted_at) if answer else "",
        without_numbers(ticket.text),
        without_numbers(answer.text) if answer else "",
        public_copy(ticket, kind),
    )


def _lesson(town: Town, lesson: Lesson) -> tuple[object, ...]:
    kind, area = town.kinds.get(lesson.kind), town.areas.get(lesson.area)
    return (
        *("lesson", lesson.source, utc(lesson.at), kind.name if kind else lesson.kind),
        *(area.name if area else lesson.area, "", "", "", "", "", without_numbers(lesson.text), "", ""),
    )


def _plain(row: tuple[object, ...]) -> str:
    _, number, filed_at, kind, _, unit, status, people, outcome, _, text, _, _ = row
    said = " ".join(str(text).split())
    parts = (number, str(filed_at)[:10], kind, unit or "-", outcome or status or "lesson", people or "-", said[:60])
    return "  ".join(map(str, parts))
