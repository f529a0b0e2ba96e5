"""The player speaks to the desk over a real socket, sealed and plain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.wechat.channel import WeChat
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.simulate import Step, play, step_of
from bot.clock import FixedClock
from bot.errors import StoreUnavailable
from bot.message import Answer, InboundMessage, MessageKind, Reply
from tests.fakes.wechat_requests import AES_KEY, APP_ID, NOW, TOKEN

AT = datetime.fromtimestamp(NOW, UTC)


def account(token: str = TOKEN, *, plain: bool = False) -> WeChatSettings:
    key = "" if plain else AES_KEY
    return WeChatSettings(app_id=APP_ID, app_secret="s", token=token, encoding_aes_key=key, allow_plain=plain)


class Desk:
    def __init__(self) -> None:
        self.taken: list[InboundMessage] = []
        self.away = 0

    async def take(self, message: InboundMessage) -> Answer:
        self.taken.append(message)
        if self.away:
            self.away -= 1
            raise StoreUnavailable
        silent = message.kind is MessageKind.UNFOLLOW
        return Answer(None if silent else Reply(f"收到 <{message.kind}> & {len(self.taken)}"), AT)


async def talk(
    desk: Desk, settings: WeChatSettings, player: WeChatSettings, lines: list[str]
) -> tuple[int, list[tuple[str, str]]]:
    app = web.Application()
    app.add_routes(WeChat(settings, FixedClock(AT)).routes(desk.take))
    heard: list[tuple[str, str]] = []
    async with TestServer(app) as server:
        failed = await play(
            str(server.make_url("/")),
            player,
            [step_of(line) for line in lines],
            lambda who, words: heard.append((who, words)),
            clock=FixedClock(AT),
            person="oPlayer",
        )
    return failed, heard


@pytest.mark.parametrize("plain", [False, True])
async def test_a_conversation(plain: bool) -> None:
    desk = Desk()
    lines = [
        "/subscribe market-3",
        "路灯坏了 <b>",
        "/photo",
        "/voice",
        "/location 31.2,121.4 人民广场",
        "/click status",
        "/unsubscribe",
    ]
    failed, heard = await talk(desk, account(plain=plain), account(plain=plain), lines)
    assert failed == 0
    assert [words for who, words in heard if who == "resident"] == lines
    assert heard[3] == ("desk", "收到 <text> & 2")
    assert heard[-1] == ("desk", "")
    assert [message.kind for message in desk.taken] == [
        MessageKind.FOLLOW,
        MessageKind.TEXT,
        MessageKind.ATTACHMENT,
        MessageKind.ATTACHMENT,
        MessageKind.PLACE,
        MessageKind.PRESS,
        MessageKind.UNFOLLOW,
    ]
    assert desk.taken[0].scene == "market-3"
    assert desk.taken[1].text == "路灯坏了 <b>"
    assert desk.taken[4].pin is not None
    assert desk.taken[4].pin.label == "人民广场"
    assert {message.address.id for message in desk.taken} == {"oPlayer"}


async def test_the_same_message_comes_again_until_the_desk_is_back() -> None:
    desk = Desk()
    desk.away = 2
    failed, heard = await talk(desk, account(), account(), ["路灯坏了"])
    assert failed == 0
    assert len({message.key for message in desk.taken}) == 1
    assert heard[-1] == ("desk", "收到 <text> & 3")


async def test_a_desk_that_refuses_is_told() -> None:
    desk = Desk()
    failed, heard = await talk(desk, account(), account("another"), ["路灯坏了", "/photo"])
    assert failed == 2
    assert heard == [("resident", "路灯坏了"), ("problem", "HTTP 403"), ("resident", "/photo"), ("problem", "HTTP 403")]
    assert desk.taken == []


async def test_a_desk_that_is_not_there_is_told() -> None:
    async def steps() -> AsyncIterator[Step]:
        yield Step("text", "在吗")

    heard: list[tuple[str, str]] = []
    assert await play("http://127.0.0.1:9", account(), steps(), lambda who, words: heard.append((who, words))) == 1
    assert heard == [("resident", "在吗"), ("problem", "ClientConnectorError")]


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("路灯坏了", Step("text", "路灯坏了")),
        ("/::)", Step("text", "/::)")),
        ("/photo", Step("photo")),
        ("/location 31.2,121.4 人民广场", Step("location", "31.2,121.4 人民广场")),
        ("", Step("text", "")),
    ],
)
def test_typed_lines(line: str, step: Step) -> None:
    assert step_of(line) == step
