"""The process that draws: what it costs, what it may not, and how it ends."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from bot.domain.sheets import Sheet, TopicLine, TopicsSheet
from bot.drawings import child
from bot.drawings.artist import LENGTH, Artist, NotDrawnError

LINE = TopicLine(name="道路交通", area="东棠街道", people=3, usual=0.5, shown="3人")
SHEET = TopicsSheet(title="热点", under="云棠市", lines=(LINE,))


async def test_one_process_draws_one_after_the_other_and_leaves_nothing() -> None:
    artist = Artist()
    try:
        first, second = await artist.draw(SHEET), await artist.draw(SHEET)
        assert first == second
        assert first.startswith(b"\x89PNG")
        assert artist._child is not None
        assert artist._folder
        folder, pid = Path(artist._folder), artist._child.pid
        environment = await asyncio.to_thread(Path(f"/proc/{pid}/environ").read_bytes)
        assert {each.partition(b"=")[0] for each in environment.split(b"\0") if each} <= {
            *(b"MPLCONFIGDIR", b"MPLBACKEND", b"OPENBLAS_NUM_THREADS", b"LC_CTYPE"),
        }
    finally:
        await artist.close()
    assert not await asyncio.to_thread(folder.exists)
    assert not await asyncio.to_thread(Path(f"/proc/{pid}").exists)


async def test_a_picture_that_takes_too_long_costs_the_process_its_life() -> None:
    artist = Artist(patience=0.0)
    with pytest.raises(NotDrawnError, match="too_slow"):
        await artist.draw(SHEET)
    assert artist._child is None
    artist._patience = 30.0
    assert await artist.draw(SHEET)
    await artist.close()


async def test_a_process_that_dies_is_told_and_another_one_begins() -> None:
    artist = Artist()
    try:
        await artist.draw(SHEET)
        assert artist._child is not None
        artist._child.kill()
        with pytest.raises(NotDrawnError, match="broke_off"):
            await artist.draw(SHEET)
        assert await artist.draw(SHEET)
    finally:
        await artist.close()


class Strange(Sheet, frozen=True, kw_only=True, tag="strange"):
    """A sheet that nobody can draw."""


async def test_a_sheet_nobody_can_draw_is_none_of_the_others_fault() -> None:
    artist = Artist()
    try:
        with pytest.raises(NotDrawnError, match="wrong"):
            await artist.draw(Strange(title="", under=""))  # type: ignore[arg-type]  # on purpose
        endless = msgspec.structs.replace(LINE, people=10**400)
        with pytest.raises(NotDrawnError, match="wrong"):
            await artist.draw(msgspec.structs.replace(SHEET, lines=(endless,)))
        assert await artist.draw(SHEET)
    finally:
        await artist.close()


def test_both_sides_speak_of_the_same_length() -> None:
    assert child.LENGTH == LENGTH


async def test_the_desk_itself_never_loads_what_draws() -> None:
    check = "import sys, bot.console.serving; sys.exit('matplotlib' in sys.modules or 'PIL' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", check, cwd=Path(__file__).parents[2])
    assert await process.wait() == 0
