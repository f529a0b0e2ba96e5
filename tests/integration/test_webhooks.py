"""Webhooks: what programs are told, in which hands it comes to lie, and what becomes of it when they do not answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.api_settings import WebhookSection
from bot.channels.webhook import Receiver, Webhooks, signing
from bot.clock import FixedClock
from bot.domain.people import Address
from bot.message import Delivered, Push, Refused, Reply, TryLater
from tests.dialogue.stage import stage
from tests.fakes.programs import APP, OTHER, WEBHOOK_SECRET, Listener
from tests.integration.test_open311 import COPY, START, Town


def section(url: str, **fields: object) -> WebhookSection:
    return WebhookSection.model_validate({"url": url, "secret": WEBHOOK_SECRET, **fields})


@asynccontextmanager
async def town(folder: Path, *told: WebhookSection) -> AsyncIterator[Town]:
    async with stage("telegram", folder, START, staffed=True, told=told) as there:
        await there.open()
        for who, details in (("handler", {"unit": "transport"}), ("supervisor", {"name": "督办员"})):
            there.phones[who] = await there.new_phone("telegram")
            await there.employ(there.phones[who], who, details)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield Town(there, http)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with Listener() as there:
        yield there


async def reports(desk: Town, text: str = "人民路的路灯坏了，我的电话13912345678") -> str:
    """The number of what the resident files in chat."""
    await desk.says("resident", text)
    await desk.says("resident", "确认")
    return (await desk.stage.store.reader.tickets_of(desk.stage.phones["resident"].address))[0].number


async def test_filed_answered_and_closed_are_told_of_what_is_filed_in_chat(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path, section(listener.url)) as desk:
        number = await reports(desk)
        await desk.answers(number)
        await desk.releases(number)
        await desk.stage.advance(timedelta(days=9))
        assert [each["type"] for each in listener.heard] == ["filed", "answered", "closed"]
        filed, answered, closed = (each["data"] for each in listener.heard)
        assert {each["service_request_id"] for each in (filed, answered, closed)} == {number}
        assert [each["status"] for each in (filed, answered, closed)] == ["open", "open", "closed"]
        assert [each["description"] for each in (filed, answered, closed)] == [None, None, COPY]
        assert (filed["lat"], filed["media_url"], filed["service_code"]) == (None, None, "roads")
        assert filed["requested_datetime"].endswith("Z")
        said = json.dumps(listener.heard, ensure_ascii=False)
        assert "13912345678" not in said
        assert "路灯坏了" not in said
        assert (await desk.ticket(number)).code not in said
        assert len(set(listener.ids)) == len(listener.ids)
        assert number not in "".join(listener.ids)


async def test_only_the_events_that_are_wanted(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path, section(listener.url, events=["answered"])) as desk:
        number = await reports(desk)
        await desk.answers(number)
        assert [each["type"] for each in listener.heard] == ["answered"]


@pytest.mark.parametrize("text", ["医院收费看不懂，乱收费", "举报窗口工作人员态度恶劣"])
async def test_nobody_is_told_of_what_may_never_be_public(tmp_path: Path, listener: Listener, text: str) -> None:
    async with town(tmp_path, section(listener.url)) as desk:
        await reports(desk, text)
        await desk.stage.advance(timedelta(hours=1))
        assert listener.heard == []


async def test_a_key_is_told_of_what_it_filed_and_of_nothing_else(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path, section(listener.url, key="app")) as desk:
        await reports(desk)
        await desk.files(api_key=OTHER)
        mine = await desk.files(api_key=APP, service_code="health", description="医院收费看不懂")
        await desk.says("supervisor", f"拒 {mine} 请向卫健委反映")
        assert [(each["type"], each["data"]["service_request_id"]) for each in listener.heard][:1] == [("filed", mine)]
        assert {each["data"]["service_request_id"] for each in listener.heard} == {mine}
        assert {each["data"]["description"] for each in listener.heard} == {None}


async def test_a_program_that_is_away_hears_it_later_and_in_order(tmp_path: Path, listener: Listener) -> None:
    listener.statuses = [503, 429, 500]
    async with town(tmp_path, section(listener.url)) as desk:
        number = await reports(desk)
        assert listener.heard == []
        await desk.answers(number)
        await desk.stage.advance(timedelta(hours=2))
        assert [each["type"] for each in listener.heard] == ["filed", "answered"]
        assert len(set(listener.ids[:4])) == 1, "a copy has the name of the first"


async def test_after_three_days_it_is_not_told_any_more(tmp_path: Path, listener: Listener) -> None:
    listener.statuses = [503] * 1000
    async with town(tmp_path, section(listener.url, events=["filed"])) as desk:
        await reports(desk)
        await desk.stage.advance(timedelta(days=3, hours=2))
        listener.statuses = []
        await desk.stage.advance(timedelta(days=1))
        assert listener.heard == []


async def test_who_is_gone_for_good_is_left_alone(tmp_path: Path, listener: Listener) -> None:
    listener.statuses = [410]
    async with town(tmp_path, section(listener.url)) as desk:
        number = await reports(desk)
        await desk.answers(number)
        await desk.stage.advance(timedelta(days=1))
        assert (len(listener.ids), listener.heard) == (1, [])


async def test_staff_see_nothing_undelivered_when_a_program_does_not_answer(tmp_path: Path, listener: Listener) -> None:
    listener.statuses = [400]
    async with town(tmp_path, section(listener.url)) as desk:
        number = await reports(desk)
        assert number not in await desk.stage.store.reader.undelivered()


def push(text: str = "{}") -> Push:
    return Push(key="webhook:a:260304-00017:1", address=Address("webhook", "x"), reply=Reply(text), created_at=START)


def to(receiver: Receiver) -> Push:
    return Push(key="k", address=Address("webhook", receiver.id), reply=Reply("{}"), created_at=START)


@asynccontextmanager
async def channel(url: str) -> AsyncIterator[tuple[Webhooks, Receiver]]:
    receiver = Receiver(url, signing.key_of(WEBHOOK_SECRET))
    there = Webhooks([receiver], FixedClock(START))
    await there.start()
    try:
        yield there, receiver
    finally:
        await there.stop()


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (200, Delivered),
        (204, Delivered),
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (410, Refused),
        (408, TryLater),
        (429, TryLater),
        (500, TryLater),
        (503, TryLater),
    ],
)
async def test_what_each_answer_means(listener: Listener, status: int, wanted: type) -> None:
    listener.statuses = [status]
    async with channel(listener.url) as (there, receiver):
        outcome = await there.deliver(to(receiver), "")
    assert isinstance(outcome, wanted)
    if isinstance(outcome, Refused):
        assert outcome.gone == (status == 410)


async def test_retry_after_is_kept_within_reason(listener: Listener) -> None:
    async with channel(listener.url) as (there, receiver):
        for said, seconds in (("120", 120.0), ("999999999", 3600.0), ("-5", 0.0), ("tomorrow", 0.0), ("", 0.0)):
            listener.statuses, listener.headers = [429], {"Retry-After": said}
            assert await there.deliver(to(receiver), "") == TryLater(seconds, "http 429")


async def test_nobody_sends_us_elsewhere(listener: Listener) -> None:
    listener.headers = {"Location": listener.url.replace("/hook", "/elsewhere")}
    async with channel(listener.url) as (there, receiver):
        for status in (301, 302, 303, 307, 308):
            listener.statuses = [status]
            assert await there.deliver(to(receiver), "") == Refused(f"http {status}")
    assert listener.elsewhere == 0


async def test_what_is_not_in_the_settings_gets_nothing(listener: Listener) -> None:
    async with channel(listener.url) as (there, _):
        assert isinstance(await there.deliver(push(), ""), Refused)
    assert listener.ids == []


async def test_nobody_at_home_is_tried_again() -> None:
    async with Listener() as away:
        url = away.url
    async with channel(url) as (there, receiver):
        assert isinstance(await there.deliver(to(receiver), ""), TryLater)
    assert isinstance(await there.deliver(to(receiver), ""), TryLater)  # not started any more


def test_a_signature_by_the_book() -> None:
    """The example of the specification (standard-webhooks.md), counted again with openssl."""
    key = signing.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    assert signing.headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}') == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert signing.key_of("twenty-four plain characters") == b"twenty-four plain characters"
    with pytest.raises(ValueError, match="base64"):
        signing.key_of("whsec_not base64")
