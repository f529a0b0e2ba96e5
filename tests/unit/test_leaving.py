"""When a running desk goes, and why."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from bot.console.leaving import SIGNALS, Leaving
from bot.errors import StoreUnavailable


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_signal_begins_the_end_and_more_of_them_change_nothing(number: signal.Signals) -> None:
    leaving = Leaving()
    assert not leaving.told.is_set()
    for _ in range(3):
        os.kill(os.getpid(), number)
        await leaving.told.wait()
    assert 0.5 <= leaving.left(8.5) <= 8.5
    assert leaving.left(-100) == 0.5
    leaving.over()
    os.kill(os.getpid(), number)  # and in the very last moment neither
    leaving.check()


async def test_a_database_that_takes_nothing_any_more_ends_it_with_a_reason() -> None:
    leaving, writable = Leaving(), True
    leaving.watch(lambda: writable)
    await asyncio.sleep(0)
    assert not leaving.told.is_set()
    leaving.over()
    writable = False
    leaving = Leaving()
    leaving.watch(lambda: writable)
    await leaving.told.wait()
    leaving.over()
    with pytest.raises(StoreUnavailable, match="error of the disk"):
        leaving.check()
