"""Ticket numbers out of the store: never one twice, whatever restarts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import FixedClock
from bot.domain.numbers import parse
from bot.errors import StoreUnavailable
from storage.numbers import BlockNumbers
from storage.store import SqliteStore

EVENING = datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai


async def opened(folder: Path) -> SqliteStore:
    return await SqliteStore.open("", folder, clock=FixedClock(EVENING), patience=0)


async def test_numbers_are_valid_and_never_given_twice(tmp_path: Path) -> None:
    given: list[str] = []
    for _ in range(2):  # a restart leaves a gap, never a second one
        store = await opened(tmp_path)
        both = [BlockNumbers(store.take_numbers, "Asia/Shanghai") for _ in range(2)]  # as two processes would
        given += await asyncio.gather(*(numbers.next(EVENING) for numbers in both for _ in range(300)))
        await store.close()
    assert len(set(given)) == len(given) == 1200
    assert all(parse(number) == number for number in given)


async def test_a_small_day_begins_with_one_and_has_no_gaps(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    numbers = BlockNumbers(store.take_numbers, "Asia/Shanghai")
    assert [(await numbers.next(EVENING))[:-1] for _ in range(20)] == [f"260304-{n:04d}" for n in range(1, 21)]
    await store.close()


async def test_the_date_is_the_towns(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    numbers = BlockNumbers(store.take_numbers, "Asia/Shanghai")
    moments = [EVENING, EVENING + timedelta(seconds=1), EVENING]  # midnight, and a clock that goes back
    assert [(await numbers.next(moment))[:-1] for moment in moments] == ["260304-0001", "260305-0001", "260304-0002"]
    for day in range(10):
        await numbers.next(EVENING + timedelta(days=day))
    assert len(numbers._left) == 3
    await store.close()


async def test_no_number_without_a_store(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await BlockNumbers(store.take_numbers, "Asia/Shanghai").next(EVENING)
