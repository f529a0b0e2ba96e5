"""Two workers of one desk, as processes of their own on one PostgreSQL database."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from tests.fakes import postgres
from tests.fakes.desk_process import DeskProcess, serving
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_updates import TelegramPerson

LEASE = 2.0
PATIENCE = 35.0
"""Seconds that others may take for what a dead worker did, at most (with leases of 15 s; here they are shorter)."""

VISITOR = {"Cookie": f"minsheng={'a' * 43}"}


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as running:
        yield running


@pytest.fixture
def database() -> Iterator[str]:
    url = postgres.desk_database()
    yield url
    postgres.drop(url)


def settings(url: str, telegram: FakeTelegram) -> Mapping[str, str]:
    return {
        "MINSHENG_STORAGE__URL": url,
        "MINSHENG_STORAGE__LEASE_SECONDS": str(LEASE),
        "MINSHENG_TELEGRAM__TOKEN": TOKEN,
        "MINSHENG_TELEGRAM__API_BASE": telegram.base,
    }


def asked(url: str, sql: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(sql.encode()).fetchall()


def holder(url: str, *desks: DeskProcess) -> DeskProcess | None:
    """Who has the lease of Telegram."""
    rows = asked(url, "SELECT owner FROM lease WHERE name = 'channel:telegram' AND owner <> ''")
    owner = rows[0][0] if rows else "::"
    return next((desk for desk in desks if f":{desk.process.pid}:" in owner), None)


async def texts(telegram: FakeTelegram, chat: int, count: int) -> list[str]:
    """What somebody was sent, once there is so much of it."""
    async with asyncio.timeout(PATIENCE):
        while len(telegram.texts(chat)) < count:
            await telegram.called("sendMessage", 1 + len(telegram.sent()))
    return telegram.texts(chat)


async def test_two_workers_share_one_desk(tmp_path: Path, database: str, telegram: FakeTelegram) -> None:
    """One sends at a time; a page hears of what another worker pushed; after kill -9 the other goes on."""
    given = settings(database, telegram)
    resident, other = TelegramPerson(42), TelegramPerson(43, updates=iter(range(870_000_100, 870_000_200)))
    async with AsyncExitStack() as opened:
        one, two = await asyncio.gather(
            *(opened.enter_async_context(serving(tmp_path / name, given)) for name in ("one", "two"))
        )
        first = await asyncio.to_thread(holder, database, one, two)
        assert first is not None
        second = two if first is one else one

        telegram.happen(resident.text("幸福路12号门口的路灯坏了三天"))
        assert len(await texts(telegram, 42, 1)) == 1

        await _a_page_hears_of_what_another_worker_pushed(one, two, database)

        assert (one.data / "links.key").read_bytes() == (two.data / "links.key").read_bytes()
        telegram.happen(other.text("你好"))
        await asyncio.to_thread(first.end, signal.SIGKILL)
        assert len(await texts(telegram, 43, 1)) == 1
        assert await asyncio.to_thread(holder, database, one, two) is second
        assert await asyncio.to_thread(second.end, signal.SIGTERM) == 0
    copies = Counter((sent["chat_id"], sent["text"]) for sent in telegram.sent())
    assert set(copies.values()) == {1}
    assert asked(database, "SELECT count(*) FROM lease WHERE name LIKE 'channel:%' AND owner <> ''") == [(0,)]
    assert asked(database, "SELECT count(*) FROM push WHERE state IN ('waiting', 'ready', 'sending', 'resting')") == [
        (0,)
    ]


async def _a_page_hears_of_what_another_worker_pushed(one: DeskProcess, two: DeskProcess, url: str) -> None:
    """Said to the first, heard at the second, and the first is told that the page shows it."""
    timeout = ClientTimeout(total=PATIENCE)
    async with ClientSession(headers=VISITOR, timeout=timeout) as browser, asyncio.timeout(PATIENCE):
        async with browser.get(f"{two.url}chat/events") as page:
            message = {"kind": "text", "key": "k" * 16, "text": "幸福路12号门口的路灯坏了三天"}
            async with browser.post(f"{one.url}chat/messages", json=message) as taken:
                assert taken.status == 200
            line = await _line(page)
        async with browser.post(f"{one.url}chat/shown", json={"ids": [line["id"]]}) as shown:
            assert shown.status == 204
    states = await asyncio.to_thread(asked, url, "SELECT state FROM push WHERE address LIKE 'web:%'")
    assert states == [("told",)]


async def _line(page: ClientResponse) -> dict[str, Any]:
    """The first line that the page is written."""
    event = ""
    async for raw in page.content:
        text = raw.decode().strip()
        event = text.removeprefix("event: ") if text.startswith("event: ") else event
        if text.startswith("data: ") and event == "line":
            found: dict[str, Any] = json.loads(text.removeprefix("data: "))
            return found
    raise AssertionError("the page was let go")
