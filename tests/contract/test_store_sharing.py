"""Two stores on one PostgreSQL database: what one commits the other hears of, sees, and cannot spoil."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest

from bot.changes import Changes
from bot.clock import FixedClock, SystemClock
from bot.domain.people import Address
from bot.message import Answer, InboundMessage, MessageKind, Reply
from bot.ports import PushOutcome
from bot.ports.waking import Wake
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.leases import Leases
from bot.turn import Turn
from storage.postgres.store import PostgresStore
from storage.waking import LONGEST, read, written
from tests.fakes import postgres
from tests.fakes.changesets import NOW, file, joining, person, push, pushes, staff, timer
from tests.fakes.small_desk import SmallDesk

A = person(1)
SECONDS = 20.0


class Heard:
    """Wakes as they come."""

    def __init__(self) -> None:
        self.wakes: list[Wake] = []
        self._came = asyncio.Event()

    def __call__(self, wake: Wake) -> None:
        self.wakes.append(wake)
        self._came.set()

    async def next(self) -> Wake:
        """The next wake that is about something, in time."""
        async with asyncio.timeout(SECONDS):
            while not self.wakes:
                self._came.clear()
                await self._came.wait()
        return self.wakes.pop(0)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    url = await asyncio.to_thread(postgres.desk_database)
    yield url
    await asyncio.to_thread(postgres.drop, url)


@pytest.fixture
async def stores(url: str) -> AsyncIterator[tuple[PostgresStore, PostgresStore]]:
    clock = FixedClock(NOW)
    one = await PostgresStore.open(url, clock=clock, must_answer=True)
    two = await PostgresStore.open(url, clock=clock, must_answer=True)
    yield one, two
    await one.close()
    await two.close()


@pytest.fixture
async def heard(stores: tuple[PostgresStore, PostgresStore], url: str) -> Heard:
    """What the second hears, from when it listens."""
    found = Heard()
    stores[1].hear(found)
    stores[1].listen(url)
    assert (await found.next()).everything  # nobody knows what was said before
    return found


async def test_one_wake_tells_of_a_batch(stores: tuple[PostgresStore, PostgresStore], heard: Heard) -> None:
    one, _ = stores
    changes = pushes(push("p", A))
    changes.timers.append(timer(hours=0))
    changes.attachments.append(file("f", A))
    await one.commit(changes)
    wake = await heard.next()
    assert (wake.pushes, wake.timer_at, wake.files, wake.staff) == (("wechat",), NOW, True, False)


async def test_what_is_kept_is_told_with_the_address_and_nothing_else(
    stores: tuple[PostgresStore, PostgresStore], heard: Heard
) -> None:
    one, _ = stores
    await one.commit(pushes(push("p", A)))
    assert (await heard.next()).pushes
    (claimed,) = await one.claim_pushes("wechat", NOW, 1)
    await one.settle_pushes([PushOutcome(claimed.id, "kept", NOW)])
    wake = await heard.next()
    assert wake == Wake(kept=(str(A),), by=wake.by)


async def test_a_store_does_not_wake_itself(stores: tuple[PostgresStore, PostgresStore], heard: Heard) -> None:
    one, two = stores
    await two.commit(pushes(push("mine", A)))
    await one.commit(pushes(push("theirs", person(2, "telegram"))))
    assert (await heard.next()).pushes == ("telegram",)


async def test_leases_given_back_are_told(stores: tuple[PostgresStore, PostgresStore], heard: Heard) -> None:
    await stores[0].give_back("one")
    assert (await heard.next()).leases


async def test_staff_changed_by_another_are_known_at_once_where_one_listens(
    stores: tuple[PostgresStore, PostgresStore], heard: Heard
) -> None:
    one, two = stores
    assert not (await two.reader.directory()).by_id
    await one.commit(joining(staff("s1", A)))
    assert (await heard.next()).staff
    assert list((await two.reader.directory()).by_id) == ["s1"]


async def test_staff_changed_by_another_are_known_a_second_later_where_nobody_listens(url: str) -> None:
    clock = FixedClock(NOW)
    one = await PostgresStore.open(url, clock=SystemClock(), must_answer=True)
    two = await PostgresStore.open(url, clock=clock, must_answer=True)
    assert not (await two.reader.directory()).by_id
    await one.commit(joining(staff("s1", A)))
    assert not (await two.reader.directory()).by_id
    clock.at = clock.at.replace(second=clock.at.second + 2)
    assert list((await two.reader.directory()).by_id) == ["s1"]
    await one.close()
    await two.close()


async def test_a_listener_that_was_cut_off_listens_again_and_looks_everywhere(
    stores: tuple[PostgresStore, PostgresStore], heard: Heard, url: str
) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"

    def cut() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(end)

    await asyncio.to_thread(cut)
    assert (await heard.next()).everything
    await stores[0].commit(pushes(push("p", A)))
    assert (await heard.next()).pushes == ("wechat",)


def test_a_wake_is_short_and_says_nothing_to_nobody() -> None:
    assert written(Wake(by="me")) == ""
    long = Wake(kept=tuple(str(person(n)) * 9 for n in range(200)), files=True)
    assert len(written(long).encode()) < LONGEST
    assert read(written(long)) == Wake(files=True)
    assert read("of another version") is None
    assert read('{"news": 1}') == Wake()


async def _counted(turn: Turn) -> Reply:
    return Reply(f"{turn.session.seq}")


async def test_two_dispatchers_answer_one_person_in_one_order(stores: tuple[PostgresStore, PostgresStore]) -> None:
    """Twelve messages of one person, three times each, to two workers at the same moment: each is answered once."""
    person_ = Address("chat", "li")
    small = SmallDesk(handle=_counted)
    dispatchers = [Dispatcher(replace(small.desk, store=store), alone=False) for store in stores]
    messages = [
        InboundMessage(address=person_, key=f"m{n}", kind=MessageKind.TEXT, at=NOW, text=f"{n}") for n in range(12)
    ]
    answers = await asyncio.gather(
        *(dispatchers[(n + copy) % 2].take(each) for copy in range(3) for n, each in enumerate(messages))
    )
    by_message = [{_said(answer) for answer in answers[n::12]} for n in range(12)]
    assert all(len(said) == 1 for said in by_message)
    assert sorted(int(said.pop()) for said in by_message) == list(range(12))


def _said(answer: Answer) -> str:
    assert answer.reply is not None
    return answer.reply.text


async def test_a_worker_that_ends_hands_on_at_once(stores: tuple[PostgresStore, PostgresStore], heard: Heard) -> None:
    one, two = stores
    clock = FixedClock(NOW)
    first, second = Leases(one, clock), Leases(two, clock)
    for leases in (first, second):
        leases.tenure("channel:wechat")
    await first.once()
    await second.once()
    assert second.tenure("channel:wechat").held() is None
    await first.release()
    assert (await heard.next()).leases
    await second.once()
    held = second.tenure("channel:wechat").held()
    assert held is not None
    assert held.term == 2


async def test_changes_that_say_nothing_to_others_wake_nobody(
    stores: tuple[PostgresStore, PostgresStore], heard: Heard
) -> None:
    one, _ = stores
    await one.commit(Changes(at=NOW, timers=[timer(hours=2)]))  # found in time by everybody who looks
    await one.commit(pushes(push("p", A)))
    assert (await heard.next()).pushes == ("wechat",)
