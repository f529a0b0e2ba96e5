"""Two workers on one PostgreSQL: they race, their connections are cut, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest

from bot.changes import Changes
from bot.clock import FixedClock
from bot.domain.people import Address
from bot.errors import AlreadyAnswered, Conflict, StoreUnavailable
from bot.message import Lane, Push, Reply
from storage.postgres.store import PostgresStore
from tests.fakes import postgres
from tests.fakes.changesets import NOW, answer, person, turn


@pytest.fixture
async def workers() -> AsyncIterator[tuple[PostgresStore, PostgresStore, str]]:
    """Two stores on one database, and its URL."""
    url = postgres.desk_database()
    clock = FixedClock(NOW)
    stores = [await PostgresStore.open(url, clock=clock, must_answer=True) for _ in range(2)]
    yield stores[0], stores[1], url
    for store in stores:
        await store.close()
    postgres.drop(url)


def told(address: Address, key: str) -> Push:
    return Push(key=key, address=address, reply=Reply(key), created_at=NOW, lane=Lane.REPLY)


async def came_true(store: PostgresStore, changes: Changes) -> bool:
    """Commit like a platform that repeats what was not answered; False when another was first."""
    while True:
        try:
            await store.commit(changes)
        except StoreUnavailable:
            await asyncio.sleep(0.01)
        except AlreadyAnswered as found:
            return found.answer == changes.answer
        except Conflict:
            return False
        else:
            return True


async def test_of_two_who_decide_on_the_same_state_one_wins(workers: tuple[PostgresStore, PostgresStore, str]) -> None:
    one, two, _ = workers
    races = [
        asyncio.gather(came_true(one, turn(person(n), 1, f"a{n}")), came_true(two, turn(person(n), 1, f"b{n}")))
        for n in range(150)
    ]
    results = await asyncio.gather(*races)
    assert all(sorted(result) == [False, True] for result in results)
    assert await one._readers.rows("SELECT count(*) FROM inbox") == [(150,)]


async def test_copies_of_a_message_on_two_workers_are_one(workers: tuple[PostgresStore, PostgresStore, str]) -> None:
    one, two, _ = workers
    copies = [came_true(store, turn(person(n), 1, f"k{n}")) for n in range(100) for store in (one, two, one)]
    assert all(await asyncio.gather(*copies))
    assert await one._readers.rows("SELECT count(*) FROM inbox") == [(100,)]


async def test_only_the_first_of_a_line_may_go_whoever_put_it_there(
    workers: tuple[PostgresStore, PostgresStore, str],
) -> None:
    one, two, _ = workers
    to = [person(n) for n in range(20)]
    many = [
        store.commit(Changes(at=NOW, pushes=[told(address, f"{place}:{n}:{address.id}") for address in to]))
        for n in range(10)
        for place, store in enumerate((one, two))
    ]
    await asyncio.gather(*many)
    ready = await one._readers.rows("SELECT address, count(*) FROM push WHERE state = 'ready' GROUP BY address")
    assert sorted(ready) == sorted((str(address), 1) for address in to)
    assert await one._readers.rows("SELECT count(*) FROM push WHERE state = 'waiting'") == [(380,)]


async def test_connections_that_are_cut_lose_and_repeat_nothing(
    workers: tuple[PostgresStore, PostgresStore, str],
) -> None:
    one, two, url = workers
    cuts, people = 0, iter(range(400))

    async def speak(store: PostgresStore) -> None:
        for n in people:
            assert await came_true(store, turn(person(n), 1))

    speaking = asyncio.gather(*(speak(store) for store in (one, two) for _ in range(4)))
    while not speaking.done():
        cuts += await _cut(url)
        await asyncio.sleep(0.02)
    await speaking
    assert cuts > 0
    assert await one._readers.rows("SELECT count(*), count(DISTINCT key) FROM inbox") == [(400, 400)]
    assert await two._readers.rows("SELECT count(*) FROM session") == [(400,)]


async def _cut(url: str) -> int:
    """Have the server end a connection, as a failover does to all; how many were ended."""
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
    )
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return (await connection.execute(others)).rowcount


async def test_a_commit_whose_end_nobody_heard_is_found_by_its_key(
    workers: tuple[PostgresStore, PostgresStore, str],
) -> None:
    store, _, _ = workers
    thread: Any = store._thread
    done: Callable[[Any], Any] = thread._done
    deaf = iter([True])

    def unheard(work: Callable[[Any], Any]) -> Any:
        def and_lost(driver: Any) -> Any:
            class Losing:
                """Says COMMIT, and loses the connection before it hears of it."""

                connection = property(lambda self: driver.connection)

                def __getattr__(self, name: str) -> Any:
                    return getattr(driver, name)

                def execute(self, sql: str, *parameters: Any) -> Any:
                    found = driver.execute(sql, *parameters)
                    if sql == "COMMIT" and next(deaf, False):
                        driver.connection.close()
                        raise psycopg.OperationalError("server closed the connection unexpectedly")
                    return found

            return work(Losing())

        return done(and_lost)

    thread._done = unheard
    changes = turn(person(), 1, "once")
    with pytest.raises(AlreadyAnswered) as found:
        await store.commit(changes)
    assert found.value.answer == answer()
    assert next(deaf, None) is None
    assert await store._readers.rows("SELECT count(*) FROM inbox") == [(1,)]


async def test_a_server_that_is_away_is_unavailable_and_not_an_end() -> None:
    store = await PostgresStore.open("postgresql://postgres@127.0.0.1:9/desk", clock=FixedClock(NOW))
    with pytest.raises(StoreUnavailable):
        await store.commit(turn(person(), 1))
    with pytest.raises(StoreUnavailable):
        await store.reader.session(person())
    assert store.writable
    await store.close()
