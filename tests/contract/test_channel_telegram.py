"""Telegram keeps what `bot.ports.Channel` promises, against a Bot API server on loopback."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.telegram import Telegram, TelegramSettings
from bot.clock import FixedClock
from bot.domain.people import Address
from bot.errors import Malformed
from bot.message import Choice, Delivered, Delivery, Moved, Push, Refused, Reply, TryLater, Unclear
from bot.ports import Channel, Fetched, Unfetchable
from tests.fakes.telegram_api import TOKEN, FakeTelegram, Step, fault, flood, garbage, hang, refusal, reset

WHO = Address("telegram", "42")
BUTTONS = (Choice("tok-1", "确认", "确认"), Choice("tok-2", "取消", "取消"))


def push(text: str = "您好", *choices: Choice, to: Address = WHO, ask: str = "") -> Push:
    return Push(key="k", address=to, reply=Reply(text, choices, ask=ask), created_at=datetime(2026, 3, 4, tzinfo=UTC))


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def channel(telegram: FakeTelegram, clock: FixedClock) -> AsyncIterator[Telegram]:
    channel = Telegram(TelegramSettings(token=TOKEN, api_base=telegram.base), clock)
    await channel.start()
    yield channel
    await channel.stop()


def test_it_is_a_channel(clock: FixedClock) -> None:
    channel: Channel = Telegram(TelegramSettings(token=TOKEN), clock)
    assert channel.name == "telegram"
    assert channel.traits.edits
    assert not channel.traits.answers_at_once


async def test_words_and_buttons_arrive(telegram: FakeTelegram, channel: Telegram) -> None:
    delivery = await channel.deliver(push("收到 <b>&amp;", *BUTTONS), "")
    (sent,) = telegram.sent()
    assert delivery == Delivered("1001")
    assert (sent["chat_id"], sent["text"]) == ("42", "收到 <b>&amp;")  # no markup: shown as written
    assert "parse_mode" not in sent
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert sent["reply_markup"]["inline_keyboard"] == [
        [{"text": "确认", "callback_data": "tok-1"}, {"text": "取消", "callback_data": "tok-2"}]
    ]


async def test_a_card_is_edited_in_its_place(telegram: FakeTelegram, channel: Telegram) -> None:
    await channel.deliver(push("一张照片", *BUTTONS), "")
    assert await channel.deliver(push("两张照片", *BUTTONS), "1001") == Delivered("1001")
    assert telegram.messages[42, 1001]["text"] == "两张照片"
    assert len(telegram.sent()) == 1


async def test_the_same_card_again_is_delivered_already(telegram: FakeTelegram, channel: Telegram) -> None:
    await channel.deliver(push("一张照片", *BUTTONS), "")
    assert await channel.deliver(push("一张照片", *BUTTONS), "1001") == Delivered("1001")
    assert len(telegram.sent()) == 1


@pytest.mark.parametrize("replaces", ["999", "not-a-number"])
async def test_a_card_that_is_gone_is_sent_anew(telegram: FakeTelegram, channel: Telegram, replaces: str) -> None:
    assert await channel.deliver(push("新卡片"), replaces) == Delivered("1001")
    assert telegram.texts(42) == ["新卡片"]


async def test_a_card_too_old_to_edit_is_sent_anew(telegram: FakeTelegram, channel: Telegram) -> None:
    await channel.deliver(push("旧"), "")
    telegram.frozen.add(1001)
    assert await channel.deliver(push("新"), "1001") == Delivered("1002")


async def test_a_picker_cannot_be_edited_in(telegram: FakeTelegram, channel: Telegram) -> None:
    await channel.deliver(push("卡片"), "")
    assert await channel.deliver(push("电话？", ask="contact"), "1001") == Delivered("1002")
    assert telegram.sent()[1]["reply_markup"]["keyboard"][0][0]["request_contact"] is True


async def test_too_long_a_text_is_cut_not_refused(telegram: FakeTelegram, channel: Telegram) -> None:
    assert await channel.deliver(push("水管漏了。" * 1400), "") == Delivered("1001")
    assert telegram.texts(42)[0].endswith("…")


async def test_a_text_no_wire_can_carry_is_cleaned(telegram: FakeTelegram, channel: Telegram) -> None:
    assert await channel.deliver(push("a\x00b\ud83d"), "") == Delivered("1001")
    assert telegram.texts(42) == ["ab\ufffd"]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (flood(7), TryLater(7.0, "flood")),
        (
            refusal(403, "Forbidden: bot was blocked by the user"),
            Refused("forbidden: bot was blocked by the user", gone=True),
        ),
        (refusal(403, "Forbidden: user is deactivated"), Refused("forbidden: user is deactivated", gone=True)),
        (refusal(400, "Bad Request: chat not found"), Refused("chat not found", gone=True)),
        (refusal(400, "Bad Request: not enough rights"), Refused("not enough rights")),
        (fault(500), Unclear("http 500")),
        (fault(502), Unclear("http 502")),
        (reset(), Unclear("serverdisconnectederror")),
        (garbage(), Unclear("invalid server response")),
    ],
)
async def test_each_answer_of_telegram_is_a_value(
    telegram: FakeTelegram, channel: Telegram, step: Step, expected: Delivery
) -> None:
    telegram.script("sendMessage", step)
    assert await channel.deliver(push(), "") == expected


async def test_an_upgraded_group_is_moved(telegram: FakeTelegram, channel: Telegram) -> None:
    telegram.migrated[-5] = -1005
    group = Address("telegram", "-5/42")
    assert await channel.deliver(push(to=group), "") == Moved(Address("telegram", "-1005/42"))
    assert await channel.deliver(push(to=Address("telegram", "-1005/42")), "") == Delivered("1001")
    assert telegram.texts(-1005) == ["您好"]


async def test_an_edit_of_unclear_fate_may_be_done_again(telegram: FakeTelegram, channel: Telegram) -> None:
    await channel.deliver(push("一"), "")
    telegram.script("editMessageText", reset())
    assert isinstance(await channel.deliver(push("二"), "1001"), TryLater)
    assert await channel.deliver(push("二"), "1001") == Delivered("1001")
    assert len(telegram.sent()) == 1


async def test_a_lost_answer_is_never_sent_twice_by_the_channel(telegram: FakeTelegram, channel: Telegram) -> None:
    telegram.script("sendMessage", reset())
    assert isinstance(await channel.deliver(push(), ""), Unclear)
    assert len(telegram.texts(42)) == 1


async def test_a_second_flooded_chat_halts_the_whole_bot(
    telegram: FakeTelegram, channel: Telegram, clock: FixedClock
) -> None:
    other = Address("telegram", "43")
    telegram.script("sendMessage", flood(3), flood(3), flood(4), flood(5))
    assert await channel.deliver(push(), "") == TryLater(3.0, "flood")
    assert await channel.deliver(push(), "") == TryLater(3.0, "flood")
    clock.advance(timedelta(seconds=5))
    assert await channel.deliver(push(to=other), "") == TryLater(4.0, "flood", whole_channel=True)
    clock.advance(timedelta(seconds=6))
    assert await channel.deliver(push(), "") == TryLater(5.0, "flood")


async def test_nothing_listens_there(clock: FixedClock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, never listening: refused
        base = f"http://127.0.0.1:{taken.getsockname()[1]}"
        channel = Telegram(TelegramSettings(token=TOKEN, api_base=base), clock)
        await channel.start()
        delivery = await channel.deliver(push(), "")
        await channel.stop()
    assert isinstance(delivery, TryLater)
    assert delivery.whole_channel


async def test_no_such_host(clock: FixedClock) -> None:
    channel = Telegram(TelegramSettings(token=TOKEN, api_base="http://no-such-host.invalid"), clock)
    await channel.start()
    delivery = await channel.deliver(push(), "")
    fetched = await channel.fetch("f")
    await channel.stop()
    assert isinstance(delivery, TryLater)
    assert isinstance(fetched, Unfetchable)
    assert fetched.retry


async def test_a_wrong_token_halts_everybody(telegram: FakeTelegram, clock: FixedClock) -> None:
    channel = Telegram(TelegramSettings(token="1:wrong", api_base=telegram.base), clock)
    await channel.start()
    delivery = await channel.deliver(push(), "")
    await channel.stop()
    assert isinstance(delivery, TryLater)
    assert delivery.whole_channel
    assert delivery.seconds >= 60


async def test_not_started_is_try_later(telegram: FakeTelegram, clock: FixedClock) -> None:
    channel = Telegram(TelegramSettings(token=TOKEN, api_base=telegram.base), clock)
    assert isinstance(await channel.deliver(push(), ""), TryLater)
    await channel.stop()


async def test_starting_and_stopping_twice_does_no_harm(telegram: FakeTelegram, clock: FixedClock) -> None:
    channel = Telegram(TelegramSettings(token=TOKEN, api_base=telegram.base), clock)
    for _ in range(2):
        await channel.start()
        await channel.start()
        assert isinstance(await channel.deliver(push(), ""), Delivered)
        await channel.stop()
        await channel.stop()


async def test_stopping_does_not_wait_for_a_hanging_server(
    telegram: FakeTelegram, channel: Telegram, clock: FixedClock
) -> None:
    telegram.script("answerCallbackQuery", hang())
    channel.acknowledge("77")
    await telegram.called("answerCallbackQuery")
    await asyncio.wait_for(channel.stop(), 5)


# Files


async def content(channel: Telegram, ref: str) -> bytes:
    fetched = await channel.fetch(ref)
    assert isinstance(fetched, Fetched)
    return b"".join([piece async for piece in fetched.chunks])


async def test_a_file_comes_in_pieces(telegram: FakeTelegram, channel: Telegram) -> None:
    telegram.file("f", b"ogg" * 200_000, "voice/file_1.oga")
    fetched = await channel.fetch("f")
    assert isinstance(fetched, Fetched)
    assert fetched.bytes == 600_000
    pieces = [piece async for piece in fetched.chunks]
    assert len(pieces) > 1
    assert b"".join(pieces) == b"ogg" * 200_000


async def test_a_file_too_big_for_telegram(telegram: FakeTelegram, channel: Telegram) -> None:
    telegram.file("f", b"", claimed=(20 << 20) + 1)
    assert await channel.fetch("f") == Unfetchable("too_large")


async def test_a_file_larger_than_it_claims_is_stopped(telegram: FakeTelegram, clock: FixedClock) -> None:
    telegram.file("f", b"x" * 200_000, claimed=10)
    settings = TelegramSettings(token=TOKEN, api_base=telegram.base, file_limit=100_000)
    channel = Telegram(settings, clock)
    await channel.start()
    assert await channel.fetch("f") == Unfetchable("too_large")
    await channel.stop()


async def test_a_file_that_is_not_there_is_tried_again(telegram: FakeTelegram, channel: Telegram) -> None:
    fetched = await channel.fetch("nothing")
    assert isinstance(fetched, Unfetchable)
    assert fetched.retry


async def test_a_flooded_fetch_waits_as_told(telegram: FakeTelegram, channel: Telegram) -> None:
    telegram.script("getFile", flood(9))
    assert await channel.fetch("f") == Unfetchable("refused", retry=True, after=9.0)


async def test_a_file_breaking_off_raises_connection_error(telegram: FakeTelegram, channel: Telegram) -> None:
    telegram.file("f", b"x" * 300_000, break_off=True)
    with pytest.raises(ConnectionError):
        await content(channel, "f")


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "documents/../../secret",
        "/etc/passwd",
        "//evil.example/x",
        "http://evil.example/x",
        "a b",
        "x?y=1",
        "x#y",
        "%2e%2e/x",
        "a\r\nHost: evil",
    ],
)
async def test_a_path_that_leads_elsewhere_is_refused(telegram: FakeTelegram, channel: Telegram, path: str) -> None:
    telegram.file("f", b"secret", path)
    assert await channel.fetch("f") == Unfetchable("refused")
    assert [call.method for call in telegram.calls] == ["getFile"]


async def test_an_own_servers_folder(
    telegram: FakeTelegram, clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, outside = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("outside")
    (folder / "ok.jpg").write_bytes(b"jpeg" * 100_000)
    (outside / "secret").write_bytes(b"secret")
    (folder / "link").symlink_to(outside / "secret")
    telegram.file("good", b"", str(folder / "ok.jpg"))
    telegram.file("dots", b"", f"{folder}/../{outside.name}/secret")
    telegram.file("link", b"", str(folder / "link"))
    telegram.file("relative", b"", "ok.jpg")
    settings = TelegramSettings(token=TOKEN, api_base=telegram.base, file_base=str(folder))
    channel = Telegram(settings, clock)
    await channel.start()
    assert await content(channel, "good") == b"jpeg" * 100_000
    for ref in ("dots", "link", "relative"):
        assert isinstance(await channel.fetch(ref), Unfetchable)
    await channel.stop()


async def test_the_stream_itself_is_capped(telegram: FakeTelegram, channel: Telegram) -> None:
    from bot.channels.telegram.files import _pieces  # loads the library

    assert channel.wire is not None
    telegram.file("f", b"x" * 300_000)
    url = f"{telegram.base}/file/bot{TOKEN}/documents/f.bin"
    response = await channel.wire.request.session.get(url)
    with pytest.raises(Malformed) as caught:
        async for _ in _pieces(response, 100_000):
            pass
    assert caught.value.key == "media.too_large"


async def test_the_token_never_shows(
    telegram: FakeTelegram, channel: Telegram, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    secret = TOKEN.split(":")[1]
    telegram.script("sendMessage", fault(500), reset(), garbage(), refusal(401, "Unauthorized"), refusal(400, "no"))
    outcomes = [repr(await channel.deliver(push(), "")) for _ in range(5)]
    outcomes += [repr(await channel.fetch("nothing")), repr(channel.settings), repr(channel)]
    assert secret not in "".join(outcomes) + caplog.text
