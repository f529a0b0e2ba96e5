"""Several workers append to one chain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.changes import Changes
from bot.clock import FixedClock
from storage.postgres.store import PostgresStore
from tests.fakes import postgres
from tests.fakes.audited_desk import looked
from tests.fakes.changesets import NOW, filing, person

WORKERS, EACH = 3, 40


@pytest.fixture
async def stores() -> AsyncIterator[list[PostgresStore]]:
    url = postgres.desk_database()
    async with AsyncExitStack() as opened:
        opened.callback(postgres.drop, url)
        made = []
        for _ in range(WORKERS):
            made.append(await PostgresStore.open(url, clock=FixedClock(NOW), batch_max=4, must_answer=True))
            opened.push_async_callback(made[-1].close)
        yield made


async def test_workers_that_write_at_the_same_time_write_one_chain(stores: list[PostgresStore]) -> None:
    commits = []
    for place, store in enumerate(stores):
        for n in range(place * EACH + 1, (place + 1) * EACH + 1):
            number = f"260304-{n:05d}"
            commits.append(store.commit(filing(person(n), 1, number)))
            commits.append(store.commit(Changes(at=NOW, looked=[looked("card", number), looked("list")])))
    await asyncio.gather(*commits)
    report = await stores[0].audit.verify()
    assert report.problems == []
    assert report.entries == WORKERS * EACH * 3
    assert (await stores[1].audit.head()) == report.last
