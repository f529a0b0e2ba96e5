"""A PostgreSQL server that is not there, or hangs: nothing is promised, nothing gives up, WeChat is still answered."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from bot.clock import FixedClock
from bot.errors import StoreUnavailable
from storage.postgres.store import PostgresStore
from tests.fakes import postgres
from tests.fakes.changesets import NOW, person, turn
from tests.fakes.desk_process import serving
from tests.fakes.wechat_api import FakeWeChat
from tests.fakes.wechat_crowd import Crowd, settings

PEOPLE = [f"oResident_{n}" for n in range(8)]


async def test_a_server_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    store = await PostgresStore.open(f"postgresql:///nobody?host={tmp_path}", clock=FixedClock(NOW))
    for n in range(3):
        with pytest.raises(StoreUnavailable):
            await store.commit(turn(person(n), 1))
        with pytest.raises(StoreUnavailable):
            await store.reader.session(person(n))
    assert store.writable  # a server may come; a disk would not
    await store.close()


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """The server and all who work for it stand still."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    first = int((Path(row[0]) / "postmaster.pid").read_text().split()[0])
    family = [first, *children(first)]
    _tell(family, signal.SIGSTOP)
    try:
        yield
    finally:
        _tell(family, signal.SIGCONT)


def _tell(family: list[int], number: signal.Signals) -> None:
    for process in family:
        with suppress(ProcessLookupError):  # one that served us a moment ago
            os.kill(process, number)


def children(parent: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


async def test_while_the_server_hangs_wechat_is_answered_and_then_everybody_once(tmp_path: Path) -> None:
    url = postgres.desk_database()
    async with FakeWeChat() as fake, serving(tmp_path / "data", settings(fake, STORAGE__URL=url)) as desk:
        crowd = Crowd(desk.url)
        assert await crowd.post(PEOPLE[0], "0", "路灯坏了")
        with hanging(url):
            for round_ in "ab":
                said = await asyncio.gather(*(crowd.post(who, f"{who}{round_}", "路灯坏了") for who in PEOPLE))
                assert said == [True] * len(PEOPLE)
            status, problems = await asyncio.to_thread(desk.get, "/readyz")
            assert status == 503
            assert f"{2 * len(PEOPLE)} messages wait in the spool" in problems
        end = time.monotonic() + 60
        while (await asyncio.to_thread(desk.get, "/readyz"))[0] != 200:
            assert time.monotonic() < end
            await asyncio.sleep(0.1)
        assert await asyncio.to_thread(desk.end, signal.SIGTERM) == 0
    with psycopg.connect(url) as connection:
        turns = connection.execute("SELECT address, message FROM turn WHERE message LIKE 'o%' ORDER BY address, seq")
        assert [key for _, key in turns] == [f"{who}{round_}" for who in PEOPLE for round_ in "ab"]
        late = connection.execute("SELECT count(*) FROM push WHERE key LIKE 'reply:wechat:o%'").fetchone()
        assert late == (2 * len(PEOPLE),)
    postgres.drop(url)
