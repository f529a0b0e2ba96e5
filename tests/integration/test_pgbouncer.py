"""The store through PgBouncer in transaction mode: each transaction may be in another session of the server."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from bot.changes import Changes
from bot.clock import FixedClock
from bot.errors import AlreadyAnswered, Conflict, StoreUnavailable
from bot.ports import PushOutcome
from storage.postgres.store import PostgresStore
from tests.fakes import postgres
from tests.fakes.changesets import NOW, filing, person, push, pushes, timer, turn
from tests.fakes.desk_process import WECHAT, DeskProcess
from tests.fakes.pgbouncer import Pooler, program

MISSING = "PgBouncer is not on this machine, so nothing is known here of a desk behind it: apt-get install pgbouncer"

pytestmark = pytest.mark.skipif(program() is None, reason=MISSING)


@pytest.fixture(scope="module")
def pooler() -> Iterator[Pooler]:
    """Three server connections for everybody: they must be shared."""
    url = postgres.desk_database()
    with tempfile.TemporaryDirectory(prefix="minsheng-pgbouncer-") as folder:
        Path(folder).chmod(0o755)
        with Pooler(url, Path(folder) / "run", default_pool_size="3") as running:
            yield running
    postgres.drop(url)


async def opened(pooler: Pooler) -> PostgresStore:
    return await PostgresStore.open(pooler.url, clock=FixedClock(NOW), must_answer=True)


def test_it_is_transaction_mode(pooler: Pooler) -> None:
    with psycopg.connect(pooler.administration, autocommit=True, prepare_threshold=None) as console:
        console.execute("SHOW CONFIG", prepare=False)
        rows = {row[0]: row[1] for row in console.execute("SHOW CONFIG", prepare=False)}
    assert (rows["pool_mode"], rows["default_pool_size"]) == ("transaction", "3")


async def test_fences_pushes_timers_and_numbers_are_what_they_are_without_it(pooler: Pooler) -> None:
    one, other = await opened(pooler), await opened(pooler)
    who = person(1)
    changes = filing(who, 1, "260304-00017", key="m1")
    changes.pushes.append(push("p1", who, ticket="260304-00017"))
    await one.commit(changes)
    with pytest.raises((Conflict, AlreadyAnswered)):
        await other.commit(filing(who, 1, "260304-00024", key="m2"))
    with pytest.raises(AlreadyAnswered):
        await other.commit(filing(who, 2, "260304-00024", key="m1"))
    assert await other.reader.owns(who, "260304-00017")
    assert await other.due_timers(timer().due_at, 10) == [timer("due", "260304-00017")]
    (claimed,) = await one.claim_pushes("wechat", NOW, 10)
    assert await other.claim_pushes("wechat", NOW, 10) == []
    await one.settle_pushes([PushOutcome(claimed.id, "sent", NOW, "x1")])
    blocks = await asyncio.gather(*(store.take_numbers("260304", 8) for store in (one, other) for _ in range(10)))
    assert len({number for block in blocks for number in block}) == 160
    await one.close()
    await other.close()


async def test_more_workers_than_sessions_and_nothing_is_prepared(pooler: Pooler) -> None:
    """Six stores on three sessions, each saying the same again and again: what one prepared the next would not know."""
    stores = [await opened(pooler) for _ in range(6)]

    async def work(place: int, store: PostgresStore) -> None:
        who = person(100 + place)
        for seq in range(1, 21):
            await store.commit(turn(who, seq))
            await store.commit(pushes(push(f"{place}-{seq}", who)))
            session = await store.reader.session(who)
            assert session is not None
            assert session.seq == seq
            await store.reader.talk(who)

    await asyncio.gather(*(work(place, store) for place, store in enumerate(stores)))
    waiting = (await stores[0].reports.figures()).backlog["wechat"]
    assert waiting.count == 120
    assert await stores[0].reports.alive()
    for store in stores:
        await store.close()


async def as_a_platform(store: PostgresStore, changes: Changes) -> None:
    """Commit, and again when the answer was that nothing is known; whatever became of the first try, its keys say."""
    for _ in range(20):
        try:
            await store.commit(changes)
        except StoreUnavailable:
            await asyncio.sleep(0.05)
        except AlreadyAnswered:
            return
        else:
            return
    raise AssertionError("it never came back")


async def test_sessions_of_the_server_that_are_ended_are_opened_again(pooler: Pooler) -> None:
    store, who = await opened(pooler), person(300)
    for seq in range(1, 9):
        with psycopg.connect(postgres.server(), autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name = 'minsheng'"
            )
        await as_a_platform(store, turn(who, seq))
    found = await store.reader.session(who)
    assert found is not None
    assert found.seq == 8
    await store.close()


def test_a_whole_desk_works_behind_it(pooler: Pooler, tmp_path: Path) -> None:
    url = postgres.desk_database()
    name = urlsplit(url).path.lstrip("/")
    settings = {**WECHAT, "MINSHENG_STORAGE__URL": pooler.to(name), "MINSHENG_STORAGE__LISTEN_URL": url}
    with DeskProcess(tmp_path / "data", settings) as desk:
        desk.simulate("东棠街道云棠大道路灯坏了", "确认")
        assert desk.get("/readyz") == (200, '{"ready": true, "problems": []}')
        assert desk.end(signal.SIGTERM) == 0
        assert "a-password-of-tests" not in desk.log
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM ticket").fetchone() == (1,)
        assert connection.execute("SELECT id FROM belonging WHERE what = 'outbox'").fetchone() == ("live",)
    postgres.drop(url)
