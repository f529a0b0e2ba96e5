"""`channels setup` and `doctor` in front of a Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.channels.telegram import TelegramSettings
from bot.channels.telegram.setup import inspect, setup
from bot.errors import ConfigurationError
from tests.fakes.telegram_api import SECRET, TOKEN, FakeTelegram, refusal
from tests.fakes.telegram_updates import TelegramPerson

COMMANDS = {"": [("new", "Start a complaint"), ("status", "Where it stands")], "zh": [("new", "反映问题")]}


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


def settings(telegram: FakeTelegram, **more: Any) -> TelegramSettings:
    return TelegramSettings(**{"token": TOKEN, "api_base": telegram.base} | more)


def hooked(telegram: FakeTelegram) -> TelegramSettings:
    return settings(telegram, mode="webhook", secret_token=SECRET, public_url="https://desk.example/")


async def test_webhook(telegram: FakeTelegram) -> None:
    telegram.happen(TelegramPerson().text("sent while we were away"))
    standing = await setup(hooked(telegram), COMMANDS)
    assert telegram.hook["url"] == "https://desk.example/hooks/telegram"
    assert telegram.hook["secret_token"] == SECRET
    assert telegram.hook["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert int(telegram.hook["max_connections"]) > 1
    assert "drop_pending_updates" not in telegram.hook
    assert (standing.username, standing.url) == ("desk_bot", "https://desk.example/hooks/telegram")
    assert (standing.pending, standing.problems) == (1, ())


async def test_commands_per_language(telegram: FakeTelegram) -> None:
    standing = await setup(settings(telegram), COMMANDS)
    assert telegram.commands["all_private_chats", "zh"] == [{"command": "new", "description": "反映问题"}]
    assert [entry["command"] for entry in telegram.commands["all_private_chats", ""]] == ["new", "status"]
    assert standing.commands == {"": 2, "zh": 1}


async def test_polling_removes_the_webhook_and_drops_nothing(telegram: FakeTelegram) -> None:
    telegram.happen(TelegramPerson().text("sent while we were away"))
    telegram.hook = {"url": "https://old.example"}
    standing = await setup(settings(telegram), {})
    assert (telegram.hook, standing.url, standing.problems) == ({}, "", ())
    assert len(telegram.waiting) == 1


async def test_inspect_changes_nothing_and_tells_what_is_wrong(telegram: FakeTelegram) -> None:
    telegram.hook = {"url": "https://old.example"}
    telegram.hook_error = "Wrong response from the webhook: 502 Bad Gateway"
    standing = await inspect(hooked(telegram))
    assert {call.method for call in telegram.calls} == {"getMe", "getWebhookInfo"}
    assert len(standing.problems) == 2
    assert "https://old.example" in standing.problems[0]
    assert "502 Bad Gateway" in standing.problems[1]
    assert standing.last_error_at is not None


async def test_wrong_token_is_said_without_showing_it(telegram: FakeTelegram) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await inspect(settings(telegram, token="1:SECRETPART"))
    assert caught.value.where == "telegram.token"
    assert "SECRETPART" not in str(caught.value)


async def test_what_telegram_does_not_like_is_passed_on(telegram: FakeTelegram) -> None:
    telegram.script("setWebhook", refusal(400, "Bad Request: bad webhook: IP address 10.0.0.1 is reserved"))
    with pytest.raises(ConfigurationError, match=r"10\.0\.0\.1"):
        await setup(hooked(telegram), {})


async def test_unreachable_is_said() -> None:
    with pytest.raises(ConfigurationError):
        await inspect(TelegramSettings(token=TOKEN, api_base="http://no-such-host.invalid"))


@pytest.mark.parametrize("name", ["New", "a b", "", "x" * 33])
async def test_impossible_commands_are_refused_before_anything_is_sent(telegram: FakeTelegram, name: str) -> None:
    with pytest.raises(ConfigurationError):
        await setup(settings(telegram), {"": [(name, "words")]})
    assert telegram.calls == []
