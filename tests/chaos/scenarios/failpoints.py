"""A desk that ends exactly at a border of commit, answer or send (F1-F5, F20): at each of them, several times."""

from __future__ import annotations

import asyncio
import time

from bot.failpoints import EXIT_CODE, POINTS
from tests.chaos.oracle import Violation
from tests.chaos.scenarios.kill9 import CHANNELS, IN_FLIGHT
from tests.chaos.stage import Play, Result, Stage
from tests.fakes.telegram_api import StoredFile

RUNS = 2
"""At each border."""
DESKS = 2
ORDERED = len(POINTS)
PATIENCE = 20.0
"""Seconds a desk may take to come to its border under load."""


async def run(stage: Stage) -> Result:
    """Each border in turn, shared among desks that are killed side by side."""
    result = Result("failpoints")
    points = [point for point in POINTS if not point.startswith("timer.")] + ["timer.before_fire", "timer.after_fire"]
    runs = stage.size.times(RUNS)
    orders = [(point, nth) for point in points for nth in _times(runs)]
    shares = [orders[n::DESKS] for n in range(DESKS)]
    hits = await asyncio.gather(*(_desk(stage, f"border{n}", share, result) for n, share in enumerate(shares)))
    result.figures |= {"borders": len(points), "ended there": sum(hits), "orders": len(orders)}
    return result


def _times(runs: int) -> list[int]:
    """Which passing of a border is the last: the first, and later ones."""
    return [1 + 7 * n for n in range(runs)]


async def _desk(stage: Stage, name: str, orders: list[tuple[str, int]], result: Result) -> int:
    hits = 0
    async with stage.play(name, telegram=0.5) as play:
        await play.first_start()
        await play.desk.end()
        ending = False
        load = asyncio.ensure_future(play.driver.load(stage.size.per_second / 4, lambda: ending))
        photos = asyncio.ensure_future(_photos(play, lambda: ending))
        try:
            for point, nth in orders:
                await play.desk.start(f"{point}=exit@{nth}")
                try:
                    code = await play.desk.gone(PATIENCE)
                except TimeoutError:
                    result.violations.append(Violation("F1", f"the border {point} was not reached", 1, (str(nth),)))
                    await play.desk.end()
                else:
                    hits += 1
                    if code != EXIT_CODE:
                        result.violations.append(Violation("F1", f"ended with {code}", 1, (point, play.desk.tail())))
                verdict = await play.judged()
                result.violations += verdict.violations
                stage.step(point)
        finally:
            ending = True
            await asyncio.gather(load, photos)
        await play.desk.start()
        await play.desk.ready()
        verdict = await play.settled()
        result.add(verdict)
        if verdict.duplicate_pushes > IN_FLIGHT * CHANNELS * len(orders):
            result.violations.append(Violation("I7", "too many copies of pushes", verdict.duplicate_pushes, (name,)))
    return hits


async def _photos(play: Play, ended: object) -> None:
    """Somebody sends photos all the time, so that there is always one to be fetched."""
    assert callable(ended)
    number = 0
    while not ended():
        number += 1
        name = f"photo-{number}"
        play.platforms.telegram.files[name] = StoredFile(f"{name} {time.time_ns()}".encode() * 50, f"photos/{name}.jpg")
        resident = play.driver.crowd.photographer(number)
        message = play.driver.message(resident, f"/photo {name}")
        try:
            await asyncio.wait_for(play.driver.deliver(message), 3)
        except TimeoutError:
            continue
        await asyncio.sleep(0.2)
