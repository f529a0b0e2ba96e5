"""SIGKILL at random moments under load: in the middle of work, and of a start (F1-F5, G1, G3)."""

from __future__ import annotations

import asyncio
import time

from tests.chaos.oracle import Violation
from tests.chaos.stage import Play, Result, Stage, percentile

DESKS = 2
COLD = 20
"""Of so many starts one is that of a new interpreter."""
IN_FLIGHT = 16
"""Pushes of one channel that may be on their way at once (`bot.runtime.push_sender.AT_ONCE`)."""
CHANNELS = 2
LOADED = (0.1, 0.6)
"""Seconds between the first acknowledgement after a start and the next kill."""
YOUNG = 0.1
"""Chance that a desk is killed while it starts."""
LOOK = 10
"""After so many kills every page of the database is looked at too."""


async def run(stage: Stage) -> Result:
    """Kill two desks again and again, ``size.kills`` times in all."""
    result = Result("kill9")
    resumed: list[float] = []
    each = stage.size.kills // DESKS
    desks = await asyncio.gather(*(_desk(stage, f"kill{n}", each, resumed, result) for n in range(DESKS)))
    kills = sum(desks)
    result.figures |= {
        "kills": kills,
        "resume p50 s": round(percentile(resumed, 0.5), 2),
        "resume p99 s": round(percentile(resumed, 0.99), 2),
        "resume max s": round(max(resumed, default=0), 2),
        "duplicate pushes a kill": round(result.figures["duplicate_pushes"] / max(1, kills), 3),
    }
    return result


async def _desk(stage: Stage, name: str, kills: int, resumed: list[float], result: Result) -> int:
    async with stage.play(name) as play:
        await play.first_start(cold=True)
        ending = False
        load = asyncio.ensure_future(play.driver.load(stage.size.per_second / DESKS, lambda: ending))
        try:
            for number in range(1, kills + 1):
                await _round(stage, play, number, resumed, result)
                if stage.size.over:
                    break
        finally:
            ending = True
            await load
        verdict = await play.settled()
        result.add(verdict)
        _bounded(result, verdict.duplicate_pushes, play.desk.kills, name)
        for what, count in (
            ("messages", len(play.driver.ledger.messages)),
            ("calls not answered", play.driver.ledger.unanswered),
            ("given up by WeChat", play.driver.ledger.given_up),
            ("cold starts", play.desk.cold_starts),
        ):
            result.figures[what] = result.figures.get(what, 0) + count
        return play.desk.kills


async def _round(stage: Stage, play: Play, number: int, resumed: list[float], result: Result) -> None:
    """One life of a desk, to its sudden end and the start after it."""
    desk, chance = play.desk, play.chance
    if number > 1 and chance.random() < YOUNG:
        await asyncio.sleep(chance.uniform(0.0, 0.5))
    else:
        await asyncio.sleep(chance.uniform(*LOADED))
    await desk.end()
    verdict = await play.judged(whole=number % LOOK == 0)
    result.violations += verdict.violations
    began = time.monotonic()
    await desk.start(cold=number % COLD == 0)
    stage.step("kill")
    if chance.random() >= YOUNG:
        after = await play.acked_again(began)
        if after is None:
            result.violations.append(Violation("G3", "did not come up again", 1, (desk.tail()[-300:],)))
        else:
            resumed.append(after)


def _bounded(result: Result, duplicates: int, kills: int, name: str) -> None:
    """I7 over all: no more copies than pushes can have been on their way at the kills."""
    if duplicates > IN_FLIGHT * CHANNELS * kills:
        what = f"{duplicates} copies of pushes after {kills} kills"
        result.violations.append(Violation("I7", what, duplicates, (name,)))
