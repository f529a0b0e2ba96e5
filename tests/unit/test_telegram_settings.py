"""What an operator may write about the bot."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from bot.channels.telegram import TelegramSettings
from bot.channels.telegram.setup import check_url
from bot.errors import ConfigurationError

TOKEN = "123456789:AAE-secret_part_of_the_token"


def test_defaults() -> None:
    settings = TelegramSettings(token=TOKEN)
    assert (settings.mode, settings.api_base) == ("polling", "https://api.telegram.org")
    assert settings.file_base == "https://api.telegram.org/file"
    assert settings.bot_id == 123456789
    assert settings.cloud


def test_own_server() -> None:
    settings = TelegramSettings(token=TOKEN, api_base="http://localhost:8081/", file_base="/var/lib/telegram-bot-api")
    assert (settings.api_base, settings.file_base) == ("http://localhost:8081", "/var/lib/telegram-bot-api")
    assert not settings.cloud


def test_addresses_written_with_bot() -> None:
    settings = TelegramSettings(token=TOKEN, api_base="http://localhost:8081/bot", file_base="http://x/file/bot/")
    assert (settings.api_base, settings.file_base) == ("http://localhost:8081", "http://x/file")


def test_secrets_do_not_show() -> None:
    shown = repr(TelegramSettings(token=TOKEN, mode="webhook", secret_token="hush-hush"))
    assert "secret_part" not in shown
    assert "hush-hush" not in shown


@pytest.mark.parametrize(
    ("where", "fields"),
    [
        ("telegram.token", {"token": ""}),
        ("telegram.token", {"token": "123:a/../b"}),
        ("telegram.mode", {"mode": "push"}),
        ("telegram.secret_token", {"mode": "webhook"}),
        ("telegram.secret_token", {"mode": "webhook", "secret_token": "with space"}),
        ("telegram.secret_token", {"secret_token": "x" * 257}),
        ("telegram.api_base", {"api_base": "api.telegram.org"}),
        ("telegram.api_base", {"api_base": "ftp://x"}),
        ("telegram.file_base", {"file_base": "/etc"}),  # the cloud has no folder here
        ("telegram.file_base", {"api_base": "http://localhost:8081", "file_base": "relative"}),
        ("telegram.file_limit", {"file_limit": 21 << 20}),
    ],
)
def test_wrong_values_are_named(where: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        TelegramSettings(**{"token": TOKEN} | fields)
    assert caught.value.where == where
    assert "secret_part" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "http://desk.example", "https://desk.example:8080", "https://desk.example:x"])
def test_addresses_telegram_cannot_call(url: str) -> None:
    with pytest.raises(ConfigurationError):
        check_url(TelegramSettings(token=TOKEN, mode="webhook", secret_token="s", public_url=url))


@pytest.mark.parametrize("url", ["https://desk.example", "https://desk.example:8443/desk/"])
def test_addresses_telegram_can_call(url: str) -> None:
    settings = TelegramSettings(token=TOKEN, mode="webhook", secret_token="s", public_url=url)
    check_url(settings)
    assert settings.hook_url == url.rstrip("/") + "/hooks/telegram"


def test_the_library_is_not_loaded_for_desks_without_telegram() -> None:
    code = "import sys, bot.channels.telegram, bot.channels.telegram.setup; print('telegram' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # our own words
    assert done.stdout.strip() == "False"
