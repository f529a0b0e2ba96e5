"""What a worker may believe of its leases, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.changes import Changes, Timer
from bot.clock import FixedClock
from bot.errors import StoreUnavailable
from bot.message import Delivered, Push, Reply
from bot.ports.leasing import CHANNEL, Lease, Standing
from bot.runtime.leases import Leases, Tenure
from bot.runtime.push_sender import PushSender
from bot.runtime.timer_firer import GRACE, TimerFirer
from tests.fakes.memory_store import MemoryStore
from tests.fakes.scripted_channel import ScriptedChannel, SlowPace
from tests.fakes.small_desk import RESIDENT, SmallDesk

CHAT = f"{CHANNEL}chat"


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@dataclass
class Table:
    """The leases of all workers, by a clock of its own: the database's."""

    clock: FixedClock = field(default_factory=FixedClock)
    alone: bool = False
    rows: dict[str, tuple[str, int, float]] = field(default_factory=dict)  # owner, term, until
    away: bool = False
    slow: float = 0.0
    workers: dict[str, float] = field(default_factory=dict)
    asked: int = 0

    async def keep_leases(self, owner: str, names: Collection[str], ttl: timedelta) -> Standing:
        if self.away:
            raise StoreUnavailable()
        self.asked += 1
        now = self.clock.monotonic()
        self.workers[owner] = now + ttl.total_seconds()
        there = sorted(name for name, until in self.workers.items() if until > now)
        share = -(-sum(not name.startswith(CHANNEL) for name in names) // len(there))
        terms: dict[str, int] = {}
        mine = [name for name in sorted(names) if self.rows.get(name, ("",))[0] == owner]
        for name in [*mine, *sorted(set(names) - set(mine))]:
            holder, term, until = self.rows.get(name, ("", 0, 0.0))
            jobs = sum(not taken.startswith(CHANNEL) for taken in terms)
            beyond = not name.startswith(CHANNEL) and name not in mine and jobs >= share
            if (holder == owner or until <= now) and not beyond:
                terms[name] = term + (holder != owner)
                self.rows[name] = (owner, terms[name], now + ttl.total_seconds())
        self.clock.advance(seconds(self.slow))
        return Standing(terms, there, share)

    async def give_back(self, owner: str, names: Sequence[str] | None = None) -> None:
        for name, (holder, term, _) in list(self.rows.items()):
            if holder == owner and (names is None or name in names):
                self.rows[name] = ("", term, 0.0)
        if names is None:
            self.workers.pop(owner, None)


def worker(table: Table, name: str, *wanted: str) -> Leases:
    leases = Leases(table, table.clock, 15.0, owner=name)
    for each in wanted or (CHAT,):
        leases.tenure(each)
    return leases


async def test_a_lease_is_trusted_three_seconds_less_than_it_lasts() -> None:
    table = Table()
    leases = worker(table, "one")
    await leases.once()
    tenure = leases.tenure(CHAT)
    assert tenure.held() == Lease(CHAT, 1)
    table.clock.advance(seconds(11.9))
    assert tenure.held() == Lease(CHAT, 1)
    table.clock.advance(seconds(0.2))
    assert tenure.held() is None


async def test_trust_counts_from_the_beginning_of_the_attempt() -> None:
    """The database took five seconds to answer: they are not ours."""
    table = Table(slow=5.0)
    leases = worker(table, "one")
    await leases.once()
    table.clock.advance(seconds(7.1))
    assert leases.tenure(CHAT).held() is None


async def test_trust_ends_before_anybody_else_can_take_over() -> None:
    table = Table()
    one, two = worker(table, "one"), worker(table, "two")
    await one.once()
    await two.once()
    table.away = True
    while one.tenure(CHAT).held() is not None:
        table.clock.advance(seconds(0.5))
    table.away = False
    await two.once()
    assert two.tenure(CHAT).held() is None  # still the first one's in the table
    table.clock.advance(seconds(3))
    await two.once()
    assert two.tenure(CHAT).held() == Lease(CHAT, 2)


async def test_renewals_come_three_times_in_a_life() -> None:
    assert worker(Table(), "one").idle() == 5.0


async def test_whoever_is_overtaken_hears_of_it_and_whoever_takes_over_is_woken() -> None:
    table, woken = Table(), asyncio.Event()
    one, two = worker(table, "one"), worker(table, "two")
    two.tenure(CHAT).taken.append(woken.set)
    await one.once()
    await two.once()
    assert not woken.is_set()
    table.clock.advance(seconds(16))
    await two.once()
    assert woken.is_set()
    await one.once()
    assert one.tenure(CHAT).held() is None


async def test_what_is_given_back_is_anothers_at_once() -> None:
    table = Table()
    one, two = worker(table, "one"), worker(table, "two")
    await one.once()
    await one.release()
    assert one.tenure(CHAT).held() is None
    await two.once()
    assert two.tenure(CHAT).held() == Lease(CHAT, 2)


async def test_jobs_move_to_who_came_later_and_channels_stay() -> None:
    table, jobs = Table(), ("copies", "drawings", "pictures", "words")
    one, two = worker(table, "one", CHAT, *jobs), worker(table, "two", CHAT, *jobs)
    await one.once()
    assert all(one.tenure(name).held() for name in (CHAT, *jobs))
    for _ in range(3):
        await two.once()
        await one.once()
    await two.once()
    held = [[name for name in (CHAT, *jobs) if each.tenure(name).held()] for each in (one, two)]
    assert held == [[CHAT, "copies", "drawings"], ["pictures", "words"]]
    assert (one.place, two.place) == ((0, 2), (1, 2))


async def test_whoever_is_alone_renews_nothing_every_few_seconds() -> None:
    table = Table(alone=True)
    leases = worker(table, "one")
    for _ in range(100):
        await leases.once()
        table.clock.advance(seconds(30))
    assert (table.asked, leases.tenure(CHAT).held()) == (1, Lease(CHAT, 1))


async def test_two_owners_are_never_called_the_same() -> None:
    table = Table()
    assert Leases(table, table.clock).owner != Leases(table, table.clock).owner


# -- the sender --------------------------------------------------------------------------------------------------------


class Post:
    """Two senders of one channel over one store; each has a channel of its own to see what it sent."""

    def __init__(self) -> None:
        self.small = SmallDesk()
        self.store: MemoryStore = self.small.store
        self.channels = [ScriptedChannel(pace=SlowPace(free=99)) for _ in range(2)]
        self.tenures = [Tenure(CHAT, self.small.clock.monotonic) for _ in range(2)]
        self.senders = [
            PushSender(
                channel,
                self.store,
                self.small.clock,
                self.small.metrics,
                self._gone,
                asyncio.Event(),
                tenure=tenure,
            )
            for channel, tenure in zip(self.channels, self.tenures, strict=True)
        ]

    async def _gone(self, address: object) -> None:
        raise AssertionError("nobody is gone")

    def take(self, which: int, term: int) -> None:
        """Give the lease to one of them."""
        self.tenures[which].term = self.store.terms[CHAT] = term
        self.tenures[which].until = self.small.clock.monotonic() + 12

    async def put(self, *keys: str) -> None:
        for number, key in enumerate(keys):
            address = type(RESIDENT)("chat", f"p{number}")
            push = Push(key=key, address=address, reply=Reply(key), created_at=self.small.clock.now())
            await self.store.commit(Changes(at=self.small.clock.now(), pushes=[push]))

    async def sending(self, which: int, count: int) -> None:
        """Let the loop turn until so many are on their way."""
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(self.channels[which].under_way) == count

    def sent(self, which: int) -> list[str]:
        return [push.key for push in self.channels[which].delivered]

    def refused(self, where: str) -> float:
        return self.small.count("minsheng_fences_refused_total", where=where)


async def test_only_whoever_has_the_lease_sends() -> None:
    post = Post()
    await post.put("a")
    post.take(1, 1)
    assert [await sender.once() for sender in post.senders] == [0, 1]
    assert (post.sent(0), post.sent(1)) == ([], ["a"])


async def test_a_sender_whose_trust_is_over_claims_nothing() -> None:
    post = Post()
    await post.put("a")
    post.take(0, 1)
    post.small.clock.advance(seconds(13))
    assert await post.senders[0].once() == 0
    assert post.store.states["a"] == "ready"


async def test_a_zombie_settles_nothing_and_what_it_sent_is_at_most_sent_once_more() -> None:
    """It stands still in the middle of sending; the other takes over; then it goes on."""
    post = Post()
    await post.put("a")
    post.take(0, 1)
    post.channels[0].gate = asyncio.Event()
    sending = asyncio.get_running_loop().create_task(post.senders[0].once())
    await post.sending(0, 1)
    post.small.clock.advance(seconds(20))
    post.take(1, 2)
    assert await post.senders[1].once() == 1
    assert post.store.outcomes["a"].message_id == "m1"
    post.channels[0].outcomes = [Delivered("of a zombie")]
    post.channels[0].gate.set()
    await sending
    assert await post.senders[0].once() == 0
    assert post.store.outcomes["a"].message_id == "m1"
    assert (post.sent(0), post.sent(1), post.refused("settle")) == (["a"], ["a"], 1)


async def test_what_a_zombie_has_not_begun_is_never_begun() -> None:
    post = Post()
    await post.put(*(f"p{n}" for n in range(20)))  # more than go at once
    post.take(0, 1)
    post.channels[0].gate = asyncio.Event()
    sending = asyncio.get_running_loop().create_task(post.senders[0].once())
    await post.sending(0, 16)
    post.small.clock.advance(seconds(20))
    post.take(1, 2)
    await post.senders[1].once()
    post.channels[0].gate.set()
    await sending
    assert (len(post.sent(0)), len(post.sent(1))) == (16, 20)
    assert post.refused("send") == 4


async def test_whoever_takes_over_begins_without_anything_in_reserve() -> None:
    post = Post()
    post.take(0, 1)
    for _ in range(3):
        await post.senders[0].once()
    pace = post.channels[0].pace
    assert isinstance(pace, SlowPace)
    assert pace.begins == 1


async def test_outcomes_of_an_earlier_term_are_not_written_under_a_later_one() -> None:
    """Lost and got back: what was sent in between was sorted out by somebody else."""
    post = Post()
    await post.put("a")
    post.take(0, 1)
    post.channels[0].gate = asyncio.Event()
    sending = asyncio.get_running_loop().create_task(post.senders[0].once())
    await post.sending(0, 1)
    post.take(0, 3)
    post.channels[0].gate.set()
    await sending
    await post.senders[0].once()
    assert post.refused("settle") == 1
    assert post.sent(0) == ["a", "a"]


# -- timers ------------------------------------------------------------------------------------------------------------


class Rota:
    """Several workers that fire the timers of one store."""

    def __init__(self, workers: int) -> None:
        self.small = SmallDesk()
        self.fired: list[list[Timer]] = [[] for _ in range(workers)]
        self.firers = [
            TimerFirer(
                self.small.store,
                self.small.clock,
                self._by(number),
                asyncio.Event(),
                place=lambda number=number: (number, workers),  # type: ignore[misc]  # bound now, as it must be
            )
            for number in range(workers)
        ]

    def _by(self, number: int):  # type: ignore[no-untyped-def]  # a coroutine function
        async def fire(timer: Timer) -> bool:
            self.fired[number].append(timer)
            await self.small.store.commit(Changes(at=self.small.clock.now(), fired=timer))
            return True

        return fire

    async def set(self, count: int) -> list[Timer]:
        now = self.small.clock.now()
        timers = [Timer("rung", f"2603-{n}", now - seconds(count - n)) for n in range(count)]
        await self.small.store.commit(Changes(at=now, timers=timers))
        return timers


async def test_workers_share_the_timers_and_no_one_works_on_anothers() -> None:
    rota = Rota(3)
    timers = await rota.set(300)
    for _ in range(3):
        for firer in rota.firers:
            await firer.once()
    assert sorted(t.subject for part in rota.fired for t in part) == sorted(t.subject for t in timers)
    assert all(60 < len(part) < 140 for part in rota.fired)


async def test_a_dead_workers_timers_are_fired_by_the_others_a_little_later() -> None:
    rota = Rota(2)
    timers = await rota.set(40)
    await rota.firers[0].once()
    assert 0 < len(rota.fired[0]) < 40
    rota.small.clock.advance(seconds(GRACE / 2))
    await rota.firers[0].once()
    assert len(rota.fired[0]) < 40
    rota.small.clock.advance(seconds(GRACE))
    await rota.firers[0].once()
    assert len(rota.fired[0]) == len(timers)


@pytest.mark.parametrize(("workers", "longest"), [(1, 30.0), (2, 1.0)])
async def test_with_others_one_looks_more_often(workers: int, longest: float) -> None:
    rota = Rota(workers)
    await rota.firers[0].once()
    assert rota.firers[0].idle() == longest
