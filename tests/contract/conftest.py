"""The stores that must keep the contract of `bot.ports.Store`, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.clock import FixedClock
from storage.postgres.store import PostgresStore
from storage.sql_store import SqlStore
from storage.store import SqliteStore
from tests.fakes import postgres
from tests.fakes.changesets import NOW

Opening = Callable[[], Awaitable[SqlStore]]


@pytest.fixture(params=["sqlite", "postgres"])
async def opening(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opening]:
    """Opens the same store again each time, closing it first."""
    opened: list[SqlStore] = []
    url = postgres.desk_database() if request.param == "postgres" else ""

    async def open_() -> SqlStore:
        while opened:
            await opened.pop().close()
        clock = FixedClock(NOW)
        store: SqlStore
        if url:
            store = await PostgresStore.open(url, clock=clock, must_answer=True)
        else:
            store = await SqliteStore.open("", tmp_path / "data", clock=clock, patience=0)
        opened.append(store)
        return store

    yield open_
    for store in opened:
        assert (await store.audit.verify()).problems == []  # whatever was done, the chained record tells it
    while opened:
        await opened.pop().close()
    if url:
        postgres.drop(url)


@pytest.fixture
async def store(opening: Opening) -> SqlStore:
    """An empty store."""
    return await opening()
