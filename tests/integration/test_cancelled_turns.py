"""Whoever waits may go at any moment: nothing is half done, no transaction stays open, a repeat finds its answer."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bot.domain.people import Address
from bot.message import InboundMessage, Reply
from bot.runtime.dispatcher import Dispatcher
from storage.store import SqliteStore
from tests.fakes.small_desk import CHAT, SmallDesk

TURNS, PEOPLE = 300, 15


async def test_turns_that_are_cancelled_anywhere_leave_nothing_behind(tmp_path: Path) -> None:
    dice = random.Random(31)  # the same every time
    small = SmallDesk(traits=replace(CHAT, answers_at_once=True))
    store = await SqliteStore.open("", tmp_path, clock=small.clock, patience=0)
    dispatcher = Dispatcher(replace(small.desk, store=store))
    messages = [
        small.message(f"{n}", f"m{n}", address=Address("chat", f"p{dice.randrange(PEOPLE)}")) for n in range(TURNS)
    ]

    async def given_up(message: InboundMessage) -> None:
        taking = asyncio.create_task(dispatcher.take(message))
        for _ in range(dice.randrange(40)):
            await asyncio.sleep(0)
        if dice.random() < 0.3:
            await asyncio.sleep(0.002)  # now it may be in the writer's thread
        taking.cancel()
        await asyncio.wait([taking])

    for at in range(0, TURNS, 50):
        await asyncio.gather(*map(given_up, messages[at : at + 50]))
    await dispatcher.drain()
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout=5000")
        other.execute("BEGIN IMMEDIATE")  # nobody holds a lock
        written = other.execute("SELECT count(*) FROM inbox").fetchone()[0]
        other.execute("ROLLBACK")
        assert 0 < written < TURNS  # some were cut off before they were written, some after
        answers = [(await dispatcher.take(message)).reply for message in messages]
        assert answers == [Reply(message.text) for message in messages]
        assert other.execute("SELECT count(*), count(DISTINCT key) FROM inbox").fetchone() == (TURNS, TURNS)
        turns = other.execute("SELECT address, count(*), max(seq) FROM turn GROUP BY address").fetchall()
        assert len(turns) == PEOPLE
        assert all(count == last for _, count, last in turns)  # no step of anybody is missing
    await store.close()
