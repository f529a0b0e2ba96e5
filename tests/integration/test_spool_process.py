"""The real program while its database is locked, on its way out, and with messages that kill it."""

from __future__ import annotations

import asyncio
import itertools
import resource
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from storage.store import FILE
from tests.fakes.desk_process import DeskProcess, serving
from tests.fakes.wechat_api import FakeWeChat
from tests.fakes.wechat_crowd import Crowd, settings

PEOPLE = [f"oResident_{n}" for n in range(8)]


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Somebody else writes and does not come to an end."""
    with closing(sqlite3.connect(data / FILE, isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout=20000")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def asked(data: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(data / FILE)) as connection:
        return connection.execute(sql).fetchall()


def by_person(data: Path) -> dict[str, list[str]]:
    """The keys of the messages of each person, in the order in which their turns were taken."""
    found: dict[str, list[str]] = {}
    for address, key in asked(
        data, "SELECT address, message FROM turn WHERE message IS NOT NULL ORDER BY address, seq"
    ):
        found.setdefault(address.removeprefix("wechat:"), []).append(key)
    return found


async def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until something is true; fails after a long while."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110  # see below
            await asyncio.sleep(0.05)  # the desk is another process: no event of ours tells when


def answered(desk: DeskProcess) -> Callable[[], bool]:
    """Whether nothing waits in the spool any more, and nothing in the outbox."""

    def look() -> bool:
        waiting = asked(
            desk.data, "SELECT 1 FROM push WHERE state IN ('waiting', 'ready', 'resting', 'sending') LIMIT 1"
        )
        return not waiting and desk.get("/readyz")[0] == 200 and not list(desk.data.glob("spool/*/*.said"))

    return look


async def test_a_locked_database_loses_nobody_and_answers_everybody_once_in_order(tmp_path: Path) -> None:
    """Through a gentle stop while it is locked, and a start that finds it locked."""
    data = tmp_path / "data"
    keys = {person: [f"{n}{place:02}" for n in range(1, 5)] for place, person in enumerate(PEOPLE)}

    async def say(crowd: Crowd, round_: int) -> None:
        await asyncio.gather(*(crowd.say(p, keys[p][round_], f"第{round_ + 1}件：路灯坏了") for p in PEOPLE))

    async with FakeWeChat() as fake:
        async with serving(data, settings(fake)) as desk:
            crowd = Crowd(desk.url)
            with locked(data):
                await say(crowd, 0)
                _, ready = await asyncio.to_thread(desk.get, "/readyz")
                assert f"{len(PEOPLE)} messages wait in the spool" in ready
                assert "安全保存" in crowd.said[keys[PEOPLE[0]][0]]
                saying = asyncio.create_task(say(crowd, 1))
                await asyncio.sleep(0.5)
                assert await asyncio.to_thread(desk.end, signal.SIGTERM) == 0
                await asyncio.gather(saying, return_exceptions=True)
        assert fake.sent == []
        with ExitStack() as lock:
            lock.enter_context(locked(data))
            async with serving(data, settings(fake)) as desk:
                crowd.url = desk.url
                await say(crowd, 1)  # what the stop refused comes again; what it took is told to be there
                await say(crowd, 2)
                lock.close()
                await say(crowd, 3)
                await until(answered(desk))
                assert await asyncio.to_thread(desk.end, signal.SIGTERM) == 0
    assert set(crowd.acknowledged) == {key for mine in keys.values() for key in mine}
    assert by_person(data) == keys
    assert set(asked(data, "SELECT key, count(*) FROM inbox GROUP BY key")) == {
        (k, 1) for m in keys.values() for k in m
    }
    late = Counter(message["touser"] for message in fake.sent if "路灯" in message["text"]["content"])
    assert set(late) == set(PEOPLE)
    assert 3 * len(PEOPLE) <= sum(late.values()) <= 4 * len(PEOPLE)


async def test_a_stop_under_load_loses_nothing_and_further_signals_change_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with FakeWeChat() as fake, serving(data, settings(fake)) as desk:
        crowd, numbers, going = Crowd(desk.url), itertools.count(1), True

        async def write(person: str) -> None:
            while going:
                key = next(numbers)
                if not await crowd.post(person, f"{key}", f"第{key}盏路灯坏了"):
                    await asyncio.sleep(0.02)

        writing = [asyncio.create_task(write(person)) for person in PEOPLE]
        await until(lambda: len(crowd.acknowledged) > 60)
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
            desk.process.send_signal(number)
            await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(desk.end, signal.SIGTERM) == 0
        going = False
        await asyncio.gather(*writing)
        assert crowd.refused > 0
    taken = {key for (key,) in asked(data, "SELECT key FROM inbox")}
    assert set(crowd.acknowledged) <= taken
    assert not list(data.glob("spool/*/*.said"))


async def test_a_message_that_kills_the_process_is_set_aside_after_three_tries(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with FakeWeChat() as fake:
        deadly = settings(fake) | {"MINSHENG_FAILPOINTS": "turn.decide~毒药=exit"}
        async with serving(data, deadly) as desk:
            crowd = Crowd(desk.url)
            assert not await crowd.post(PEOPLE[0], "1", "毒药")
            assert await asyncio.to_thread(desk.process.wait, 60) == 137
        async with serving(data, deadly) as desk:  # it comes again, and is kept before it is tried again
            crowd.url = desk.url
            assert await crowd.post(PEOPLE[0], "1", "毒药")
            assert await asyncio.to_thread(desk.process.wait, 60) == 137
        with closing(sqlite3.connect(data / FILE)) as connection, connection:
            connection.execute("UPDATE attempt SET tries = 2")  # it has killed another worker, too
        async with serving(data, deadly) as desk:
            crowd.url = desk.url
            assert await crowd.post(PEOPLE[1], "2", "路灯坏了")
            await until(answered(desk))
            assert await crowd.post(PEOPLE[0], "3", "路灯坏了")
            await until(lambda: asked(data, "SELECT 1 FROM attempt") == [])
            await asyncio.to_thread(desk.end, signal.SIGTERM)
    assert asked(data, "SELECT key FROM quarantine") == [("1",)]
    assert sorted(asked(data, "SELECT key FROM inbox")) == [("1",), ("2",), ("3",)]
    [told] = [message["text"]["content"] for message in fake.sent if message["touser"] == PEOPLE[0]]
    assert "编号" in told
    assert "安全保存" in crowd.said["1"]


async def test_on_a_full_disk_nothing_is_promised_and_nobody_has_to_help_when_there_is_room(tmp_path: Path) -> None:
    """A process that may not make a file longer than so much has a full disk."""
    data = tmp_path / "data"
    async with FakeWeChat() as fake, serving(data, settings(fake)) as desk:

        def room(most: int) -> None:
            resource.prlimit(desk.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

        crowd = Crowd(desk.url)
        assert await crowd.post(PEOPLE[0], "1", "路灯坏了")
        room(8 * 1024)  # enough for the spool, not for the database
        assert await crowd.post(PEOPLE[1], "2", "路灯坏了")
        assert "安全保存" in crowd.said["2"]
        room(0)
        assert not await crowd.post(PEOPLE[2], "3", "路灯坏了")
        assert not await crowd.post(PEOPLE[1], "4", "门前积水")
        assert (await asyncio.to_thread(desk.get, "/readyz"))[0] == 503
        room(resource.RLIM_INFINITY)
        await until(answered(desk))
        assert await crowd.post(PEOPLE[2], "3", "路灯坏了")
        assert "安全保存" not in crowd.said["3"]
        assert await asyncio.to_thread(desk.end, signal.SIGTERM) == 0
    assert sorted(key for (key,) in asked(data, "SELECT key FROM inbox")) == ["1", "2", "3"]
    assert asked(data, "PRAGMA integrity_check") == [("ok",)]
