"""What the store survives: killed processes, full and broken disks, foreign locks, people who give up."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.changes import Changes
from bot.clock import FixedClock
from bot.errors import AlreadyAnswered, StoreUnavailable
from bot.message import Answer
from storage.driver import Driver
from storage.store import SqliteStore
from tests.fakes.changesets import NOW, filing, person, push, pushes, session, turn

ROOT = Path(__file__).parents[2]
KILLS = 3
BEFORE_KILL = 400


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), busy_ms=20, patience=0)
    yield store
    await store.close()


async def load(folder: Path, first: int, *limit: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.store_load", str(folder), str(first), *limit),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


async def check(folder: Path, acknowledged: list[int]) -> None:
    """Everything acknowledged is there, and whatever is there is whole."""
    store = await SqliteStore.open("", folder, clock=FixedClock(NOW), patience=10)
    assert (await store.reports.health()).problem == ""
    found = {report.ticket.number: report.reporters async for report in store.reports.tickets()}
    assert {f"260304-{n:06d}" for n in acknowledged} <= set(found)
    with closing(sqlite3.connect(store.path)) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608  # names below
            for what in (
                "ticket",
                "inbox",
                "turn",
                "session",
                "reporter",
                "push",
                "timer",
                "ticket_event WHERE seq = 1",
            )
        ]
    assert set(counts) == {len(found)}
    await store.close()


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for _ in range(KILLS):
        process = await load(tmp_path, max(acknowledged, default=0) + 1000)
        assert process.stdout is not None
        for _ in range(BEFORE_KILL):
            acknowledged.append(int(await process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
        rest = await process.stdout.read()
        acknowledged += [int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
        await process.wait()
        await check(tmp_path, acknowledged)


async def test_a_quota_that_is_used_up_acknowledges_nothing_and_needs_no_new_start(tmp_path: Path) -> None:
    process = await load(tmp_path, 1, str(2 * 1024 * 1024))
    output, _ = await process.communicate()
    *acknowledged, full, room = output.decode().splitlines()
    assert full == "room False writable True StoreUnavailable"
    assert room == "room True writable True NoneType"
    assert len(acknowledged) > 100
    await check(tmp_path, [0, *(int(n) for n in acknowledged)])


@pytest.mark.parametrize("name", ["SQLITE_IOERR_FSYNC", "SQLITE_IOERR_READ", "SQLITE_CORRUPT", "SQLITE_NOTADB"])
async def test_a_disk_that_fails_ends_the_writing_until_the_store_is_opened_again(tmp_path: Path, name: str) -> None:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    await store.commit(turn(person(1), 1))

    def failing(_connection: Driver) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = name
        raise error

    with pytest.raises(StoreUnavailable, match=name):
        await store._writer.run(failing)
    assert not store.writable
    with pytest.raises(StoreUnavailable):
        await store.commit(turn(person(2), 1))
    await store.close()
    again = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    await again.commit(turn(person(2), 1))
    assert await again.reader.session(person(1)) is not None
    await again.close()


async def pages(store: SqliteStore, limit: int) -> None:
    await store._writer.run(lambda connection: connection.execute(f"PRAGMA max_page_count={limit}").fetchall())


async def test_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room(store: SqliteStore) -> None:
    await pages(store, 1)  # as small as it can be: what it has now
    full: list[int] = []
    reasons: set[str] = set()
    for n in range(60):
        try:
            await store.commit(filing(person(n), 1, f"260304-{n:05d}", key=f"m{n}"))
        except StoreUnavailable as error:
            full.append(n)
            reasons.add(error.params["why"])
    assert reasons == {"SQLITE_FULL"}
    assert store.writable
    assert [await store.reader.answered("wechat", f"m{n}") for n in full] == [None] * len(full)
    await pages(store, 1_000_000)
    for n in full:
        await store.commit(filing(person(n), 1, f"260304-{n:05d}", key=f"m{n}"))
    assert [report.reporters async for report in store.reports.tickets()] == [1] * 60
    assert (await store.reports.health()).problem == ""


async def test_a_lock_of_somebody_else_is_answered_and_passes(store: SqliteStore) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(*(store.commit(turn(person(n), 1)) for n in range(5)), return_exceptions=True)
        assert {(type(r), getattr(r, "params", {}).get("why")) for r in results} == {(StoreUnavailable, "SQLITE_BUSY")}
        assert await store.reader.session(person(1)) is None  # and reading never waits
        other.execute("ROLLBACK")
    await store.commit(turn(person(1), 1))
    assert await store.reader.session(person(1)) == session(person(1), 1)


async def test_who_gives_up_before_the_writing_begins_has_written_nothing(tmp_path: Path) -> None:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), batch_max=1, patience=0)
    first, second, third = (asyncio.create_task(store.commit(turn(person(n), 1, f"m{n}"))) for n in range(3))
    await asyncio.sleep(0)
    second.cancel()
    results = await asyncio.gather(first, second, third, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), asyncio.CancelledError, type(None)]
    assert [await store.reader.answered("wechat", f"m{n}") is not None for n in range(3)] == [True, False, True]
    await store.close()


async def test_what_has_begun_is_written_whoever_gives_up(store: SqliteStore) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(_connection: Driver) -> None:
        begun.set()
        go_on.wait()

    committing = asyncio.create_task(store.commit(turn(person(), 1, "m1")))
    holding = asyncio.create_task(store._writer.run(hold))
    await asyncio.to_thread(begun.wait)
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
    go_on.set()
    await holding
    assert await store.reader.answered("wechat", "m1") is not None


async def test_closing_writes_what_waits(tmp_path: Path) -> None:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), batch_max=2, patience=0)
    waiting = [asyncio.create_task(store.commit(turn(person(n), 1, f"m{n}"))) for n in range(9)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*waiting) == [None] * 9
    again = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), patience=0)
    assert all([await again.reader.answered("wechat", f"m{n}") for n in range(9)])
    await again.close()


async def test_when_the_writer_dies_everybody_is_told(store: SqliteStore) -> None:
    task = store._writer._task
    assert task is not None
    waiting = [asyncio.create_task(store.commit(turn(person(n), 1))) for n in range(5)]
    await asyncio.sleep(0)
    task.cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(result) for result in results} <= {StoreUnavailable, type(None)}
    assert not store.writable
    with pytest.raises(StoreUnavailable):
        await store.commit(turn(person(9), 1))


async def test_a_job_that_breaks_breaks_nobody_else(store: SqliteStore) -> None:
    def broken(connection: Driver) -> None:
        connection.execute("INSERT INTO number_block (day, next) VALUES ('x', 1)")
        raise LookupError("nobody should see this")

    results = await asyncio.gather(
        store.commit(turn(person(1), 1)),
        store._writer.run(broken),
        store.commit(turn(person(2), 1)),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == ["NoneType", "Unstorable", "NoneType"]
    assert list(await store.take_numbers("x", 3)) == [1, 2, 3]


async def test_an_empty_change_set_is_nothing(store: SqliteStore) -> None:
    await store.commit(Changes())


@pytest.mark.parametrize(("batch_max", "commits"), [(256, 2), (16, 5), (1, 60)])
async def test_what_waits_together_shares_a_commit(tmp_path: Path, batch_max: int, commits: int) -> None:
    store = await SqliteStore.open("", tmp_path, clock=FixedClock(NOW), batch_max=batch_max, patience=0)
    ran: list[str] = []
    await store._writer.outside(lambda connection: connection.set_trace_callback(ran.append))
    ran.clear()
    await asyncio.gather(*(store.commit(filing(person(n), 1, f"260304-{n:05d}")) for n in range(60)))
    assert 1 <= ran.count("COMMIT") <= commits
    assert {text for text in ran if text.startswith("BEGIN")} == {"BEGIN IMMEDIATE"}  # never upgraded on the way
    await store.close()


async def test_a_pause_after_much_work_moves_the_log(store: SqliteStore) -> None:
    loop, moved = asyncio.get_running_loop(), asyncio.Event()

    def look(text: str) -> None:
        if "wal_checkpoint" in text:
            loop.call_soon_threadsafe(moved.set)

    await store._writer.outside(lambda connection: connection.set_trace_callback(look))
    await asyncio.gather(*(store.commit(turn(person(n), 1)) for n in range(300)))
    async with asyncio.timeout(30):
        await moved.wait()
    await store.commit(turn(person(300), 1))
    assert await store.reader.session(person(300)) is not None


async def test_what_cannot_be_read_any_more_stands_in_nobodys_way(store: SqliteStore) -> None:
    await store.commit(turn(person(1), 1, "m1"))
    await store.commit(pushes(push("p1", person(1)), push("p2", person(1)), push("p3", person(2))))

    def damage(connection: Driver) -> None:
        connection.execute("UPDATE push SET reply = '{\"words\": 1}' WHERE key = 'p1'")
        connection.execute("UPDATE session SET body = '[]'")
        connection.execute("UPDATE inbox SET reply = 'x'")

    await store._writer.run(damage)
    assert [c.push.key for c in await store.claim_pushes("wechat", NOW, 10)] == ["p3"]
    assert [c.push.key for c in await store.claim_pushes("wechat", NOW, 10)] == ["p2"]
    assert [line.id for line in await store.reader.talk(person(1))] == ["m1", "p2"]
    with pytest.raises(AlreadyAnswered) as copy:
        await store.commit(turn(person(1), 2, "m1"))
    assert copy.value.answer == Answer(None, NOW)
