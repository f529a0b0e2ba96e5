"""Messages that break what answers them, or take the whole process with them, one in a thousand (F28)."""

from __future__ import annotations

import asyncio

from bot.failpoints import EXIT_CODE
from tests.chaos.oracle import Violation
from tests.chaos.people import Resident
from tests.chaos.stage import Play, Result, Stage

MESSAGES = 3000
ONE_IN = 1000
BREAKS, KILLS = "毒蘑菇", "断肠草"
"""Words nobody says: at the one the use case raises, at the other the process is gone."""

ORDERS = f"turn.decide~{BREAKS}=raise,turn.decide~{KILLS}=exit"
STARTS = 60


async def run(stage: Stage) -> Result:
    """Among ordinary messages some that are poison; whoever sent one can go on, and so can everybody else."""
    result = Result("poison")
    async with stage.play("poison", telegram=0.3) as play:
        await play.first_start(orders=ORDERS)
        ending = False
        keeper = asyncio.ensure_future(_kept_alive(play, lambda: ending))
        wanted = stage.size.times(MESSAGES, 200)
        poisoned = [_poisoner(play, number) for number in range(2 * max(1, wanted // ONE_IN))]
        total = len(play.driver.ledger.messages)
        load = asyncio.ensure_future(
            play.driver.load(stage.size.per_second / 2, lambda: len(play.driver.ledger.messages) - total >= wanted)
        )
        talks = [asyncio.ensure_future(_talk(play, resident)) for resident in poisoned]
        await load
        stage.step("load")
        done, late = await asyncio.wait(talks, timeout=120)
        stage.step("poison")
        for task in late:
            task.cancel()
        result.violations += [Violation("F28", "somebody who sent poison cannot go on", len(late), ())] if late else []
        await play.driver.finish(60)
        ending = True
        deaths = await keeper
        result.add(await play.settled())
        result.figures |= {
            "messages": wanted,
            "poisonous": len(poisoned),
            "deaths": deaths,
            "talks that went on": len(done),
        }
    return result


def _poisoner(play: Play, number: int) -> Resident:
    resident = play.driver.crowd.next()
    resident.script.appendleft(f"{(BREAKS, KILLS)[number % 2]}，第{number}个")
    return resident


async def _talk(play: Play, resident: Resident) -> None:
    """Poison, and then an ordinary matter of the same person, which must be answered."""
    first = play.driver.message(resident, resident.script.popleft())
    await play.driver.deliver(first)
    while resident.script:
        message = play.driver.message(resident, resident.script.popleft())
        while not message.acked_at:
            await play.driver.deliver(message)


async def _kept_alive(play: Play, ended: object) -> int:
    """Start the desk again whenever it dies, as systemd does; how often that was."""
    assert callable(ended)
    deaths = 0
    while not ended():
        try:
            code = await play.desk.gone(0.2)
        except TimeoutError:
            continue
        deaths += 1
        if code != EXIT_CODE or deaths > STARTS:
            raise AssertionError(f"the desk ended with {code}, {deaths} deaths: {play.desk.tail()}")
        await play.desk.start(ORDERS)
        await play.desk.ready()
    return deaths
