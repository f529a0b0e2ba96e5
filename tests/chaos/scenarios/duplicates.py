"""The same message again and again, in any order, to any worker (F7, F8, G5).

And its negative control: the same with the inbox's unique key removed, which must make two tickets of one matter, or
the copies prove nothing.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import closing

from tests.chaos.driver import Message
from tests.chaos.people import CONFIRM, Resident
from tests.chaos.stage import Play, Result, Stage, database_of

MESSAGES = 4_000
COPIES = 3
AT_ONCE = 64
CONTROL_MATTERS = 40


async def run(stage: Stage) -> Result:
    """Thousands of messages; of each a copy before it is answered, and more much later, in any order."""
    result = Result("duplicates")
    async with stage.play("copies", telegram=0.25) as play:
        await play.first_start()
        wanted = stage.size.times(MESSAGES)
        await _spoken(stage, play, wanted)
        await _again(play, play.driver.ledger.acked, stage)
        verdict = await play.settled()
        result.add(verdict)
        tries = sum(message.tries for message in play.driver.ledger.messages)
        result.figures |= {"messages": len(play.driver.ledger.messages), "copies sent": tries}
    return result


async def control(stage: Stage) -> Result:
    """Without the fence of the inbox, copies that come after a restart are new messages."""
    result = Result("control: fence")
    async with stage.play("unfenced", telegram=0.0) as play:
        await play.first_start()
        await play.desk.end(signal.SIGTERM)
        unfence(play)
        await play.desk.start()
        await play.desk.ready()
        await _spoken(stage, play, stage.size.times(CONTROL_MATTERS, 10))
        # The words once more, after a restart (a process remembers its last answers), and once more with everything
        # else in the order in which it was said: the desk knows somebody's words when it hears exactly the same.
        told = play.driver.ledger.acked
        for copies in ([message for message in told if message.text != CONFIRM], told):
            await play.desk.end()
            await play.desk.start()
            await play.desk.ready()
            for message in copies:
                await play.driver.post_once(message)
        await play.desk.end()
        verdict = await play.judged()
        result.add(verdict)
        stage.step("control")
    broken = {violation.invariant for violation in result.violations}
    result.caught = {"I2", "I3"} <= broken and result.figures["duplicate_tickets"] > 0
    return result


def unfence(play: Play) -> None:
    """Take away the inbox's unique key: what a broken migration would do."""
    with closing(database_of(play.database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE inbox_without_key AS SELECT * FROM inbox")
        connection.execute("DROP TABLE inbox")
        connection.execute("ALTER TABLE inbox_without_key RENAME TO inbox")
        connection.execute("COMMIT")


async def _spoken(stage: Stage, play: Play, messages: int) -> None:
    """Residents say so much, each of them one thing after the other; each message comes twice at the same time."""
    slots = asyncio.Semaphore(AT_ONCE)
    driver = play.driver

    async def talk(resident: Resident) -> None:
        async with slots:
            while resident.script:
                message = driver.message(resident, resident.script.popleft())
                await asyncio.gather(driver.deliver(message), driver.deliver(message))
                stage.step("message")

    talks = []
    left = messages
    while left > 0:
        resident = driver.crowd.next()
        left -= len(resident.script)
        talks.append(asyncio.ensure_future(talk(resident)))
    await asyncio.gather(*talks)


async def _again(play: Play, messages: Sequence[Message], stage: Stage) -> None:
    """Everything once more, shuffled; half of it after a kill, when the desk remembers nothing but its database."""
    order = list(messages)
    play.chance.shuffle(order)
    middle = len(order) // 2
    for part in (order[:middle], order[middle:]):
        slots = asyncio.Semaphore(AT_ONCE)

        async def copy(message: Message, slots: asyncio.Semaphore = slots) -> None:
            async with slots:
                await play.driver.deliver(message)

        await asyncio.gather(*(copy(message) for message in part))
        await play.desk.end()
        await play.desk.start()
        await play.desk.ready()
