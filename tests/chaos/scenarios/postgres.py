"""The database goes away: PostgreSQL killed under load, and its connections ended at random (F24, F26, G10)."""

from __future__ import annotations

import asyncio
import time

from tests.chaos.fleet import fleet
from tests.chaos.stage import Result, Stage, percentile

KILLS = 20
TERMINATED = 1000
AT_ONCE = 8
WORKERS = 2


async def run(stage: Stage) -> Result:
    """Kill -9 for the server, and for thousand of its back ends one by one, while residents speak."""
    result = Result("postgres")
    away: list[float] = []
    async with fleet(stage, "server", WORKERS, telegram=0.4) as desk:
        await desk.start()
        ending = False
        load = asyncio.ensure_future(desk.driver.load(stage.size.per_second / 4, lambda: ending))
        try:
            for _ in range(stage.size.times(KILLS)):
                await asyncio.sleep(desk.chance.uniform(0.3, 1.2))
                began = time.monotonic()
                await desk.cluster.kill()
                await desk.cluster.start_again()
                away.append(time.monotonic() - began)
                stage.step("server")
            ended, wanted = 0, stage.size.times(TERMINATED)
            while ended < wanted:
                now = await desk.cluster.terminate(desk.database, min(AT_ONCE, wanted - ended))
                ended += now
                for _ in range(now):
                    stage.step("back end")
                await asyncio.sleep(0.05)
        finally:
            ending = True
            await load
        verdict = await desk.settled(spools=True)
        result.add(verdict)
        result.figures |= {
            "servers killed": desk.cluster.kills,
            "server away p50 s": round(percentile(away, 0.5), 2),
            "server away max s": round(max(away, default=0.0), 2),
            "back ends ended": ended,
            "answered late": verdict.late,
            "order of two spools swapped": verdict.swapped,
        }
    return result
