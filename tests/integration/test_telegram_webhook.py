"""Telegram calls the desk: real HTTP on loopback, a core that only remembers what it was told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from bot.channels.telegram import Intake, Telegram, TelegramSettings, routes
from bot.clock import FixedClock
from bot.domain.people import Address
from bot.errors import Conflict, StoreUnavailable, Unstorable
from bot.message import Answer, InboundMessage, MessageKind, Reply
from tests.fakes.telegram_api import SECRET, SECRET_HEADER, TOKEN, FakeTelegram, hang
from tests.fakes.telegram_updates import TelegramPerson


@dataclass
class Core:
    """Takes messages as the dispatcher does. ``fails``: raised instead. ``reply``: what it says at once."""

    taken: list[InboundMessage] = field(default_factory=list)
    fails: Exception | None = None
    reply: Reply | None = None

    async def take(self, message: InboundMessage) -> Answer:
        if self.fails is not None:
            raise self.fails
        self.taken.append(message)
        return Answer(self.reply, message.at)


@dataclass
class Desk:
    core: Core
    channel: Telegram
    telegram: FakeTelegram
    url: str
    clock: FixedClock

    async def gets(self, update: object, secret: str | None = SECRET) -> int:
        return await self.telegram.post(self.url, json.dumps(update).encode(), secret)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with FakeTelegram() as telegram:
        clock, core = FixedClock(), Core()
        settings = TelegramSettings(token=TOKEN, mode="webhook", secret_token=SECRET, api_base=telegram.base)
        channel = Telegram(settings, clock)
        await channel.start()
        app = web.Application()
        app.add_routes(routes(settings, Intake(channel, core.take, clock)))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        yield Desk(core, channel, telegram, f"http://127.0.0.1:{port}/hooks/telegram", clock)
        await runner.cleanup()
        await channel.stop()


@pytest.fixture
def person() -> TelegramPerson:
    return TelegramPerson(42)


async def test_words_reach_the_core_before_telegram_is_told(desk: Desk, person: TelegramPerson) -> None:
    update = person.text("3号楼没水")
    assert await desk.gets(update) == 200
    (message,) = desk.core.taken
    assert (message.address, message.text) == (Address("telegram", "42"), "3号楼没水")
    assert json.loads(message.raw) == update


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], SECRET.upper(), "秘密"])
async def test_without_the_secret_nothing_is_read(desk: Desk, person: TelegramPerson, secret: str | None) -> None:
    assert await desk.gets(person.text("x"), secret) == 403
    assert await desk.telegram.post(desk.url, b"{" * 10, secret) == 403
    assert desk.core.taken == []


async def test_every_forgery_gets_the_same_answer(desk: Desk, person: TelegramPerson) -> None:
    answers = set()
    async with ClientSession() as session:
        for headers in ({}, {SECRET_HEADER: "wrong"}, {SECRET_HEADER: SECRET[:-1] + "y"}):
            for body in (b"", b"{}", json.dumps(person.text("x")).encode()):
                async with session.post(desk.url, data=body, headers=headers) as response:
                    shown = {name: value for name, value in response.headers.items() if name != "Date"}
                    answers.add((response.status, await response.read(), tuple(sorted(shown.items()))))
    assert len(answers) == 1


async def test_ten_megabytes_are_not_read(desk: Desk) -> None:
    body = b'{"update_id":1,"x":"' + b"x" * (10 << 20) + b'"}'
    status = 0
    try:
        status = await desk.telegram.post(desk.url, body)
    except OSError:  # the desk hung up while we were still sending: just as well
        status = 413
    assert status == 413
    assert desk.core.taken == []


async def test_an_endless_body_is_not_read(desk: Desk) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"update_id":1,"x":"'
        for _ in range(40):
            yield b"x" * (1 << 16)

    async with ClientSession() as session:
        try:
            async with session.post(desk.url, data=endless(), headers={SECRET_HEADER: SECRET}) as response:
                status = response.status
        except OSError:
            status = 413
    assert status == 413


@pytest.mark.parametrize("body", [b"", b"{", b"<xml/>", b'{"update_id":1,', b"[" * 100_000, b"\xff\xfe"])
async def test_what_is_no_json_is_refused_clearly(desk: Desk, body: bytes) -> None:
    assert await desk.telegram.post(desk.url, body) == 400
    assert desk.core.taken == []


@pytest.mark.parametrize(
    "update",
    [{"update_id": 1}, {"update_id": 1, "new_thing": {"a": 1}}, {"update_id": 1, "message": None}, [], {}, "x", None],
)
async def test_what_nobody_understands_is_acknowledged(desk: Desk, update: object) -> None:
    assert await desk.gets(update) == 200
    assert desk.core.taken == []


async def test_a_type_nobody_knows_still_reaches_the_core(desk: Desk, person: TelegramPerson) -> None:
    assert await desk.gets(person.message(hologram={"depth": 3})) == 200
    assert [(m.kind, m.unknown) for m in desk.core.taken] == [(MessageKind.UNKNOWN, "hologram")]


@pytest.mark.parametrize("error", [StoreUnavailable(), Conflict(), Unstorable()])
async def test_no_acknowledgement_without_a_durable_row(desk: Desk, person: TelegramPerson, error: Exception) -> None:
    update = person.text("x")
    desk.core.fails = error
    headers = {SECRET_HEADER: SECRET}
    async with ClientSession() as session, session.post(desk.url, json=update, headers=headers) as response:
        assert (response.status, await response.read()) == (503, b"")
        assert int(response.headers["Retry-After"]) > 0
    desk.core.fails = None
    assert await desk.gets(update) == 200
    assert [message.key for message in desk.core.taken] == [f"u{update['update_id']}"]


async def test_only_post_is_served(desk: Desk) -> None:
    async with ClientSession() as session, session.get(desk.url) as response:
        assert response.status == 405


async def test_a_press_is_acknowledged_to_the_client(desk: Desk, person: TelegramPerson) -> None:
    assert await desk.gets(person.press("tok-1", callback="77")) == 200
    await desk.telegram.called("answerCallbackQuery")
    assert desk.telegram.calls[-1].params == {"callback_query_id": "77"}


async def test_a_press_that_was_not_stored_is_not_acknowledged(desk: Desk, person: TelegramPerson) -> None:
    desk.core.fails = StoreUnavailable()
    assert await desk.gets(person.press("tok-1")) == 503
    assert desk.telegram.calls == []


async def test_a_press_that_comes_too_late_harms_nothing(desk: Desk, person: TelegramPerson) -> None:
    desk.telegram.late.add("77")
    assert await desk.gets(person.press("tok-1", callback="77")) == 200
    await desk.telegram.called("answerCallbackQuery")
    assert await desk.gets(person.text("x")) == 200
    assert [message.kind for message in desk.core.taken] == [MessageKind.PRESS, MessageKind.TEXT]


async def test_a_hanging_telegram_does_not_hold_up_the_desk(desk: Desk, person: TelegramPerson) -> None:
    desk.telegram.script("answerCallbackQuery", *[hang()] * 200)
    for _ in range(200):
        assert await desk.gets(person.press("tok-1")) == 200
    assert len(desk.core.taken) == 200
    assert len([call for call in desk.telegram.calls if call.method == "answerCallbackQuery"]) <= 64


async def test_typing_shows_while_nothing_is_said_yet(desk: Desk, person: TelegramPerson) -> None:
    for update in (*person.album("a", "b", "c"), person.text("没水")):
        assert await desk.gets(update) == 200
    await desk.telegram.called("sendChatAction")
    desk.clock.advance(timedelta(seconds=5))
    assert await desk.gets(person.text("两天了")) == 200
    await desk.telegram.called("sendChatAction", 2)
    assert [call.params for call in desk.telegram.calls] == [{"chat_id": "42", "action": "typing"}] * 2


async def test_no_typing_after_an_answer_or_a_tickle(desk: Desk, person: TelegramPerson) -> None:
    moved = person.update(edited_message=person.location(30, 120, live_period=900)["message"])
    for update in (moved, person.block()):
        assert await desk.gets(update) == 200
    desk.core.reply = Reply("不客气")
    assert await desk.gets(person.text("谢谢")) == 200
    assert await desk.gets(person.press("tok-1")) == 200
    await desk.telegram.called("answerCallbackQuery")
    assert {call.method for call in desk.telegram.calls} == {"answerCallbackQuery"}


async def test_typing_can_be_switched_off(person: TelegramPerson) -> None:
    async with FakeTelegram() as telegram:
        settings = TelegramSettings(token=TOKEN, api_base=telegram.base)
        channel = Telegram(replace(settings, typing=False), FixedClock())
        await channel.start()
        channel.show_typing(Address("telegram", "42"))
        channel.acknowledge("77")
        await telegram.called("answerCallbackQuery")
        await channel.stop()
        assert [call.method for call in telegram.calls] == ["answerCallbackQuery"]


async def test_the_same_update_three_times_at_once_keeps_its_key(desk: Desk, person: TelegramPerson) -> None:
    update = person.text("x")
    assert await asyncio.gather(*(desk.gets(update) for _ in range(3))) == [200, 200, 200]
    assert len({message.key for message in desk.core.taken}) == 1  # the core answers copies, by key


def test_a_polling_bot_has_no_webhook() -> None:
    settings, clock = TelegramSettings(token=TOKEN), FixedClock()
    assert routes(settings, Intake(Telegram(settings, clock), Core().take, clock)) == []
