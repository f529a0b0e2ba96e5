"""WeChat's side of the door: real requests over a real socket, written by hand."""

from __future__ import annotations

import asyncio
import io
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.wechat.channel import BODY_CAP, BUDGET_SECONDS, PATH, WeChat
from bot.channels.wechat.settings import WeChatSettings
from bot.clock import FixedClock
from bot.errors import StoreUnavailable
from bot.message import Answer, Choice, InboundMessage, MessageKind, Reply
from bot.ports import Channel
from tests.fakes import wechat_requests as platform
from tests.fakes.wechat_requests import AES_KEY, APP_ID, NOW, OLD_AES_KEY, OPENID, TOKEN, Request

AT = datetime.fromtimestamp(NOW, UTC) + timedelta(microseconds=250)
CARD = Reply("路灯坏了", (Choice("confirm", "确认提交"), Choice("drop", "放弃")))

Client = TestClient[web.Request, web.Application]


class Desk:
    """Stands for the dispatcher: one answer per message key, however many copies come."""

    def __init__(self, reply: Reply | None = CARD) -> None:
        self.reply = reply
        self.answers: dict[str, Answer] = {}
        self.taken: list[InboundMessage] = []

    async def take(self, message: InboundMessage) -> Answer:
        self.taken.append(message)
        return self.answers.setdefault(message.key, Answer(self.reply, AT + timedelta(seconds=len(self.answers))))


def account(*, allow_plain: bool = False, customer_service: bool = False) -> WeChatSettings:
    return WeChatSettings(
        app_id=APP_ID,
        app_secret="secret_test",
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        previous_encoding_aes_key=OLD_AES_KEY,
        allow_plain=allow_plain,
        customer_service=customer_service,
    )


@asynccontextmanager
async def served(
    take: Callable[[InboundMessage], Awaitable[Answer]], *, allow_plain: bool = False, budget: float = BUDGET_SECONDS
) -> AsyncIterator[tuple[Client, WeChat]]:
    channel = WeChat(account(allow_plain=allow_plain), FixedClock(datetime.fromtimestamp(NOW, UTC)), budget)
    app = web.Application()
    app.add_routes(channel.routes(take))
    async with TestClient(TestServer(app)) as client:
        yield client, channel


async def post(client: Client, request: Request) -> tuple[int, bytes]:
    async with client.post(PATH, params=request.query, data=request.body) as response:
        return response.status, await response.read()


def shape(response: ClientResponse, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """All that a caller sees, but for the date."""
    return response.status, {k: v for k, v in response.headers.items() if k != "Date"}, body


def test_it_is_a_channel_and_tells_what_it_can() -> None:
    poor: Channel = WeChat(account(), FixedClock())
    assert poor.name == "wechat"
    assert poor.traits.answers_at_once
    assert poor.traits.tells_kept
    cannot = (poor.traits.quiet_window, poor.traits.edits, poor.traits.buttons, poor.traits.late_card)
    assert not any(cannot)
    assert poor.traits.credits == {}
    assert (poor.traits.text_limit, poor.traits.text_unit) == (2000, "bytes")
    rich = WeChat(account(customer_service=True), FixedClock()).traits
    assert rich.late_card
    assert rich.credits[MessageKind.TEXT] == rich.credits[MessageKind.PLACE] == (5, timedelta(hours=48))
    assert rich.credits[MessageKind.PRESS] == rich.credits[MessageKind.FOLLOW] == (3, timedelta(minutes=1))
    assert rich.credits_reserved == 2


async def test_the_handshake_answers_verbatim() -> None:
    async with served(Desk().take) as (client, _):
        query = platform.plain(b"").query | {"echostr": "<b>4375120948345356249</b>"}
        async with client.get(PATH, params=query) as response:
            assert response.status == 200
            assert response.content_type == "text/plain"
            assert await response.text() == "<b>4375120948345356249</b>"


async def test_a_safe_message_is_answered_safely() -> None:
    desk = Desk()
    async with served(desk.take) as (client, _):
        status, body = await post(client, platform.safe(platform.text("路灯坏了")))
    assert status == 200
    assert desk.taken[0].text == "路灯坏了"
    assert platform.read_sealed_reply(body) == {
        "ToUserName": OPENID,
        "FromUserName": "gh_desk",
        "CreateTime": str(NOW),
        "MsgType": "text",
        "Content": "路灯坏了\n1 确认提交\n2 放弃",
    }


async def test_the_answer_is_sealed_with_the_key_that_opened_the_message() -> None:
    async with served(Desk().take) as (client, _):
        _, body = await post(client, platform.safe(platform.text("x"), aes_key=OLD_AES_KEY))
    assert platform.read_sealed_reply(body, OLD_AES_KEY)["Content"].startswith("路灯坏了")


async def test_a_plain_message_is_answered_plainly() -> None:
    async with served(Desk().take, allow_plain=True) as (client, _):
        status, body = await post(client, platform.plain(platform.text("x")))
        assert status == 200
        assert platform.read_reply(body)["Content"].startswith("路灯坏了")
        _, sealed = await post(client, platform.safe(platform.text("x")))
        assert platform.read_sealed_reply(sealed)["Content"].startswith("路灯坏了")


@pytest.mark.parametrize("allow_plain", [False, True])
async def test_every_copy_of_a_message_gets_the_same_bytes(allow_plain: bool) -> None:
    xml = platform.text("路灯坏了")
    async with served(Desk().take, allow_plain=allow_plain) as (client, _):
        wrap = platform.plain if allow_plain else platform.safe
        copies = await asyncio.gather(*(post(client, wrap(xml, at=NOW + late)) for late in (0, 5, 10)))
        other = await post(client, wrap(platform.text("路灯坏了", msg_id="2")))
    assert len(set(copies)) == 1
    assert other not in copies


async def test_nothing_to_say_is_success() -> None:
    for silent in (None, Reply("")):
        async with served(Desk(silent).take) as (client, _):
            assert await post(client, platform.safe(platform.event("unsubscribe"))) == (200, b"success")


@pytest.mark.parametrize("allow_plain", [False, True])
async def test_whatever_is_wrong_looks_the_same(allow_plain: bool) -> None:
    desk = Desk()
    good = platform.safe(platform.text("x"))
    wrong = [
        platform.safe(platform.text("x"), token="BBBBB"),  # forged
        platform.safe(platform.text("x"), at=NOW - 301),  # stale
        platform.safe(platform.text("x"), app_id="wx_other"),  # another account
        platform.safe(platform.text("x"), aes_key="z" * 43),  # another key
        Request(good.query, good.body[:80]),  # truncated
        Request(good.query, b""),
        Request({}, good.body),
        platform.safe(b"<!DOCTYPE xml []>" + platform.text("x")),
        platform.safe(b"<xml>" + b"<a>" * 5000),
        platform.safe("<xml>路灯</xml>".encode("gbk")),
        platform.safe(b"<xml></xml>"),
        platform.enveloped(platform.encrypt_padded(b"\0" * 64)),
        platform.plain(platform.text("x"), token="BBBBB"),
        Request(good.query, b"x" * (10 * 1024 * 1024)),
    ]
    if not allow_plain:
        wrong.append(platform.plain(platform.text("x")))
    shapes = []
    async with served(desk.take, allow_plain=allow_plain) as (client, channel):
        for request in wrong:
            async with client.post(PATH, params=request.query, data=io.BytesIO(request.body)) as response:
                shapes.append(shape(response, await response.read()))
        async with client.get(PATH, params=good.query | {"signature": "0" * 40, "echostr": "1"}) as response:
            shapes.append(shape(response, await response.read()))
        assert channel.refusals.total() == len(shapes)
        assert {"signature", "stale", "cipher", "doctype", "depth", "utf8", "too_large"} <= set(channel.refusals)
    assert shapes == [shapes[0]] * len(shapes)
    assert shapes[0][0] == 403
    assert shapes[0][2] == b""
    assert desk.taken == []


async def test_a_huge_body_is_refused_before_it_has_come() -> None:
    async with served(Desk().take) as (client, channel):
        assert client.server.port is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n<xml>".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 403")
        writer.close()
        await writer.wait_closed()
        assert channel.refusals == {"too_large": 1}


async def test_a_huge_body_of_unknown_length_is_cut_off() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * (BODY_CAP // 4)

    async with served(Desk().take) as (client, channel):
        async with client.post(PATH, params=platform.safe(b"").query, data=endless()) as response:
            assert response.status == 403
        assert channel.refusals == {"too_large": 1}


async def test_a_compressed_body_is_refused() -> None:
    async with served(Desk().take) as (client, channel):
        request = platform.safe(platform.text("x"))
        headers = {"Content-Encoding": "deflate"}
        async with client.post(
            PATH, params=request.query, data=zlib.compress(request.body), headers=headers
        ) as response:
            assert response.status == 403
        assert channel.refusals == {"compressed": 1}


async def test_a_message_in_small_pieces_is_read_whole() -> None:
    desk, request = Desk(), platform.safe(platform.text("路" * 2000))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(request.body), 1000):
            yield request.body[start : start + 1000]
            await asyncio.sleep(0)

    async with served(desk.take) as (client, _), client.post(PATH, params=request.query, data=pieces()) as response:
        assert response.status == 200
    assert desk.taken[0].text == "路" * 2000


async def test_without_a_durable_answer_nothing_is_acknowledged() -> None:
    async def away(message: InboundMessage) -> Answer:
        raise StoreUnavailable

    async with served(away) as (client, _):
        assert await post(client, platform.safe(platform.text("x"))) == (503, b"")


async def test_a_turn_that_takes_too_long_is_given_up() -> None:
    given_up: list[InboundMessage] = []

    async def slow(message: InboundMessage) -> Answer:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(message)
        raise AssertionError

    async with served(slow, budget=0.05) as (client, _):
        assert await post(client, platform.safe(platform.text("x"))) == (503, b"")
    assert [message.text for message in given_up] == ["x"]


async def test_a_body_that_never_ends_is_not_waited_for() -> None:
    async with served(Desk().take, budget=0.05) as (client, channel):
        assert client.server.port is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<xml>".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 403")
        writer.close()
        await writer.wait_closed()
        assert channel.refusals == {"slow": 1}


async def test_other_methods_are_not_served() -> None:
    async with served(Desk().take) as (client, _):
        for method in ("HEAD", "PUT", "DELETE"):
            async with client.request(method, PATH) as response:
                assert response.status == 405


ANY_TEXT = st.text(st.characters(codec=None), max_size=80)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=ANY_TEXT, reply=ANY_TEXT)
def test_any_words_and_any_answer_pass(words: str, reply: str) -> None:
    async def through() -> None:
        desk = Desk(Reply(reply, CARD.choices))
        async with served(desk.take) as (client, _):
            status, body = await post(client, platform.safe(platform.text(words.replace("]]>", ""))))
        assert status == 200
        assert platform.read_sealed_reply(body)["Content"].endswith("1 确认提交\n2 放弃")
        json.dumps(desk.taken[0].text).encode()

    asyncio.run(through())
