"""The power is off (F6, G2): everything that was not synced is gone, or some of it, and nothing acknowledged may be.

And its negative control: the same desk with ``synchronous=NORMAL``, which must lose acknowledged messages, or the
cuts prove nothing.
"""

from __future__ import annotations

import asyncio
import signal

from tests.chaos import disk
from tests.chaos.stage import Play, Result, Stage

CUTS = 16
CONTROL_CUTS = 2
LOADED = (0.2, 0.7)
ACKED = 30
"""A control is cut after so many acknowledgements at least: else it might have nothing to lose."""


async def run(stage: Stage) -> Result:
    """Cut the power of a desk that syncs as it should."""
    result = Result("power_cut")
    async with stage.play("cut") as play:
        await _made(play)
        cuts, lost = stage.size.times(CUTS), 0
        for number in range(cuts):
            lost += await _cut(stage, play, some=number % 2 == 1)
            verdict = await play.judged(whole=True)
            result.violations += verdict.violations
            stage.step("cut")
            if stage.size.over:
                break
        await play.desk.start()
        await play.desk.ready()
        result.add(await play.settled())
        result.figures |= {"cuts": number + 1, "unsynced writes dropped": lost}
    return result


async def control(stage: Stage) -> Result:
    """Cut the power of a desk that does not wait for its disk; the oracle must find what is lost."""
    result = Result("control: NORMAL")
    lost = 0
    async with stage.play("careless") as play:
        await _made(play)
        for _ in range(stage.size.times(CONTROL_CUTS)):
            await _cut(stage, play, some=False, careless=True)
            verdict = await play.judged(whole=True)
            result.violations += verdict.violations
            lost = max(lost, verdict.lost)
            stage.step("cut")
    result.figures |= {"acknowledged": verdict.acknowledged, "lost": lost}
    result.caught = lost > 0 and any(violation.invariant == "I1" for violation in result.violations)
    return result


async def _made(play: Play) -> None:
    """Have the database made: from the first cut on it is an old one."""
    await play.first_start()
    code = await play.desk.end(signal.SIGTERM)
    if code:
        raise AssertionError(f"a gentle stop ended with {code}: {play.desk.tail()}")


async def _cut(stage: Stage, play: Play, *, some: bool, careless: bool = False) -> int:
    """A life on a disk that forgets, and its end. Returns how many writes had not been synced."""
    shadow = play.desk.data.with_name(f"{play.desk.data.name}-shadow")
    await play.desk.start(twist={"disk": str(shadow), "careless": careless})
    if not await play.desk.ready():
        raise AssertionError(play.desk.tail())
    ending = False
    load = asyncio.ensure_future(play.driver.load(stage.size.per_second / 2, lambda: ending))
    await asyncio.sleep(play.chance.uniform(*LOADED))
    if careless:
        await play.acknowledged(ACKED)
    await play.desk.end()
    ending = True
    await load
    return disk.cut(shadow, play.desk.data, play.chance, some=some)
