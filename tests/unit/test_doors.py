"""Limits at the doors: who counts as one visitor, who may look at what is for operators, and what is asked first."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from bot.buckets import Buckets, block
from bot.settings_sections import PRIVATE_NETWORKS, WebSettings
from bot.views.evidence import OpenedFile
from bot.web import evidence
from bot.web.application import build_app
from bot.web.visitors import LOCAL, among, network
from tests.fakes.small_desk import key_words


class Time:
    """Seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


class Peer:
    """A transport that says where it leads."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self.address, 1) if name == "peername" else default


def asking(peer: str, forwarded: str = "") -> web.Request:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return make_mocked_request("GET", "/", headers=headers, transport=Peer(peer))


def test_a_visitor_of_the_newer_net_is_counted_by_the_first_half_of_the_address() -> None:
    one, other = block("2001:db8:1:2:3::4"), block("2001:db8:1:2:ffff::9")
    assert one == other == "2001:db8:1:2::/64"
    assert block("2001:db8:1:3::1") != one
    assert block("::ffff:192.0.2.7") == block("192.0.2.7") == "192.0.2.7"
    assert block("fe80::1%eth0") == "fe80::/64"
    assert block("unknown") == "unknown"
    assert network(asking("127.0.0.1", "2001:db8::7")) == "2001:db8::/64"


@pytest.mark.parametrize(
    ("peer", "forwarded", "may"),
    [
        ("127.0.0.1", "", True),
        ("::1", "", True),
        ("10.1.2.3", "", True),
        ("fd00::5", "", True),
        ("::ffff:192.168.0.9", "", True),
        ("203.0.113.9", "", False),
        ("2001:db8::1", "", False),
        ("127.0.0.1", "203.0.113.9", False),
        ("203.0.113.9", "127.0.0.1", False),
        ("", "", False),
    ],
)
def test_operators_sit_in_networks_of_their_own(peer: str, forwarded: str, may: bool) -> None:
    assert among(PRIVATE_NETWORKS, LOCAL)(asking(peer, forwarded)) is may


def test_a_network_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match="must be networks"):
        WebSettings(operators=("everywhere",))
    assert WebSettings.model_validate({"operators": "192.0.2.0/24, ::1"}).operators == ("192.0.2.0/24", "::1")


async def test_what_is_for_operators_is_not_there_for_others() -> None:
    async def ready() -> list[str]:
        return []

    app = build_app([], ready, lambda: b"x 1\n", lambda locale: key_words(locale), operators=lambda _request: False)
    async with TestClient(TestServer(app)) as client:
        statuses = [(await client.get(path)).status for path in ("/healthz", "/readyz", "/metrics")]
    assert statuses == [200, 404, 404]


async def test_words_for_a_voice_have_a_bucket_of_their_own_for_each_link() -> None:
    class Holders:
        async def opens(self, link: str, id_: str, kind: str) -> OpenedFile:
            raise web.HTTPNotFound

        async def correct(self, link: str, id_: str, nonce: str, words: str, request: web.Request) -> bool:
            return True

    def content(_sha256: str) -> object:
        raise web.HTTPNotFound

    time = Time()
    routes = evidence.resident_routes(Holders(), content, time.monotonic, Buckets(time.monotonic, 2, 0.1))  # type: ignore[arg-type]  # never read

    async def ready() -> list[str]:
        return []

    app = build_app(routes, ready, lambda: b"", lambda locale: key_words(locale))
    async with TestClient(TestServer(app)) as client:

        async def post(link: str) -> int:
            return (await client.post(f"/t/{link}/files/f1/words", data={"words": "x"}, allow_redirects=False)).status

        assert [await post("one") for _ in range(3)] == [303, 303, 429]
        assert await post("other") == 303
        time.at = 10.0
        assert await post("one") == 303
