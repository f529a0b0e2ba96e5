"""What stands behind a rehearsal: enough to look at, and nobody who interferes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import FixedClock
from bot.console.backdrop import CASES, paint
from bot.domain.boards import periods
from bot.domain.boards.periods import Span
from bot.domain.guide import Guide
from bot.domain.ticket import Status
from bot.ports import OWING, Wanted
from handlers.reckoning import board_of, heat_of
from storage.numbers import BlockNumbers
from storage.store import FILE, SqliteStore
from tests.fakes.town_hall import sample_town

WEEKS = timedelta(days=70)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize("now", [NOW, datetime(2027, 1, 2, 20, tzinfo=UTC), datetime(2026, 2, 18, 3, tzinfo=UTC)])
async def test_two_hundred_cases_of_the_last_weeks(tmp_path: Path, now: datetime) -> None:
    guide = Guide.of(sample_town())
    assert paint(tmp_path / FILE, guide, now) == CASES == 200
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(now))
    try:
        assert not await store.undrawn(1)
        assert await store.next_timer_at() is None
        everything = Wanted(since=now - WEEKS, statuses=tuple(Status))
        assert await store.reader.count(everything) == CASES
        assert await store.reader.count(Wanted(statuses=OWING)) > 5
        month = periods.of(Span.MONTH, guide.calendar.local_day(now - timedelta(days=20)), guide.calendar.zone)
        made = await board_of(store.reader, guide, month, now)
        assert sum(row.tickets for row in made.rows) > 20
        heat = await heat_of(store.reader, guide, month)
        assert heat.map.total > 20
        assert heat.points
    finally:
        await store.close()


async def test_whoever_worked_on_them_is_named_and_hears_nothing(tmp_path: Path) -> None:
    paint(tmp_path / FILE, Guide.of(sample_town()), NOW)
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW))
    try:
        directory = await store.reader.directory()
        assert not directory.active
        (one, *_) = await store.reader.tickets(Wanted(statuses=OWING), 20)
        taken = [t for t in await store.reader.tickets(Wanted(statuses=OWING), 50) if t.handler]
        assert taken
        assert all(directory.by_id[ticket.handler].name for ticket in taken)
        assert await store.reader.events(one.number)
        assert all([not await _leads_to_nowhere(store, ticket.number) for ticket in taken])
    finally:
        await store.close()


async def _leads_to_nowhere(store: SqliteStore, number: str) -> bool:
    links = await store.reader.links(number)
    return any([await store.reader.ticket(link.other) is None for link in links])


async def test_numbers_go_on_behind_those_that_are_given(tmp_path: Path) -> None:
    guide = Guide.of(sample_town())
    paint(tmp_path / FILE, guide, NOW)
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW))
    try:
        last = max(t.number for t in await store.reader.tickets(Wanted(since=NOW - WEEKS, statuses=tuple(Status)), 500))
        that_day = datetime.strptime(last[:6], "%y%m%d").replace(hour=4, tzinfo=UTC)
        number = await BlockNumbers(store.take_numbers, guide.town.timezone).next(that_day)
        assert number > last
        assert number[:6] == last[:6]
    finally:
        await store.close()
