"""The wall clock is set while the desk runs (F18, G11): a second, an hour, a day, both ways, and over a change of
summer time in a town that has one. No step of the ladder may be climbed twice, be left out or be late.
"""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.townfile import SAMPLE
from tests.chaos.oracle import Violation, sqlite
from tests.chaos.stage import Play, Result, Stage, steer

STEPS = (1.0, -1.0, 3600.0, -3600.0, 86_400.0, -86_400.0, 3 * 86_400.0)
ZONE = "America/New_York"
CHANGES = (datetime(2027, 3, 14, 1, 30, tzinfo=ZoneInfo(ZONE)), datetime(2027, 11, 7, 0, 30, tzinfo=ZoneInfo(ZONE)))
"""Half an hour before the clocks of that town go forward, and before they go back."""

OVER = 3 * 3600.0
LIVED = 1.5
PER_SECOND = 20.0
ATTENTION = 40.0
"""Seconds after a clock was set within which what is due must be done: nobody sleeps longer than 30."""

CLIMBED = (
    "SELECT kind, subject, level, count(*) FROM fired WHERE kind IN ('rung', 'card')"
    " GROUP BY kind, subject, level HAVING count(*) > 1"
)
TOLD = "SELECT key, count(*) FROM note GROUP BY key HAVING count(*) > 1"


async def run(stage: Stage) -> Result:
    """Set the clock to and fro under load, in the sample town and in one with summer time."""
    result = Result("clocks")
    attention: list[float] = []
    async with stage.play("clock", telegram=0.4) as play:
        await _begun(stage, play, 0.0)
        for step in STEPS:
            await _lived(play)
            _set(play, play.driver.shift + step)
            stage.step(f"{step:+.0f} s")
        await _looked(play, attention, result)
        await _judged(play, result)
    for number, change in enumerate(CHANGES):
        async with stage.play(f"summer{number}", {"MINSHENG_TOWN": str(_town(stage))}, telegram=0.4) as play:
            await _begun(stage, play, (change - datetime.now(UTC)).total_seconds())
            await _lived(play)
            _set(play, play.driver.shift + OVER)
            await _lived(play)
            await _looked(play, attention, result)
            await _judged(play, result)
            stage.step(f"summer time {number}")
    result.figures |= {"settings": len(STEPS) + len(CHANGES), "done after at most s": round(max(attention), 1)}
    return result


def _town(stage: Stage) -> Path:
    """The sample town, elsewhere."""
    folder = stage.folder / f"{stage.name}-town"
    if not folder.exists():
        shutil.copytree(SAMPLE, folder)
        town = folder / "town.toml"
        words = town.read_text("utf-8")
        assert "Asia/Shanghai" in words
        town.write_text(words.replace("Asia/Shanghai", ZONE), "utf-8")
    return folder


def _set(play: Play, shift: float) -> None:
    assert play.desk.steer is not None
    play.driver.shift = shift
    steer(play.desk.steer, shift)


async def _begun(stage: Stage, play: Play, shift: float) -> None:
    play.desk.steer = stage.folder / f"{play.desk.data.name}-steer"
    _set(play, shift)
    await play.first_start()


async def _lived(play: Play) -> None:
    end = time.monotonic() + LIVED
    await play.driver.load(PER_SECOND, lambda: time.monotonic() >= end)


async def _looked(play: Play, attention: list[float], result: Result) -> None:
    """How long it takes until all is done that is due by the new clock."""
    began = time.monotonic()
    if not await play.quiet(ATTENTION):
        result.violations.append(Violation("G11", "what is due is not done in time", 1, (play.desk.name,)))
    attention.append(time.monotonic() - began)


async def _judged(play: Play, result: Result) -> None:
    verdict = await play.settled()
    with sqlite(play.database) as ask:
        verdict.add(
            "G11", "one step climbed twice", (f"{kind} {subject} {level}" for kind, subject, level, _ in ask(CLIMBED))
        )
        verdict.add("G11", "told twice", (key for key, _ in ask(TOLD)))
    result.add(verdict)
