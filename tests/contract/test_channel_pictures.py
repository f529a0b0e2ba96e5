"""Every channel shows a picture it can have, and drops one it cannot: the words before it say the same."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer

from bot.channels.demo import DemoChannel
from bot.channels.pictures import LARGEST
from bot.channels.telegram import Telegram, TelegramSettings
from bot.channels.wechat.channel import WeChat
from bot.channels.wechat.settings import WeChatSettings
from bot.clock import FixedClock
from bot.domain.people import Address
from bot.domain.sheets import TopicLine, TopicsSheet
from bot.drawings.drawing import png_of
from bot.errors import MediaUnavailable
from bot.message import Delivered, Lane, Picture, Push, Refused, Reply, TryLater, Unclear
from bot.ports import Line, MediaStore, StoredMedia
from storage.media import MediaFolder
from tests.fakes.telegram_api import TOKEN, FakeTelegram, Step, fault, flood, garbage, refusal, reset
from tests.fakes.web_desk import WebDesk
from tests.fakes.wechat_api import FakeWeChat, Fault

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)
KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
LINE = TopicLine(name="道路交通", area="东棠街道", people=3, usual=0.5, shown="3人")
PNG = png_of(TopicsSheet(title="热点", under="云棠市", lines=(LINE,)))


async def saved(media: MediaFolder, content: bytes = PNG) -> Picture:
    async def once() -> AsyncIterator[bytes]:
        yield content

    return Picture((await media.save(once(), 10 * LARGEST)).sha256, "image/png", "热点的图")


def push(channel: str, picture: Picture, text: str = "热点\n云棠市", key: str = "k") -> Push:
    reply = Reply(text, picture=picture)
    return Push(key=key, address=Address(channel, "42"), reply=reply, created_at=NOW, lane=Lane.REPLY)


@pytest.fixture
def media(tmp_path: Path) -> MediaFolder:
    return MediaFolder(tmp_path / "media")


# -- Telegram


@pytest.fixture
async def bot_api() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def telegram(bot_api: FakeTelegram, media: MediaFolder) -> AsyncIterator[Telegram]:
    channel = Telegram(TelegramSettings(token=TOKEN, api_base=bot_api.base), FixedClock(NOW), media)
    await channel.start()
    yield channel
    await channel.stop()


async def test_telegram_sends_the_photo_itself_with_words_below(
    bot_api: FakeTelegram, telegram: Telegram, media: MediaFolder
) -> None:
    delivery = await telegram.deliver(push("telegram", await saved(media)), "")
    (sent,) = bot_api.sent("sendPhoto")
    assert delivery == Delivered("1001")
    assert (sent["chat_id"], sent["caption"], sent["photo"]) == ("42", "热点\n云棠市", PNG)
    assert not bot_api.sent()


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (flood(7), TryLater(7.0, "flood")),
        (refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"), Refused("photo_invalid_dimensions")),
        (refusal(403, "Forbidden: bot was blocked by the user"), None),
        (fault(502), Unclear("http 502")),
        (garbage(), None),
        (reset(), None),
    ],
)
async def test_what_telegram_says_of_a_photo(
    bot_api: FakeTelegram, telegram: Telegram, media: MediaFolder, step: Step, expected: object
) -> None:
    bot_api.script("sendPhoto", step)
    delivery = await telegram.deliver(push("telegram", await saved(media)), "")
    assert delivery == expected or (expected is None and isinstance(delivery, Refused | Unclear))


async def test_telegram_drops_what_is_gone_too_large_or_no_picture(
    bot_api: FakeTelegram, telegram: Telegram, media: MediaFolder
) -> None:
    assert await telegram.deliver(push("telegram", Picture("ab" * 32, "image/png", "")), "") == Refused("no picture")
    huge = await saved(media, PNG + bytes(LARGEST))
    assert await telegram.deliver(push("telegram", huge), "") == Refused("no picture")
    broken = await saved(media, b"no picture at all")
    assert isinstance(await telegram.deliver(push("telegram", broken), ""), Refused)
    assert not bot_api.sent("sendPhoto")


async def test_a_caption_is_cut_to_what_telegram_takes(
    bot_api: FakeTelegram, telegram: Telegram, media: MediaFolder
) -> None:
    assert isinstance(await telegram.deliver(push("telegram", await saved(media), "长" * 3000), ""), Delivered)
    assert len(bot_api.sent("sendPhoto")[0]["caption"]) == 1024


# -- WeChat


@pytest.fixture
async def account() -> AsyncIterator[FakeWeChat]:
    async with FakeWeChat() as server:
        yield server


def wechat_of(account: FakeWeChat, media: MediaStore, clock: FixedClock, *, service: bool = True) -> WeChat:
    settings = WeChatSettings(
        app_id=account.app_id,
        app_secret=account.app_secret,
        token="dialogue",
        encoding_aes_key=KEY,
        api_base=account.url,
        customer_service=service,
    )
    return WeChat(settings, clock, media=media)


@pytest.fixture
async def wechat(account: FakeWeChat, media: MediaFolder) -> AsyncIterator[WeChat]:
    channel = wechat_of(account, media, FixedClock(NOW))
    await channel.start()
    yield channel
    await channel.stop()


async def test_wechat_uploads_a_picture_once_and_sends_it_to_everybody(
    account: FakeWeChat, wechat: WeChat, media: MediaFolder
) -> None:
    picture = await saved(media)
    for key in ("a", "b"):
        assert await wechat.deliver(push("wechat", picture, key=key), "") == Delivered()
    assert list(account.uploaded.values()) == [PNG]
    assert [message["image"]["media_id"] for message in account.pictures] == list(account.uploaded) * 2
    assert [message["touser"] for message in account.pictures] == ["42", "42"]
    assert not account.sent


async def test_what_wechat_has_forgotten_is_uploaded_again(account: FakeWeChat, media: MediaFolder) -> None:
    clock = FixedClock(NOW)
    wechat = wechat_of(account, media, clock)
    await wechat.start()
    try:
        picture = await saved(media)
        await wechat.deliver(push("wechat", picture), "")
        clock.at += timedelta(days=2, hours=1)
        account.expire_token()
        assert await wechat.deliver(push("wechat", picture, key="b"), "") == Delivered()
        assert len(account.uploaded) == 2
    finally:
        await wechat.stop()


async def test_with_the_window_shut_only_the_words_stay(
    account: FakeWeChat, wechat: WeChat, media: MediaFolder
) -> None:
    account.shut.add("42")
    assert isinstance(await wechat.deliver(push("wechat", await saved(media)), ""), Refused)
    assert not account.pictures
    assert not account.knocks


async def test_an_account_that_may_not_write_on_its_own_shows_no_pictures(
    account: FakeWeChat, media: MediaFolder
) -> None:
    wechat = wechat_of(account, media, FixedClock(NOW), service=False)
    assert not wechat.traits.pictures
    assert isinstance(await wechat.deliver(push("wechat", await saved(media)), ""), Refused)
    assert not account.calls["upload"]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (Fault(status=502), TryLater),
        (Fault(reset=True), TryLater),
        (Fault(body=b"<html>"), TryLater),
        (Fault(errcode=45009), Refused),
        (Fault(errcode=40009), Refused),
        (Fault(errcode=-1), Refused),
    ],
)
async def test_an_upload_that_fails(
    account: FakeWeChat, wechat: WeChat, media: MediaFolder, wrong: Fault, expected: type
) -> None:
    account.always("upload", wrong)
    picture = await saved(media)
    assert isinstance(await wechat.deliver(push("wechat", picture), ""), expected)
    account.always("upload", None)
    assert await wechat.deliver(push("wechat", picture), "") == Delivered()


async def test_a_token_that_ran_out_is_renewed_for_an_upload(
    account: FakeWeChat, wechat: WeChat, media: MediaFolder
) -> None:
    await wechat.deliver(push("wechat", await saved(media)), "")
    account.expire_token()
    other = await saved(media, PNG + b"\0")
    assert await wechat.deliver(push("wechat", other, key="b"), "") == Delivered()
    assert len(account.uploaded) == 2


class Away:
    """A place of files that does not answer."""

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        raise MediaUnavailable(why="media: away")

    async def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        raise MediaUnavailable(why="media: away")
        yield b""

    async def exists(self, sha256: str) -> bool:
        raise MediaUnavailable(why="media: away")


async def test_a_picture_waits_while_files_are_away(bot_api: FakeTelegram, account: FakeWeChat) -> None:
    shown = Picture("ab" * 32, "image/png", "")
    telegram = Telegram(TelegramSettings(token=TOKEN, api_base=bot_api.base), FixedClock(NOW), Away())
    wechat = wechat_of(account, Away(), FixedClock(NOW))
    for channel in (telegram, wechat):
        await channel.start()
        delivery = await channel.deliver(push(channel.name, shown), "")
        assert isinstance(delivery, TryLater), channel.name
        await channel.stop()


# -- The web chat, and the demonstration


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[tuple[WebDesk, BaseTestServer]]:
    desk = WebDesk(tmp_path)
    server = TestServer(desk.app())
    await server.start_server()
    yield desk, server
    await desk.stop()
    await server.close()


async def _visitor(server: BaseTestServer) -> tuple[aiohttp.ClientSession, Address]:
    http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    await (await http.get(server.make_url("/"))).read()
    secret = http.cookie_jar.filter_cookies(server.make_url("/"))["minsheng"].value
    return http, Address("web", hashlib.sha256(secret.encode()).hexdigest()[:32])


async def test_the_web_chat_shows_a_picture_to_whom_it_was_sent_and_nobody_else(
    web: tuple[WebDesk, BaseTestServer],
) -> None:
    desk, server = web
    name = hashlib.sha256(PNG).hexdigest()
    (desk.media.folder / name).write_bytes(PNG)
    alt = '热点<img src=x onerror=alert(1)>"'
    li, address = await _visitor(server)
    wang, _ = await _visitor(server)
    async with li, wang, aiohttp.ClientSession() as stranger:
        desk.lines[address] = [Line("p", "desk", NOW, "热点", Reply("热点", picture=Picture(name, "image/png", alt)))]
        (line,) = (await (await li.get(server.make_url("/chat/history"))).json())["lines"]
        assert line["picture"] == {"src": f"/chat/pictures/{name}", "alt": alt}
        shown = await li.get(server.make_url(line["picture"]["src"]))
        assert await shown.read() == PNG
        assert shown.content_type == "image/png"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        for other in (wang, stranger):
            assert (await other.get(server.make_url(line["picture"]["src"]))).status == 404
        assert (await li.get(server.make_url(f"/chat/pictures/{'0' * 64}"))).status == 404
        assert (await li.get(server.make_url("/chat/pictures/..%2f..%2fetc"))).status == 404
        plain = await (await li.get(server.make_url("/"))).text()
        assert f'<img class="drawn" src="/chat/pictures/{name}"' in plain
        assert "<img src=x" not in plain
        (desk.media.folder / name).unlink()
        assert (await li.get(server.make_url(line["picture"]["src"]))).status == 404


def test_who_can_show_pictures_says_so() -> None:
    assert DemoChannel.traits.pictures
    assert Telegram.traits.pictures
