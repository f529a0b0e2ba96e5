"""``boards``: the ranking of a period for other programs; works beside a running desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer

from bot import board_table
from bot.catalogue import DEFAULT_LOCALE, Catalogue
from bot.console.options import Config, Data
from bot.domain.boards import periods
from bot.domain.boards.periods import Period, Span
from bot.domain.boards.ranking import Board
from bot.domain.guide import Guide
from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.ports.board_questions import BoardQuestions
from bot.turn import Voice

OpenStore = Callable[[typer.Context, Path | None, Path | None], AbstractAsyncContextManager[BoardQuestions]]
GuideOf = Callable[[typer.Context, Path | None, Path | None], Guide]


def boards_command(guide_of: GuideOf, store_of: OpenStore, locales: Path, clock: Clock) -> Callable[..., None]:
    """The command; ``store_of`` opens the store beside a running desk."""

    def boards(
        context: typer.Context,
        period: Annotated[str, typer.Option(help="2026-W10, 2026-03 or 2026-Q1; left out: last week.")] = "",
        as_csv: Annotated[bool, typer.Option("--csv", help="A table for a spreadsheet.")] = False,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """The ranking of units in a period, by the figures of the rule book."""
        guide = guide_of(context, config, data)
        wanted = _period(guide, period, clock)
        board = asyncio.run(_made(guide, store_of(context, config, data), wanted, clock))
        if as_csv:
            typer.echo(board_table.as_csv(board, guide.town), nl=False)
            return
        from handlers.supervisor import board_words

        voice = Voice(Catalogue.load(locales).words(DEFAULT_LOCALE), DEFAULT_LOCALE, guide.town)
        typer.echo(voice.words("board.head", period=board_words.period_name(voice, wanted)))
        typer.echo("\n".join(board_words.ranking(voice, board)) or voice.words("board.empty"))

    return boards


def _period(guide: Guide, key: str, clock: Clock) -> Period:
    from handlers.reckoning import last_full

    if not key:
        return last_full(guide, Span.WEEK, clock.now())
    found = periods.read(key, guide.calendar.zone)
    if found is None:
        raise ConfigurationError("--period", f"{key!r} is no period; write 2026-W10, 2026-03 or 2026-Q1")
    return found


async def _made(
    guide: Guide, opened: AbstractAsyncContextManager[BoardQuestions], period: Period, clock: Clock
) -> Board:
    from handlers.reckoning import board_of

    async with opened as read:
        return await board_of(read, guide, period, clock.now())
