"""Pushes, files and set-up against a small WeChat that misbehaves as told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiohttp import ClientTimeout
from structlog.testing import capture_logs

from bot.channels.wechat.api import Api
from bot.channels.wechat.channel import WeChat
from bot.channels.wechat.menu import LABELS, SetupStep
from bot.channels.wechat.outcome import delivery_of
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.templates import Template, Templates
from bot.clock import FixedClock
from bot.domain.people import Address
from bot.message import (
    KNOCKED,
    Brief,
    Choice,
    Delivered,
    Delivery,
    Kept,
    Lane,
    Push,
    Refused,
    Reply,
    TryLater,
    Unclear,
)
from bot.ports import Fetched, Unfetchable
from tests.fakes.wechat_api import FakeWeChat, Fault, File
from tests.fakes.wechat_requests import AES_KEY, OPENID, TOKEN

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # 12:00 in Beijing
LABELLED = dict.fromkeys(LABELS, "查进度")


def settings(
    wechat: FakeWeChat, *, customer_service: bool = True, api_base: str = "", secret: str = ""
) -> WeChatSettings:
    return WeChatSettings(
        app_id=wechat.app_id,
        app_secret=secret or wechat.app_secret,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        api_base=api_base or wechat.url,
        customer_service=customer_service,
    )


@asynccontextmanager
async def started(of: WeChatSettings, clock: FixedClock | None = None) -> AsyncIterator[WeChat]:
    channel = WeChat(of, clock or FixedClock(NOON))
    await channel.start()
    try:
        yield channel
    finally:
        await channel.stop()


@pytest.fixture
async def wechat() -> AsyncIterator[FakeWeChat]:
    async with FakeWeChat() as server:
        yield server


@pytest.fixture
async def channel(wechat: FakeWeChat) -> AsyncIterator[WeChat]:
    async with started(settings(wechat)) as channel:
        yield channel


def push(words: str = "您的诉求有了新进展", *choices: Choice, to: str = OPENID) -> Push:
    return Push(key="k", address=Address("wechat", to), reply=Reply(words, choices), created_at=NOON)


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


# Pushes


async def test_an_answer_is_a_customer_service_text_with_numbered_choices(wechat: FakeWeChat, channel: WeChat) -> None:
    card = msgspec.structs.replace(push("路灯修好了吗？", Choice("y", "是"), Choice("n", "否")), lane=Lane.REPLY)
    assert await channel.deliver(card, "") == Delivered()
    text = {"content": "路灯修好了吗？\n1 是\n2 否"}
    assert wechat.sent == [{"touser": OPENID, "msgtype": "text", "text": text}]


async def test_a_notice_says_what_to_type_for_a_number_would_mean_another_list(
    wechat: FakeWeChat, channel: WeChat
) -> None:
    notice = push("新工单 260304-00017", Choice("n:take", "接单", "接单 260304-00017"), Choice("n:see", "查看"))
    assert await channel.deliver(notice, "") == Delivered()
    assert wechat.sent[0]["text"]["content"] == "新工单 260304-00017\n接单 260304-00017"


async def test_emoji_and_quotes_arrive_as_they_are(wechat: FakeWeChat, channel: WeChat) -> None:
    assert await channel.deliver(push('😀 "引号" \\ \x00\ud800'), "") == Delivered()
    assert wechat.sent[0]["text"]["content"] == '😀 "引号" \\ '


async def test_a_long_text_is_cut_to_what_wechat_takes(wechat: FakeWeChat, channel: WeChat) -> None:
    assert await channel.deliver(push("水" * 3000), "") == Delivered()
    assert wechat.sent[0]["text"]["content"].endswith("…")


async def test_a_text_still_too_long_is_tried_shorter_once(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.next("send", Fault(errcode=45002))
    assert await channel.deliver(push("水" * 3000), "") == Delivered()
    assert len(wechat.sent[0]["text"]["content"].encode()) <= 1200
    wechat.always("send", Fault(errcode=45002))
    assert await channel.deliver(push("水"), "") == Refused("too long")
    assert wechat.calls["send"] == 4


async def test_without_customer_service_a_push_is_kept_and_nobody_called(wechat: FakeWeChat) -> None:
    async with started(settings(wechat, customer_service=False)) as poor:
        assert await poor.deliver(push(), "") == Kept("no customer service")
    assert dict(wechat.calls) == {}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(errcode=45015), Kept("window")),
        (Fault(errcode=45047), Kept("credits")),
        (Fault(errcode=45009), TryLater(12 * 3600, "quota", whole_channel=True)),
        (Fault(errcode=40003), Refused("gone", gone=True)),
        (Fault(errcode=-1), Unclear("busy")),
        (Fault(errcode=48001), Kept("not granted")),
        (Fault(status=500), Unclear("http 500")),
        (Fault(status=429), TryLater(30, "http 429")),
        (Fault(reset=True), Unclear("connection")),
        (Fault(body=b"<html>busy</html>"), Unclear("not json")),
    ],
)
async def test_each_fault_has_its_outcome(
    wechat: FakeWeChat, channel: WeChat, fault: Fault, outcome: TryLater | Kept | Refused | Unclear
) -> None:
    wechat.next("send", fault)
    assert await channel.deliver(push(), "") == outcome
    assert wechat.calls["send"] == 1
    assert wechat.sent == []


async def test_a_stranger_is_gone(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.strangers.add(OPENID)
    assert await channel.deliver(push(), "") == Refused("gone", gone=True)


async def test_a_connection_lost_after_the_send_is_unclear_and_not_repeated(
    wechat: FakeWeChat, channel: WeChat
) -> None:
    wechat.next("send", Fault(reset=True, accepted=True))
    assert await channel.deliver(push(), "") == Unclear("connection")
    assert len(wechat.sent) == wechat.calls["send"] == 1


async def test_a_server_that_is_not_there_means_certainly_not_sent(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.keep_alive = False
    await channel.deliver(push(), "")
    async with started(settings(wechat, api_base=f"http://127.0.0.1:{a_free_port()}")) as cut_off:
        assert await cut_off.deliver(push(), "") == TryLater(30, "no token: unreachable", whole_channel=True)
    await wechat.__aexit__()
    assert await channel.deliver(push(), "") == TryLater(30, "unreachable")


async def test_an_expired_token_is_renewed_once_and_nothing_lost(wechat: FakeWeChat, channel: WeChat) -> None:
    await channel.deliver(push(), "")
    wechat.expire_token()
    outcomes = await asyncio.gather(*(channel.deliver(push(str(n)), "") for n in range(8)))
    assert outcomes == [Delivered()] * 8
    assert len(wechat.sent) == 9
    assert wechat.calls["token"] == 2
    assert wechat.forced == 0


async def test_a_spoilt_token_is_forced_out(wechat: FakeWeChat, channel: WeChat) -> None:
    await channel.deliver(push(), "")
    wechat.spoil_token()
    assert await channel.deliver(push(), "") == Delivered()
    assert wechat.forced == 1


async def test_a_token_refused_twice_is_given_up_after_one_more_try(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.always("send", Fault(errcode=40001))
    with capture_logs() as logs:
        assert await channel.deliver(push(), "") == TryLater(60, "token", whole_channel=True)
    assert wechat.calls["send"] == 2
    assert wechat.calls["token"] <= 3
    assert [line["code"] for line in logs if line["event"] == "wechat.alarm"] == [40001]


async def test_the_log_has_the_rid_and_no_secret(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.next("send", Fault(errcode=45047), Fault(errcode=40001), Fault(errcode=40001))
    wechat.next("media", Fault(errcode=40007))
    with capture_logs() as logs:
        await channel.deliver(push("张三的话"), "")
        await channel.deliver(push("张三的话"), "")
        await channel.fetch("media-1")
    written = repr(logs)
    assert "6abcdef0-1234567-0badc0de" in written
    for secret in ("token-", wechat.app_secret, "张三", "access_token", AES_KEY):
        assert secret not in written


async def test_no_answer_after_the_send_is_unclear_and_not_repeated(wechat: FakeWeChat) -> None:
    api = Api(settings(wechat), FixedClock(NOON), ClientTimeout(total=0.2))
    api.open()
    wechat.next("send", Fault(hang=True, accepted=True))
    message = {"touser": OPENID, "msgtype": "text", "text": {"content": "x"}}
    result = await api.post("/cgi-bin/message/custom/send", message)
    await api.close()
    assert delivery_of(result, NOON) == Unclear("timeout")
    assert len(wechat.sent) == wechat.calls["send"] == 1


async def test_a_token_that_does_not_come_means_certainly_not_sent(wechat: FakeWeChat) -> None:
    api = Api(settings(wechat), FixedClock(NOON), ClientTimeout(total=0.2))
    api.open()
    wechat.next("token", Fault(hang=True))
    result = await api.post("/cgi-bin/message/custom/send", {})
    await api.close()
    assert delivery_of(result, NOON) == TryLater(30, "no token: timeout", whole_channel=True)
    assert wechat.calls["send"] == 0


# Files


async def content(fetched: Fetched | Unfetchable) -> bytes:
    assert isinstance(fetched, Fetched)
    return b"".join([piece async for piece in fetched.chunks])


async def test_a_photo_comes_in_pieces(wechat: FakeWeChat, channel: WeChat) -> None:
    photo = bytes(range(256)) * 4000
    wechat.media["p"] = File(content=photo, mime="image/jpeg")
    fetched = await channel.fetch("p")
    assert isinstance(fetched, Fetched)
    assert (fetched.bytes, fetched.mime) == (len(photo), "image/jpeg")
    assert await content(fetched) == photo


async def test_a_file_that_looks_like_json_is_a_file(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.media["p"] = File(content=b'{"errcode":40007}', mime="audio/amr")
    assert await content(await channel.fetch("p")) == b'{"errcode":40007}'


async def test_a_video_comes_by_a_link_to_the_same_host(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.media["v"] = File(content=b"\0film", mime="video/mp4", video=True)
    assert await content(await channel.fetch("v")) == b"\0film"
    assert wechat.calls["video"] == 1


async def test_a_link_elsewhere_is_not_followed(wechat: FakeWeChat, channel: WeChat) -> None:
    async with FakeWeChat() as elsewhere:
        elsewhere.media["v"] = File(content=b"inner", mime="video/mp4")
        for link in (f"{elsewhere.url}/video/v", "http://169.254.169.254/latest", "file:///etc/passwd", ""):
            wechat.media["v"] = File(content=b"", video=True, video_url=link or "http://[bad")
            assert await channel.fetch("v") == Unfetchable("refused")
        assert elsewhere.calls["video"] == 0


async def test_a_name_of_wechats_that_leads_inside_is_not_followed(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.media["v"] = File(content=b"", video=True, video_url="http://nosuchhost.invalid.qpic.cn/x")
    assert await channel.fetch("v") == Unfetchable("refused", retry=True, after=30)


async def test_a_forgotten_file_has_expired(channel: WeChat) -> None:
    assert await channel.fetch("forgotten") == Unfetchable("expired")


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (Fault(status=500), 30),
        (Fault(status=404), 600),
        (Fault(status=302), 600),
        (Fault(reset=True), 30),
        (Fault(errcode=-1), 30),
        (Fault(errcode=45009), 12 * 3600),
        (Fault(errcode=48001), 3600),
        (Fault(errcode=99999), 600),
        (Fault(body=b"<html>busy</html>"), 600),
        (Fault(body=b""), 600),
    ],
)
async def test_what_may_pass_is_tried_again(wechat: FakeWeChat, channel: WeChat, fault: Fault, after: float) -> None:
    wechat.always("media", fault)
    assert await channel.fetch("p") == Unfetchable("refused", retry=True, after=after)


async def test_an_expired_token_does_not_cost_a_file(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.media["p"] = File(content=b"x", mime="image/jpeg")
    await content(await channel.fetch("p"))
    wechat.expire_token()
    assert await content(await channel.fetch("p")) == b"x"


async def test_without_a_token_a_file_waits(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.next("token", Fault(errcode=40164))
    assert await channel.fetch("p") == Unfetchable("refused", retry=True, after=600)


async def test_a_file_that_breaks_off_is_a_connection_error(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.media["p"] = File(content=b"x" * 100_000, mime="image/jpeg", piece=1000, cut_after=50_000)
    fetched = await channel.fetch("p")
    with pytest.raises(ConnectionError):
        await content(fetched)


async def test_a_slow_file_arrives_all_the_same(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.media["p"] = File(content=b"x" * 5000, mime="audio/amr", piece=500, pause=0.005)
    assert await content(await channel.fetch("p")) == b"x" * 5000


async def test_a_file_nobody_reads_to_the_end_lets_go_of_its_connection(wechat: FakeWeChat, channel: WeChat) -> None:
    wechat.media["p"] = File(content=b"x" * 3_000_000, mime="image/jpeg")
    for _ in range(40):  # more than the pool has connections
        fetched = await channel.fetch("p")
        assert isinstance(fetched, Fetched)
        async for piece in fetched.chunks:
            assert piece
            break
        await fetched.chunks.aclose()  # type: ignore[attr-defined]  # an async generator, as iterators mostly are
    assert wechat.calls["media"] == 40


# Set-up


async def test_setup_makes_the_menu(wechat: FakeWeChat, channel: WeChat) -> None:
    assert [step.key for step in await channel.setup(LABELLED)] == ["setup.wechat.token_ok", "setup.wechat.menu_ok"]
    assert [button["name"] for button in wechat.menus[0]["button"]] == ["查进度"] * 3


@pytest.mark.parametrize(
    ("call", "fault", "step"),
    [
        (
            "token",
            Fault(errcode=40164, errmsg="invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist"),
            SetupStep(False, "setup.wechat.ip_not_allowed", {"ip": "1.2.3.4"}),
        ),
        ("token", Fault(errcode=40125), SetupStep(False, "setup.wechat.bad_secret")),
        ("token", Fault(errcode=40013), SetupStep(False, "setup.wechat.bad_app_id")),
        ("token", Fault(errcode=50004), SetupStep(False, "setup.wechat.token_failed", {"code": "50004"})),
        ("token", Fault(reset=True), SetupStep(False, "setup.wechat.unreachable")),
        ("token", Fault(body=b"{}"), SetupStep(False, "setup.wechat.unreachable")),
        ("menu", Fault(errcode=48001), SetupStep(False, "setup.wechat.menu_not_granted")),
        ("menu", Fault(status=500), SetupStep(False, "setup.wechat.unreachable")),
        (
            "menu",
            Fault(errcode=40018),
            SetupStep(False, "setup.wechat.menu_failed", {"code": "40018", "rid": "6abcdef0-1234567-0badc0de"}),
        ),
    ],
)
async def test_setup_says_what_is_wrong(
    wechat: FakeWeChat, channel: WeChat, call: str, fault: Fault, step: SetupStep
) -> None:
    wechat.next(call, fault)
    steps = await channel.setup(LABELLED)
    assert steps[-1] == step


async def test_a_check_changes_nothing(wechat: FakeWeChat, channel: WeChat) -> None:
    assert await channel.check() == (SetupStep(True, "setup.wechat.token_ok"),)
    assert wechat.menus == []


async def test_a_wrong_secret_is_found_by_wechat_itself(wechat: FakeWeChat) -> None:
    async with started(settings(wechat, secret="another")) as channel:
        assert await channel.setup(LABELLED) == (SetupStep(False, "setup.wechat.bad_secret"),)
        assert await channel.deliver(push(), "") == TryLater(600, "setup", whole_channel=True)


async def test_a_token_lasts_until_five_minutes_before_its_end(wechat: FakeWeChat) -> None:
    clock = FixedClock(NOON)
    async with started(settings(wechat), clock) as channel:
        for _ in range(3):
            await channel.deliver(push(), "")
        assert wechat.calls["token"] == 1
        clock.advance(timedelta(seconds=6900))
        await channel.deliver(push(), "")
        assert wechat.calls["token"] == 2


# Templates, where nothing longer may be sent

TEMPLATE = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
FIELDS = {"character_string1": "number", "thing2": "title", "phrase3": "state"}
WORDS = {"number": "260304-00017", "title": "幸福路12号门口的路灯坏了三天，没有人来修理", "state": "已答复"}


@asynccontextmanager
async def knocking(wechat: FakeWeChat, *, customer_service: bool = True) -> AsyncIterator[WeChat]:
    wechat.templates[TEMPLATE] = tuple(FIELDS)
    templates = Templates({"news": Template("news", TEMPLATE, FIELDS)})
    async with started(replace(settings(wechat, customer_service=customer_service), templates=templates)) as channel:
        yield channel


def an_answer(key: str = "told:answer:1") -> Push:
    return msgspec.structs.replace(push("路灯已修好。"), key=key, brief=Brief("answer", WORDS), reserve=True)


async def test_within_the_window_the_whole_is_said_and_no_template_used(wechat: FakeWeChat) -> None:
    async with knocking(wechat) as channel:
        assert await channel.deliver(an_answer(), "") == Delivered()
    assert (len(wechat.sent), wechat.knocks) == (1, [])


async def test_after_the_window_a_template_knocks_and_the_whole_is_kept(wechat: FakeWeChat) -> None:
    wechat.shut.add(OPENID)
    async with knocking(wechat) as channel:
        assert await channel.deliver(an_answer(), "") == Kept(KNOCKED)
    (knock,) = wechat.knocks
    assert knock["touser"] == OPENID
    assert knock["data"] == {
        "character_string1": {"value": "260304-00017"},
        "thing2": {"value": "幸福路12号门口的路灯坏了三天，没有人…"},
        "phrase3": {"value": "已答复"},
    }


async def test_an_account_without_customer_service_knocks_too(wechat: FakeWeChat) -> None:
    async with knocking(wechat, customer_service=False) as channel:
        assert await channel.deliver(an_answer(), "") == Kept(KNOCKED)
        assert await channel.deliver(push("没有简短的话"), "") == Kept("no customer service")
    assert wechat.calls["send"] == 0


async def test_without_credits_only_the_template_is_tried(wechat: FakeWeChat) -> None:
    async with knocking(wechat) as channel:
        assert await channel.deliver_brief(an_answer()) == Kept(KNOCKED)
    assert (wechat.calls["send"], len(wechat.knocks)) == (0, 1)


async def test_an_answer_lost_on_the_way_back_makes_no_second_template(wechat: FakeWeChat) -> None:
    wechat.shut.add(OPENID)
    wechat.next("template", Fault(reset=True, accepted=True))
    async with knocking(wechat) as channel:
        assert await channel.deliver(an_answer(), "") == Kept(KNOCKED)
    assert (wechat.calls["template"], len(wechat.knocks)) == (2, 1)


@pytest.mark.parametrize(
    ("fault", "delivery"),
    [
        (Fault(errcode=43004), Refused("gone", gone=True)),
        (Fault(errcode=43101), Kept("window")),  # wants no templates; may still come and ask
        (Fault(errcode=47003), Kept("window")),
        (Fault(errcode=45009), Kept("window")),  # the quota of templates stops no other message
        (Fault(errcode=48001), Kept("window")),
        (Fault(status=502), Kept("template unclear")),
    ],
)
async def test_what_goes_wrong_with_a_template_loses_nothing(
    wechat: FakeWeChat, fault: Fault, delivery: Delivery
) -> None:
    wechat.shut.add(OPENID)
    wechat.always("template", fault)
    async with knocking(wechat) as channel:
        assert await channel.deliver(an_answer(), "") == delivery


async def test_a_template_the_account_does_not_have_is_an_alarm(wechat: FakeWeChat) -> None:
    async with knocking(wechat, customer_service=False) as channel:
        wechat.templates.clear()
        with capture_logs() as logs:
            assert await channel.deliver(an_answer(), "") == Kept("no customer service")
    assert {"event": "wechat.alarm", "log_level": "error", "code": 40037} in logs
