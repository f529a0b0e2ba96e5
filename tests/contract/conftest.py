"""The stores that must keep the contract of `bot.ports.Store`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.clock import FixedClock
from bot.ports import Store
from storage.store import SqliteStore
from tests.fakes.changesets import NOW

Opening = Callable[[], Awaitable[SqliteStore]]


@pytest.fixture
async def opening(tmp_path: Path) -> AsyncIterator[Opening]:
    """Opens the same store again each time, closing it first."""
    opened: list[SqliteStore] = []

    async def open_() -> SqliteStore:
        while opened:
            await opened.pop().close()
        store = await SqliteStore.open("", tmp_path / "data", clock=FixedClock(NOW), patience=0)
        opened.append(store)
        return store

    yield open_
    while opened:
        await opened.pop().close()


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, opening: Opening) -> Store:
    """An empty store; a second database joins by one more name here."""
    assert request.param == "sqlite"
    return await opening()
