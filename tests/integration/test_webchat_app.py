"""The application around all channels: health, metrics, and one shape for what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from bot.errors import Forged, Malformed, NotFound, StoreUnavailable
from bot.web import KEYS, build_app
from tests.fakes.web_desk import key_words

Client = TestClient[Any, Any]
SECRET = "token-4711"
FAILURES: dict[str, BaseException] = {
    "forged": Forged(),
    "malformed": Malformed(),
    "missing": NotFound(),
    "away": StoreUnavailable(),
    "slow": TimeoutError(),
    "gone": ConnectionResetError(),
    "broken": RuntimeError(f"cannot use {SECRET}"),
}
problems: list[str] = []


async def fail(request: web.Request) -> web.StreamResponse:
    raise FAILURES[request.match_info["how"]]


async def body(request: web.Request) -> web.StreamResponse:
    return web.Response(text=str(len(await request.read())))


async def moved(request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/healthz")


async def ready() -> list[str]:
    return problems


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    problems.clear()
    routes = [web.get("/fail/{how}", fail), web.post("/body", body), web.get("/moved", moved)]
    app = build_app(routes, ready, lambda: b"desk_up 1\n", key_words, body_bytes=1000)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_health_readiness_and_metrics(client: Client) -> None:
    assert await (await client.get("/healthz")).json() == {"alive": True}
    fine = await client.get("/readyz")
    assert (fine.status, await fine.json()) == (200, {"ready": True, "problems": []})
    problems.append("the database is away")
    bad = await client.get("/readyz")
    assert (bad.status, (await bad.json())["problems"]) == (503, ["the database is away"])
    metrics = await client.get("/metrics")
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert await metrics.read() == b"desk_up 1\n"


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("forged", 403, "forged"),
        ("malformed", 400, "malformed"),
        ("missing", 404, "not_found"),
        ("away", 503, "unavailable"),
        ("slow", 503, "unavailable"),
        ("gone", 400, "malformed"),
    ],
)
async def test_errors_of_the_desk_have_one_shape(client: Client, how: str, status: int, code: str) -> None:
    answer = await client.get(f"/fail/{how}")
    assert answer.status == status
    assert await answer.json() == {"error": {"code": code, "message": f"zh_CN:web.error.{code}"}}


async def test_what_nobody_expected_tells_an_incident_and_nothing_else(client: Client) -> None:
    with capture_logs() as logs:
        answer = await client.get("/fail/broken")
        error = (await answer.json())["error"]
    assert answer.status == 500
    assert error["code"] == "unexpected"
    (entry,) = logs
    assert entry["incident"] == error["incident"]
    assert entry["route"] == "GET /fail/{how}"
    assert entry["kind"] == "RuntimeError"
    assert any("in fail" in place or place.endswith(" fail") for place in entry["where"])
    assert SECRET not in repr(logs) + repr(error)


async def test_no_such_address_and_no_such_method(client: Client) -> None:
    missing = await client.get("/nowhere/at/all")
    assert (missing.status, (await missing.json())["error"]["code"]) == (404, "not_found")
    wrong = await client.delete("/body")
    assert (wrong.status, (await wrong.json())["error"]["code"]) == (405, "not_allowed")
    assert "POST" in wrong.headers["Allow"]
    assert (await client.options("/healthz")).status == 405
    assert (await client.head("/healthz")).status == 200


async def test_people_get_a_small_page_in_their_language(client: Client) -> None:
    headers = {"Accept": "text/html,*/*", "Accept-Language": "fr,en-GB;q=0.8"}
    answer = await client.get("/nowhere", headers=headers)
    page = await answer.text()
    assert answer.status == 404
    assert 'lang="en"' in page
    assert "en:web.error.not_found" in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_body_has_a_limit_and_a_redirect_is_no_error(client: Client) -> None:
    assert await (await client.post("/body", data=b"x" * 1000)).text() == "1000"
    big = await client.post("/body", data=b"x" * 1001)
    assert (big.status, (await big.json())["error"]["code"]) == (413, "too_big")
    assert (await client.get("/moved", allow_redirects=False)).status == 303


async def test_bytes_that_are_no_http(client: Client) -> None:
    host, port = client.server.host, client.server.port
    for junk in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(junk + b"\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.") or answer == b""
        assert b"Traceback" not in answer
    assert (await client.get("/healthz")).status == 200


def test_all_texts_are_of_the_web() -> None:
    assert {"web.error.unexpected", "web.error.title"} <= KEYS
