"""WeChat's error codes, its token, its addresses and its menu: each a value."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.channels.wechat.api import Lost, NotSent, Said, judged
from bot.channels.wechat.menu import LABELS, menu
from bot.channels.wechat.outcome import delivery_of
from bot.channels.wechat.public import PublicResolver, is_public, may_follow, same_origin
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.tokens import FORCED_A_DAY, NoToken, Token, Tokens
from bot.clock import FixedClock
from bot.errors import ConfigurationError
from bot.message import Delivered, Delivery, Kept, Refused, TryLater, Unclear
from tests.fakes.wechat_requests import AES_KEY

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # 12:00 in Beijing


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        (0, Delivered()),
        (-1, Unclear("busy")),
        (40003, Refused("gone", gone=True)),
        (43004, Refused("gone", gone=True)),
        (43019, Refused("gone", gone=True)),
        (48002, Refused("gone", gone=True)),
        (43101, Refused("refused by the person")),
        (45015, Kept("window")),
        (45047, Kept("credits")),
        (45009, TryLater(12 * 3600, "quota", whole_channel=True)),
        (45011, TryLater(60, "too fast", whole_channel=True)),
        (45065, Delivered()),
        (40001, TryLater(60, "token", whole_channel=True)),
        (40014, TryLater(60, "token", whole_channel=True)),
        (42001, TryLater(60, "token", whole_channel=True)),
        (40013, TryLater(600, "setup", whole_channel=True)),
        (40125, TryLater(600, "setup", whole_channel=True)),
        (40164, TryLater(600, "ip not allowed", whole_channel=True)),
        (48001, Kept("not granted")),
        (48004, TryLater(3600, "banned", whole_channel=True)),
        (50002, TryLater(3600, "banned", whole_channel=True)),
        (99999, Kept("code 99999")),
    ],
)
def test_what_a_code_means_for_a_push(code: int, delivery: Delivery) -> None:
    assert delivery_of(Said(code, {}), NOON) == delivery


@pytest.mark.parametrize(
    ("result", "delivery"),
    [
        (NotSent("unreachable"), TryLater(30, "unreachable")),
        (Lost("timeout"), Unclear("timeout")),
        (NoToken(0, "timeout"), TryLater(30, "no token: timeout", whole_channel=True)),
        (NoToken(-1, "refused"), TryLater(60, "no token: -1", whole_channel=True)),
        (NoToken(40164, "refused", "1.2.3.4"), TryLater(600, "ip not allowed", whole_channel=True)),
        (NoToken(45009, "refused"), TryLater(300, "token quota", whole_channel=True)),
    ],
)
def test_what_no_answer_means_for_a_push(result: NotSent | Lost | NoToken, delivery: Delivery) -> None:
    assert delivery_of(result, NOON) == delivery


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, b'{"errcode":0,"errmsg":"ok"}', Said(0, {"errcode": 0, "errmsg": "ok"})),
        (200, b'{"errcode":"40003"}', Said(40003, {"errcode": "40003"})),
        (200, b"<html>", Lost("not json")),
        (200, b"[1]", Lost("not json")),
        (200, b"", Lost("not json")),
        (200, b'{"errcode":"many"}', Lost("no code")),
        (502, b"", Lost("http 502")),
        (302, b"", NotSent("http 302")),
        (403, b"", NotSent("http 403")),
    ],
)
def test_what_an_http_answer_means(status: int, body: bytes, meaning: Said | Lost | NotSent) -> None:
    assert judged("/x", status, body) == meaning


def test_the_rid_is_found() -> None:
    said = judged("/x", 200, b'{"errcode":40003,"errmsg":"invalid openid rid: 66e8f2a1-7b0a1c2d-3e4f5a6b"}')
    assert isinstance(said, Said)
    assert said.rid == "66e8f2a1-7b0a1c2d-3e4f5a6b"


# The token


class Desk:
    """Answers token requests, one after the other, and remembers which were forced."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.forced: list[bool] = []
        self.value = "t1"
        self.tokens = Tokens(
            WeChatSettings(app_id="a", app_secret="s", token="ttt", allow_plain=True), self.clock, self.ask
        )

    async def ask(self, path: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | NoToken:
        await asyncio.sleep(0)
        self.forced.append(payload["force_refresh"])
        if payload["force_refresh"]:
            self.value = f"forced{len(self.forced)}"
        return {"access_token": self.value, "expires_in": 7200}

    async def get(self) -> Token:
        token = await self.tokens.get()
        assert isinstance(token, Token)
        return token


async def test_many_who_need_a_token_make_one_request() -> None:
    desk = Desk()
    tokens = await asyncio.gather(*(desk.get() for _ in range(50)))
    assert {token.value for token in tokens} == {"t1"}
    assert desk.forced == [False]


async def test_a_token_is_renewed_five_minutes_before_its_end() -> None:
    desk = Desk()
    await desk.get()
    desk.clock.advance(timedelta(seconds=6899))
    await desk.get()
    assert desk.forced == [False]
    desk.clock.advance(timedelta(seconds=1))
    await desk.get()
    assert desk.forced == [False, False]


async def test_a_refused_token_is_dropped_once_whoever_says_so() -> None:
    desk = Desk()
    first = await desk.get()
    desk.value = "t2"
    for _ in range(8):
        desk.tokens.drop(first)
        await desk.get()
    assert desk.forced == [False, False]
    assert (await desk.get()).value == "t2"


async def test_the_same_token_again_is_forced_out_but_not_too_often() -> None:
    desk = Desk()
    desk.tokens.drop(await desk.get())
    assert (await desk.get()).value == "forced3"
    assert desk.forced == [False, False, True]
    for _ in range(5):
        desk.tokens.drop(await desk.get())
    assert desk.forced.count(True) == 1
    desk.clock.advance(timedelta(seconds=30))
    desk.tokens.drop(await desk.get())
    await desk.get()
    assert desk.forced.count(True) == 2


async def test_forcing_stops_before_the_days_quota() -> None:
    desk = Desk()
    for _ in range(100):
        desk.tokens.drop(await desk.get())
        desk.clock.advance(timedelta(seconds=31))
    assert desk.forced.count(True) == FORCED_A_DAY
    desk.clock.advance(timedelta(days=1))
    desk.tokens.drop(await desk.get())
    await desk.get()
    assert desk.forced.count(True) == FORCED_A_DAY + 1


# Video links


@pytest.mark.parametrize(
    "url",
    ["http://mpvideo.qpic.cn/0b2e?dis_k=1", "https://findermp.video.qq.com/1", "http://api.weixin.qq.com/x"],
)
def test_wechats_own_hosts_may_be_followed(url: str) -> None:
    assert may_follow(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://qq.com.evil.example/",
        "http://evilqq.com/",
        "http://mpvideo.qpic.cn:8080/",
        "http://user@mpvideo.qpic.cn/",
        "ftp://mpvideo.qpic.cn/",
        "file:///etc/passwd",
        "//mpvideo.qpic.cn/",
        "http://mpvideo.qpic.cn@127.0.0.1/",
        "http://[::1]/",
        "http://[bad",
        "",
    ],
)
def test_other_addresses_are_not_followed(url: str) -> None:
    assert not may_follow(url)


def test_only_the_very_same_host_and_port_is_the_api() -> None:
    base = "http://127.0.0.1:4000"
    assert same_origin("http://127.0.0.1:4000/video/1", base)
    for url in ("http://127.0.0.1:4001/", "https://127.0.0.1:4000/", "http://localhost:4000/", "", "http://[bad"):
        assert not same_origin(url, base)


@pytest.mark.parametrize("address", ["43.137.1.1", "2408:8711:10::1", "::ffff:43.137.1.1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104  # nothing is bound
            "224.0.0.1",
        ),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("255.255.255.255", "localhost", ""),
    ],
)
def test_inner_addresses(address: str) -> None:
    assert not is_public(address)


class Names(AbstractResolver):
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


async def test_a_name_leads_only_to_public_addresses() -> None:
    found = await PublicResolver(Names("10.0.0.1", "43.137.1.1", "::1")).resolve("mpvideo.qpic.cn", 80)
    assert [one["host"] for one in found] == ["43.137.1.1"]
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver(Names("10.0.0.1")).resolve("mpvideo.qpic.cn", 80)


# Menu and settings


def test_the_menu_fits_what_wechat_allows() -> None:
    made = menu(dict.fromkeys(LABELS, "我要反映问题的名字" * 9))
    assert 1 <= len(made["button"]) <= 3
    for top in made["button"]:
        assert len(top["name"].encode()) <= 16
        entries = top.get("sub_button", [])
        assert len(entries) <= 5
        for entry in entries:
            assert len(entry["name"].encode()) <= 60
        for clickable in entries or [top]:
            assert clickable["type"] == "click"
            about, _, command = clickable["key"].partition(":")
            assert about == "desk"
            assert command in LABELS


def test_a_menu_without_a_word_is_refused() -> None:
    with pytest.raises(KeyError):
        menu(dict.fromkeys(LABELS[1:], "x"))


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"app_id": ""}, "wechat.app_id"),
        ({"app_secret": ""}, "wechat.app_secret"),
        ({"token": "a b"}, "wechat.token"),
        ({"token": ""}, "wechat.token"),
        ({"encoding_aes_key": ""}, "wechat.encoding_aes_key"),
        ({"encoding_aes_key": AES_KEY[1:]}, "wechat.encoding_aes_key"),
        ({"previous_encoding_aes_key": AES_KEY + "="}, "wechat.previous_encoding_aes_key"),
        ({"api_base": "api.weixin.qq.com"}, "wechat.api_base"),
        ({"api_base": "https://api.weixin.qq.com/cgi-bin"}, "wechat.api_base"),
    ],
)
def test_settings_wechat_could_not_have_issued(wrong: dict[str, str], where: str) -> None:
    right: dict[str, Any] = {"app_id": "wx1", "app_secret": "s3cret", "token": "AAAAA", "encoding_aes_key": AES_KEY}
    assert "s3cret" not in repr(WeChatSettings(**right))
    assert AES_KEY not in repr(WeChatSettings(**right))
    with pytest.raises(ConfigurationError) as caught:
        WeChatSettings(**right | wrong)
    assert caught.value.where == where
