"""Timers fire when they are due, those of one person in order; and a worker that repeats and never gives up."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.changes import Changes, Timer
from bot.domain.people import Address
from bot.errors import MediaUnavailable, StoreUnavailable
from bot.runtime.metrics import Metrics
from bot.runtime.timer_firer import AGAIN, AT_ONCE, BATCH, WHILE_BUSY, TimerFirer
from bot.runtime.worker import Worker
from tests.fakes.small_desk import RESIDENT, SmallDesk

WANG = Address("chat", "wang")


class Firing:
    """A firer over a store in memory; what fires is written into ``fired``."""

    def __init__(self) -> None:
        self.small = SmallDesk()
        self.store = self.small.store
        self.wake = asyncio.Event()
        self.fired: list[str] = []
        self.under_way: list[Address | str] = []
        self.refused: set[str] = set()
        self.error: Exception | None = None
        self.firer = TimerFirer(self.store, self.small.clock, self._fire, self.wake)

    async def _fire(self, timer: Timer) -> bool:
        who = timer.address or timer.subject
        assert who not in self.under_way
        self.under_way.append(who)
        await asyncio.sleep(0)
        self.under_way.remove(who)
        if self.error is not None:
            raise self.error
        if timer.subject in self.refused:
            return False
        self.fired.append(timer.subject)
        await self.store.commit(Changes(fired=timer, at=self.small.clock.now()))
        return True

    async def put(self, subject: str, seconds: float, address: Address | None = RESIDENT) -> Timer:
        due = self.small.clock.now() + timedelta(seconds=seconds)
        timer = Timer("draft", subject, due, 0, address)
        await self.store.commit(Changes(at=self.small.clock.now(), timers=[timer]))
        self.firer.expect(due)
        return timer

    def pass_(self, seconds: float) -> None:
        self.small.clock.advance(timedelta(seconds=seconds))


async def test_only_what_is_due_fires_and_once() -> None:
    firing = Firing()
    await firing.put("now", 0)
    await firing.put("soon", 3)
    assert await firing.firer.once() == 1
    assert await firing.firer.once() == 0
    assert firing.fired == ["now"]
    firing.pass_(3)
    assert await firing.firer.once() == 1
    assert firing.fired == ["now", "soon"]


async def test_it_sleeps_exactly_until_the_next_is_due() -> None:
    firing = Firing()
    await firing.put("soon", 3)
    await firing.firer.once()
    assert firing.firer.idle() == 3
    firing.pass_(2.9)
    assert firing.firer.idle() == pytest.approx(0.1)
    assert await firing.firer.once() == 0


async def test_it_never_sleeps_longer_than_half_a_minute() -> None:
    firing = Firing()
    await firing.firer.once()
    assert firing.firer.idle() == 30
    await firing.put("tomorrow", 86_400)
    await firing.firer.once()
    assert firing.firer.idle() == 30


async def test_a_new_timer_wakes_it_only_when_it_is_the_earliest() -> None:
    firing = Firing()
    await firing.put("soon", 3)
    await firing.firer.once()
    firing.wake.clear()
    await firing.put("later", 4)
    assert not firing.wake.is_set()
    await firing.put("sooner", 2)
    assert firing.wake.is_set()
    assert firing.firer.idle() == 2


async def test_a_timer_set_before_the_first_look_does_not_put_it_off() -> None:
    firing = Firing()
    left = Timer("draft", "of the last run", firing.small.clock.now(), 0, RESIDENT)
    await firing.store.commit(Changes(at=firing.small.clock.now(), timers=[left]))
    await firing.put("later", 3_600)
    assert firing.firer.idle() == 0.0
    assert await firing.firer.once() == 1


async def test_a_timer_set_while_it_looks_is_not_missed() -> None:
    firing = Firing()

    async def fire(timer: Timer) -> bool:
        await firing.put("set meanwhile", 1)
        firing.store.timers.clear()  # as if the question for the next one had been asked just before
        return True

    firing.firer = TimerFirer(firing.store, firing.small.clock, fire, firing.wake)
    await firing.put("first", 0)
    await firing.firer.once()
    assert firing.firer.idle() == 1


async def test_the_clock_set_forward_or_back_neither_loses_nor_repeats_a_timer() -> None:
    firing = Firing()
    await firing.put("in an hour", 3600)
    await firing.firer.once()
    firing.pass_(3600)
    await firing.firer.once()
    firing.pass_(-3600)
    await firing.firer.once()
    firing.pass_(7200)
    await firing.firer.once()
    assert firing.fired == ["in an hour"]


async def test_those_of_one_person_fire_in_order_and_one_by_one() -> None:
    firing = Firing()
    for n in range(20):
        await firing.put(str(n), n * 0.001)
        await firing.put(f"w{n}", n * 0.001, WANG)
    firing.pass_(1)
    assert await firing.firer.once() == 40
    assert [subject for subject in firing.fired if subject.isdigit()] == [str(n) for n in range(20)]


async def test_more_than_a_batch_is_fired_batch_by_batch_without_sleeping() -> None:
    firing = Firing()
    for n in range(501):
        await firing.put(str(n), 0, Address("chat", str(n)))
    assert await firing.firer.once() == 500
    assert firing.firer.idle() == 0
    assert await firing.firer.once() == 1


async def test_one_that_cannot_fire_rests_and_stands_in_nobodys_way() -> None:
    firing = Firing()
    firing.refused = {"stubborn"}
    await firing.put("stubborn", 0)
    await firing.put("good", 0, WANG)
    assert await firing.firer.once() == 1
    assert firing.firer.idle() == AGAIN.total_seconds()
    await firing.put("new", 1)
    assert firing.firer.idle() == 1
    firing.pass_(2)
    firing.refused = set()
    assert await firing.firer.once() == 2
    assert sorted(firing.fired) == ["good", "new", "stubborn"]


async def test_with_the_store_away_it_says_so_and_tries_again_soon() -> None:
    firing = Firing()
    firing.error = StoreUnavailable()
    await firing.put("now", 0)
    with pytest.raises(StoreUnavailable):
        await firing.firer.once()
    assert firing.firer.idle() == AGAIN.total_seconds()
    firing.error = None
    firing.pass_(2)
    assert await firing.firer.once() == 1


# The worker


async def test_a_worker_repeats_while_there_is_work_and_then_sleeps_until_woken() -> None:
    wake, asleep, woken = asyncio.Event(), asyncio.Event(), asyncio.Event()
    found = [1, 1, 0, 0]
    rounds = 0

    async def once() -> int:
        nonlocal rounds
        rounds += 1
        if len(found) == 1:
            woken.set()
        return found.pop(0)

    def idle() -> float:
        asleep.set()
        return 30.0

    worker = Worker("test", once, idle, wake, Metrics())
    worker.start()
    await asleep.wait()
    assert rounds == 3
    wake.set()
    await woken.wait()
    assert rounds == 4
    found.append(0)
    await worker.stop(5)


async def test_a_worker_survives_errors_and_counts_them() -> None:
    metrics, wake, tried = Metrics(), asyncio.Event(), asyncio.Event()
    errors: list[Exception] = [ValueError("first")]

    async def once() -> int:
        if errors:
            raise errors.pop()
        tried.set()
        return 0

    worker = Worker("test", once, 30.0, wake, metrics)
    worker.start()
    await asyncio.wait_for(tried.wait(), 10)
    await worker.stop(5)
    assert metrics.registry.get_sample_value("minsheng_errors_total", {"where": "test"}) == 1


async def test_files_that_are_away_are_no_failure_of_a_worker() -> None:
    metrics, tried = Metrics(), asyncio.Event()

    async def once() -> int:
        tried.set()
        raise MediaUnavailable(why="media: away")

    worker = Worker("test", once, 30.0, asyncio.Event(), metrics)
    worker.start()
    await asyncio.wait_for(tried.wait(), 10)
    await worker.stop(5)
    assert worker.failures == 0
    assert metrics.registry.get_sample_value("minsheng_errors_total", {"where": "test"}) == 1


async def test_stopping_a_worker_finishes_what_is_in_hand() -> None:
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def once() -> int:
        begun.set()
        await go_on.wait()
        finished.set()
        return 1

    worker = Worker("test", once, 30.0, asyncio.Event(), Metrics())
    worker.start()
    await begun.wait()
    stopping = asyncio.create_task(worker.stop(5))
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert finished.is_set()


async def test_stopping_a_worker_that_hangs_ends_it_after_a_while() -> None:
    begun, cut_off = asyncio.Event(), asyncio.Event()

    async def once() -> int:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut_off.set()
            raise
        return 1

    worker = Worker("test", once, 30.0, asyncio.Event(), Metrics())
    worker.start()
    await begun.wait()
    await worker.stop(0.01)
    assert cut_off.is_set()


# Intake first


async def test_while_messages_are_answered_a_timer_waits_a_little_and_no_longer() -> None:
    firing = Firing()
    asked = 0

    def busy() -> bool:
        nonlocal asked
        asked += 1
        return asked <= 4

    firing.firer = TimerFirer(firing.store, firing.small.clock, firing._fire, firing.wake, busy)
    await firing.put("patient", 0)
    assert await firing.firer.once() == 1
    assert asked == 5  # it went on as soon as nobody was being answered

    firing.firer = TimerFirer(firing.store, firing.small.clock, firing._fire, firing.wake, lambda: True)
    await firing.put("due all the same", 0)
    assert await firing.firer.once() == 1
    assert firing.fired == ["patient", "due all the same"]


async def test_while_messages_are_answered_few_timers_go_on_at_once() -> None:
    firing = Firing()
    most = 0

    async def fire(timer: Timer) -> bool:
        nonlocal most
        most = max(most, len(firing.under_way) + 1)
        return await firing._fire(timer)

    async def most_at_once(busy: bool) -> int:
        nonlocal most
        most = 0
        firing.firer = TimerFirer(firing.store, firing.small.clock, fire, firing.wake, lambda: busy)
        for n in range(100):
            await firing.put(f"{busy}{n}", 0, Address("chat", str(n)))
        assert await firing.firer.once() == 100
        return most

    assert await most_at_once(busy=True) == WHILE_BUSY
    assert await most_at_once(busy=False) == AT_ONCE


async def test_behind_a_pile_of_old_timers_the_newest_go_first() -> None:
    firing = Firing()
    for n in range(BATCH + 10):
        await firing.put(f"old{n}", n * 0.001, Address("chat", str(n)))
    firing.pass_(3600)
    await firing.put("card", -1, WANG)
    assert await firing.firer.once() == BATCH + 1
    assert firing.fired[0] == "card"
    assert await firing.firer.once() == 10


async def test_those_of_one_person_keep_their_order_even_then() -> None:
    firing = Firing()
    for n in range(BATCH):
        await firing.put(f"old{n}", n * 0.001, Address("chat", str(n)) if n else WANG)
    firing.pass_(3600)
    await firing.put("card", -1, WANG)
    await firing.firer.once()
    assert firing.fired.index("old0") < firing.fired.index("card")
