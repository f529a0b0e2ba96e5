"""The page that says what is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.catalogue import Catalogue
from bot.web.privacy import routes

LOCALES = Path(__file__).parent.parent.parent / "locales"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(routes(Catalogue.load(LOCALES).words, ("zh_CN", "en")))
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "accept", "says"),
    [
        ("", "", "我们保存什么"),
        ("", "en-GB,en;q=0.9", "What we keep"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "我们保存什么"),
        ("?lang=en", "zh-CN", "What we keep"),
        ("?lang=../../etc", "", "我们保存什么"),
    ],
)
async def test_it_speaks_the_readers_language(client: Client, query: str, accept: str, says: str) -> None:
    answer = await client.get(f"/privacy{query}", headers={"Accept-Language": accept})
    assert answer.status == 200
    assert says in await answer.text()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
