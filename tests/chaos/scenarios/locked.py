"""The database is there and takes nothing: somebody else holds its lock (F13, F26, G6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from bot.failpoints import EXIT_CODE
from tests.chaos.oracle import Violation
from tests.chaos.stage import Play, Result, Stage, database_of, percentile

SECONDS = 60.0
PER_SECOND = 40.0
ANSWERED = 4.5
"""Seconds within which WeChat must have its answer, whatever happens."""

BORDERS = ("spool.written=exit@2", "spool.kept=exit@3", "spool.answered=exit@5")
HELD = 4.0
"""Seconds for which the lock is held at each border of the spool."""


async def run(stage: Stage) -> Result:
    """Hold the lock for a minute under load; then shorter, while the desk dies at the borders of the spool."""
    result = Result("locked")
    async with stage.play("lock", telegram=0.3) as play:
        await play.first_start()
        seconds = min(SECONDS, SECONDS * stage.size.factor)
        async with _loaded(play):
            await asyncio.sleep(1.0)
            before = len(play.driver.ledger.messages)
            await _held(play, seconds)
        during = play.driver.ledger.messages[before:]
        await play.driver.landed(30.0)
        stage.step("minute")
        async with _loaded(play):
            for order in BORDERS:
                await _border(play, order, result)
                stage.step(order)
        verdict = await play.settled()
        result.add(verdict)
    took = [message.took for message in during if message.channel == "wechat" and message.acked_at]
    late = [took_ for took_ in took if took_ > ANSWERED]
    if late:
        result.violations.append(Violation("G6", f"answers that took more than {ANSWERED} s", len(late), ()))
    unheard = [message.stored_key for message in during if message.channel == "wechat" and not message.acked_at]
    if unheard:
        result.violations.append(Violation("G6", "messages WeChat has given up", len(unheard), tuple(unheard[:3])))
    result.figures |= {
        "seconds locked": seconds,
        "messages meanwhile": len(during),
        "answered late": verdict.late,
        "answer p50 s": round(percentile(took, 0.5), 2),
        "answer p99 s": round(percentile(took, 0.99), 2),
        "answer max s": round(max(took, default=0.0), 2),
    }
    return result


@asynccontextmanager
async def _loaded(play: Play) -> AsyncIterator[None]:
    """Residents speak all the while."""
    ending = False
    load = asyncio.ensure_future(play.driver.load(PER_SECOND, lambda: ending))
    try:
        yield
    finally:
        ending = True
        await load


async def _held(play: Play, seconds: float) -> None:
    """Somebody else begins to write and does not come to an end."""
    with closing(database_of(play.database)) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        await asyncio.sleep(seconds)
        connection.execute("ROLLBACK")


async def _border(play: Play, order: str, result: Result) -> None:
    """The lock is held, and the desk dies where the spool writes, or where it has answered."""
    await play.desk.end()
    await play.desk.start(order)
    await play.desk.ready()
    await _held(play, HELD)
    try:
        code = await play.desk.gone(30.0)
    except TimeoutError:
        result.violations.append(Violation("F26", f"the border {order} was not reached", 1, ()))
    else:
        if code != EXIT_CODE:
            result.violations.append(Violation("F26", f"ended with {code}", 1, (order, play.desk.tail()[-200:])))
    await play.desk.end()
    verdict = await play.judged()
    result.violations += verdict.violations
    await play.desk.start()
    await play.desk.ready()
