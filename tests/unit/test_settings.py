"""Settings come from a file and the environment; a typo is never silent and a secret never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot import settings
from bot.errors import ConfigurationError
from bot.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("MINSHENG_"):
            monkeypatch.delenv(name)


def _load(tmp_path: Path, toml: str) -> Settings:
    path = tmp_path / "desk.toml"
    path.write_text(toml, "utf-8")
    return settings.load(path)


def _wrong(tmp_path: Path, toml: str = "") -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        _load(tmp_path, toml)
    assert "\n" not in str(caught.value)
    return caught.value


WECHAT = """
[wechat]
app_id = "wx0123456789abcdef"
app_secret = "0123456789abcdef0123456789abcdef"
token = "a-token"
"""
AES = 'encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"\n'


def test_without_anything_the_desk_serves_the_web_chat_on_this_machine() -> None:
    found = settings.load()
    assert (found.data, found.town, found.web.host, found.web.port) == (Path("data"), None, "127.0.0.1", 8080)
    assert not found.wechat.touched
    assert not found.telegram.touched


def test_the_environment_wins_over_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG_WEB__PORT", "9000")
    found = _load(tmp_path, '[web]\nport = 8000\nhost = "0.0.0.0"\n')
    assert (found.web.host, found.web.port) == ("0.0.0.0", 9000)  # noqa: S104  # a value, nothing listens


def test_the_command_line_wins_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG_DATA", "/elsewhere")
    assert settings.load(None, Path("/here")).data == Path("/here")


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG_TELEGRAM__TOKEN", "")
    monkeypatch.setenv("MINSHENG_WEB__PORT", "")
    found = settings.load()
    assert (found.web.port, found.telegram.touched) == (8080, False)


def test_every_documented_key_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "DATA": "d",
        "TOWN": "town.toml",
        "STORAGE__URL": "sqlite:///x.db",
        "STORAGE__BATCH_MAX": "9",
        "STORAGE__LISTEN_URL": "postgresql:///desk",
        "STORAGE__LEASE_SECONDS": "5",
        "WEB__HOST": "::1",
        "WEB__PORT": "1",
        "WEB__PUBLIC_URL": "https://desk.example.org",
        "WEB__TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2",
        "WECHAT__APP_ID": "wx1",
        "WECHAT__APP_SECRET": "s",
        "WECHAT__TOKEN": "t",
        "WECHAT__ENCODING_AES_KEY": "k",
        "WECHAT__PREVIOUS_ENCODING_AES_KEY": "p",
        "WECHAT__API_BASE": "http://127.0.0.1:1",
        "WECHAT__ALLOW_PLAIN": "true",
        "WECHAT__CUSTOMER_SERVICE": "1",
        "TELEGRAM__TOKEN": "1:a",
        "TELEGRAM__MODE": "webhook",
        "TELEGRAM__SECRET_TOKEN": "s",
        "TELEGRAM__API_BASE": "http://127.0.0.1:2",
        "TELEGRAM__FILE_BASE": "http://127.0.0.1:3",
        "LOG__LEVEL": "debug",
        "LOG__FORMAT": "json",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"MINSHENG_{name}", value)
    found = settings.load()
    assert found.storage.url.get_secret_value() == "sqlite:///x.db"
    assert found.web.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert (found.wechat.allow_plain, found.wechat.customer_service) == (True, True)
    assert (found.log.level, found.log.format) == ("DEBUG", "json")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MINSHENG_WEB__PRT", "MINSHENG_WEB__PORT"),
        ("MINSHENG_WECHAT__APPID", "MINSHENG_WECHAT__APP_ID"),
        ("MINSHENG_WEB_PORT", "MINSHENG_WEB__PORT"),
        ("MINSHENG_DATTA", "MINSHENG_DATA"),
    ],
)
def test_an_unknown_variable_stops_the_start_with_its_name(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(ConfigurationError) as caught:
        settings.load()
    assert caught.value.where == name
    assert f"did you mean {meant}?" in caught.value.why


@pytest.mark.parametrize("toml", ["[web]\nprt = 1\n", "[wbe]\nport = 1\n", "port = 1\n"])
def test_an_unknown_key_in_the_file_stops_the_start(toml: str, tmp_path: Path) -> None:
    error = _wrong(tmp_path, toml)
    assert "desk.toml" in error.where
    assert "unknown key" in error.why


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MINSHENG_WEB__PORT", "http"),
        ("MINSHENG_WEB__PORT", "65536"),
        ("MINSHENG_STORAGE__BATCH_MAX", "0"),
        ("MINSHENG_WEB__PUBLIC_URL", "ftp://town"),
        ("MINSHENG_TELEGRAM__MODE", "pulling"),
        ("MINSHENG_LOG__LEVEL", "loud"),
        ("MINSHENG_WECHAT__ALLOW_PLAIN", "perhaps"),
        ("MINSHENG_WECHAT", "{broken"),
    ],
)
def test_a_bad_value_stops_the_start_with_the_keys_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        settings.load()
    assert caught.value.where == name
    assert value not in caught.value.why


def test_a_bad_value_in_the_file_is_named_with_the_file(tmp_path: Path) -> None:
    error = _wrong(tmp_path, '[web]\nport = "http"\n')
    assert error.where == f"{tmp_path / 'desk.toml'}: web.port"


def test_a_file_that_is_no_toml_is_named_with_the_line(tmp_path: Path) -> None:
    assert "line 2" in _wrong(tmp_path, "[web]\nport =\n").why


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml"):
        settings.load(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("toml", "missing"),
    [
        (WECHAT, "MINSHENG_WECHAT__ENCODING_AES_KEY"),
        (WECHAT.replace("app_secret", "previous_encoding_aes_key") + AES, "MINSHENG_WECHAT__APP_SECRET"),
        ('[wechat]\napp_id = "wx1"\n', "MINSHENG_WECHAT__APP_SECRET"),
        ("[wechat]\ncustomer_service = true\n", "MINSHENG_WECHAT__APP_ID"),
        ('[telegram]\nmode = "polling"\n', "MINSHENG_TELEGRAM__TOKEN"),
        ('[telegram]\ntoken = "1:a"\nmode = "webhook"\n', "MINSHENG_TELEGRAM__SECRET_TOKEN"),
    ],
)
def test_a_half_configured_channel_names_what_is_missing(toml: str, missing: str, tmp_path: Path) -> None:
    assert _wrong(tmp_path, toml).where == missing


@pytest.mark.parametrize("more", [AES, "allow_plain = true\n"])
def test_wechat_needs_a_key_unless_plain_messages_are_allowed(more: str, tmp_path: Path) -> None:
    assert _load(tmp_path, WECHAT + more).wechat.touched


@pytest.mark.parametrize(
    ("toml", "way"),
    [
        ('token = "1:a"', "polling"),
        ('token = "1:a"\nsecret_token = "s"', "webhook"),
        ('token = "1:a"\nsecret_token = "s"\nmode = "polling"', "polling"),
    ],
)
def test_telegram_calls_us_when_there_is_a_secret_for_it(toml: str, way: str, tmp_path: Path) -> None:
    assert _load(tmp_path, f"[telegram]\n{toml}\n").telegram.way == way


def test_secrets_do_not_show(tmp_path: Path) -> None:
    found = _load(tmp_path, WECHAT + AES + '[telegram]\ntoken = "1:bot-secret"\n')
    for secret in found.secrets():
        assert secret not in repr(found)
        assert secret not in str(found.model_dump())
    assert set(found.secrets()) >= {"1:bot-secret", "a-token", "0123456789abcdef0123456789abcdef"}


def test_a_wrong_secret_is_not_repeated(tmp_path: Path) -> None:
    error = _wrong(tmp_path, '[telegram]\ntoken = ["my-secret"]\n')
    assert "my-secret" not in str(error)


KEY = '[open311.keys.app]\ndigest = "' + "0" * 64 + '"\n'
HOOK = '[[webhooks]]\nurl = "https://x.example"\nsecret = "twenty-four characters at least"\n'


@pytest.mark.parametrize(
    ("toml", "where"),
    [
        ('[open311.keys.app]\ndigest = "not a digest"\n', "open311.keys.app.digest"),
        (KEY.replace(".app", '."App Store"'), "open311.keys"),
        (KEY + 'rights = ["everything"]\n', "open311.keys.app.rights.0"),
        (KEY + "per_minute = 0\n", "open311.keys.app.per_minute"),
        (HOOK.replace("https", "ftp"), "webhooks.0.url"),
        (HOOK.replace(" characters at least", ""), "webhooks.0.secret"),
        (HOOK + 'events = ["all"]\n', "webhooks.0.events.0"),
        (HOOK + 'key = "app"\n', "webhooks.0.key"),
    ],
)
def test_programs_are_named_properly(tmp_path: Path, toml: str, where: str) -> None:
    error = _wrong(tmp_path, toml)
    assert where in error.where
    assert "twenty-four" not in str(error)


def test_open311_may_be_switched_on_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not settings.load().open311.enabled
    monkeypatch.setenv("MINSHENG_OPEN311__ENABLED", "true")
    assert settings.load().open311.enabled
