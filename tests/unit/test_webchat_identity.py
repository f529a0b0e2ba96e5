"""Who is talking to the web chat, and whether the page is ours."""

from __future__ import annotations

import hashlib

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.channels.webchat.identity import Door, Visitor, network, preferred, spoken

TOKEN = "t" * 43
PLAIN = Door("http://127.0.0.1:8080")
LOCKED = Door("https://desk.example")


def asking(headers: dict[str, str] | None = None, host: str = "desk.example") -> web.Request:
    return make_mocked_request("POST", "/chat/messages", {"Host": host, **(headers or {})})


def test_the_address_is_a_hash_and_the_cookie_shows_nowhere() -> None:
    visitor = Visitor(TOKEN, False)
    assert visitor.address.channel == "web"
    assert visitor.address.id == hashlib.sha256(TOKEN.encode()).hexdigest()[:32]
    assert TOKEN not in repr(visitor)
    assert TOKEN not in visitor.form_token
    assert visitor.form_token != visitor.address.id


def test_a_cookie_is_recognised_and_a_strange_one_is_not() -> None:
    assert PLAIN.visitor(asking({"Cookie": f"minsheng={TOKEN}"})) == Visitor(TOKEN, False)
    for strange in ("", "short", "x" * 65, "é" * 30, "a b" * 20):
        assert PLAIN.visitor(asking({"Cookie": f"minsheng={strange}"})).fresh
    one, other = PLAIN.visitor(asking()), PLAIN.visitor(asking())
    assert one.token != other.token
    assert len(one.token) == 43


def test_over_https_the_cookie_is_locked_to_the_host() -> None:
    response = web.Response()
    LOCKED.remember(response, Visitor(TOKEN, True))
    cookie = response.cookies["__Host-minsheng"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert not cookie["domain"]
    assert LOCKED.known(asking({"Cookie": f"minsheng={TOKEN}"})) is None
    plain = web.Response()
    PLAIN.remember(plain, Visitor(TOKEN, True))
    assert not plain.cookies["minsheng"]["secure"]


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"Origin": "https://desk.example"}, True),
        ({"Origin": "https://desk.example", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "https://desk.example", "Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_only_our_own_page_may_post(headers: dict[str, str], ours: bool) -> None:
    assert LOCKED.same_origin(asking(headers, host="10.0.0.5:8080" if "Origin" in headers else "desk.example")) is ours


def test_what_a_proxy_says_counts_only_from_a_proxy() -> None:
    told = asking({"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    peer = told.remote or ""
    assert network(told, frozenset()) == peer
    assert network(told, frozenset({peer})) == "203.0.113.9"
    assert network(asking({"X-Forwarded-For": " , "}), frozenset({peer})) == peer
    assert network(asking({"X-Forwarded-For": f"203.0.113.9, {peer}"}), frozenset({peer})) == "203.0.113.9"


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "zh_CN"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("zh-TW,en;q=0.5", "zh_CN"),
        ("en;q=0.3,zh-CN;q=0.8", "zh_CN"),
        ("de,fr;q=0.8", "zh_CN"),
        ("de,en;q=0.2", "en"),
        ("en;q=much,zh", "zh_CN"),
        (";;;,,,q=1", "zh_CN"),
    ],
)
def test_the_browsers_language_is_spoken_if_it_is_one_of_ours(header: str, locale: str) -> None:
    assert spoken(header, ("zh_CN", "en")) == locale


def test_the_language_chosen_on_the_page_comes_first() -> None:
    request = asking({"Accept-Language": "zh", "Cookie": "minsheng_lang=en"})
    assert preferred(request, ("zh_CN", "en")) == "en"
    assert preferred(asking({"Accept-Language": "en", "Cookie": "minsheng_lang=xx"}), ("zh_CN", "en")) == "en"
