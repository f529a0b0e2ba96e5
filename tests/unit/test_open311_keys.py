"""Keys of programs: found by their digest, slowed down each by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.domain.numbers import make
from bot.errors import NotFound, StoreUnavailable
from bot.message import InboundMessage
from bot.ports import StoredMedia
from bot.views.open311 import Asked, Definition, Objection, Request, Service, Taken, Update
from bot.web.open311 import Guard, Key, Keyring, Open311
from bot.web.open311.receiving import FIELD_BYTES
from tests.dialogue.stage import texts

NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
NUMBER = make(NOW.date(), 1)


def key(name: str, secret: str, per_minute: int = 60, *rights: str) -> Key:
    return Key(name, sha256(secret.encode()).hexdigest(), frozenset(rights or ("read", "file")), per_minute)


class Time:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


def test_a_key_is_found_by_the_whole_secret_only() -> None:
    keyring = Keyring([key("a", "secret-a"), key("b", "secret-b")], 10, Time().monotonic)
    found = keyring.find("secret-b")
    assert found is not None
    assert found.name == "b"
    for wrong in ("", "secret-", "secret-bb", "SECRET-B", sha256(b"secret-b").hexdigest(), "\udc80", "x" * 10_000_000):
        assert keyring.find(wrong) is None
    assert "secret" not in repr(found)
    assert found.digest not in repr(found)


def test_each_key_and_each_network_has_its_own_share() -> None:
    time = Time()
    a, b = key("a", "secret-a", 2), key("b", "secret-b", 60)
    keyring = Keyring([a, b], 1, time.monotonic)
    assert [keyring.wait(a, "n1") for _ in range(2)] == [0.0, 0.0]
    assert keyring.wait(a, "n2") == pytest.approx(30.0)
    assert keyring.wait(b, "n1") == 0.0
    assert keyring.wait(None, "n1") == 0.0
    assert keyring.wait(None, "n1") > 0
    assert keyring.wait(None, "n2") == 0.0
    time.seconds += 30
    assert keyring.wait(a, "n1") == 0.0


class Nothing:
    """A desk without tickets, or one whose database is away."""

    broken = False

    async def services(self, locale: str) -> Sequence[Service]:
        if self.broken:
            raise StoreUnavailable()
        return ()

    async def definition(self, code: str, locale: str) -> Definition:
        raise NotFound("open311.no_service")

    async def requests(self, asked: Asked, key: str, locale: str) -> Sequence[Request]:
        return ()

    async def request(self, number: str, key: str, locale: str) -> Request:
        raise NotFound("open311.no_request")

    async def updates(self, number: str, key: str, locale: str) -> Sequence[Update]:
        return ()

    async def hand_in(self, message: InboundMessage) -> Taken | Objection:
        if self.broken:
            raise StoreUnavailable()
        return Taken(NUMBER, "kept")


class NoMedia:
    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        raise AssertionError("nothing is to be kept")

    def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        raise AssertionError("nothing is kept")

    async def exists(self, sha256: str) -> bool:
        return False


@pytest.fixture
async def program() -> AsyncIterator[tuple[TestClient[web.Request, web.Application], Nothing]]:
    desk = Nothing()
    open311 = Open311(
        home="https://desk.example",
        serving=desk,
        keyring=Keyring([key("reader", "reads", 60, "read"), key("app", "files", 60, "file")], 60, Time().monotonic),
        media=NoMedia(),
        cap=lambda: 2**20,
        now=lambda: NOW,
        guard=Guard(texts().words, ("zh_CN", "en"), FIELD_BYTES, lambda: 2**20),
        proxies=frozenset(),
        open_reading=False,
    )
    app = web.Application()
    app.add_routes(open311.routes())
    async with TestClient(TestServer(app)) as client:
        yield client, desk


Program = tuple[TestClient[web.Request, web.Application], Nothing]


async def test_where_reading_needs_a_key_only_discovery_is_open(program: Program) -> None:
    client, _ = program
    paths = ("services.json", "services/roads.json", "requests.json", f"requests/{NUMBER}/updates.json")
    for path in paths:
        for secret in ("", "files", "wrong"):
            got = await client.get(f"/open311/v2/{path}", params={"api_key": secret})
            assert got.status == 403, (path, secret)
        got = await client.get(f"/open311/v2/{path}", params={"api_key": "reads"})
        assert got.status in (200, 404), path
        assert "roads" in path or got.status == 200
    assert (await client.get("/open311/discovery.json")).status == 200


async def test_a_store_that_is_away_is_said_and_may_be_tried_again(program: Program) -> None:
    client, desk = program
    desk.broken = True
    read = await client.get("/open311/v2/services.xml", params={"api_key": "reads"})
    assert (read.status, read.headers["Retry-After"]) == (503, "2")
    assert "<code>503</code>" in await read.text()
    fields = {"api_key": "files", "service_code": "roads", "lat": "1", "long": "2"}
    assert (await client.post("/open311/v2/requests.json", data=fields)).status == 503
    desk.broken = False
    assert (await client.post("/open311/v2/requests.json", data=fields)).status == 201


async def test_more_than_is_taken_is_refused(program: Program) -> None:
    client, _ = program
    many = "&".join(f"f{n}=x" for n in range(1000)).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post("/open311/v2/requests.json", data=many, headers=form)).status == 400
    long = b"description=" + b"x" * (FIELD_BYTES + 1)
    assert (await client.post("/open311/v2/requests.json", data=long, headers=form)).status == 413
    named = {f"attribute[{n}]": "x" for n in range(40)}
    fields = {"api_key": "files", "service_code": "roads", "lat": "1", "long": "2", **named}
    assert (await client.post("/open311/v2/requests.json", data=fields)).status == 413
