"""Where people's files are, as an operator says it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot import settings
from bot.console.media_of import bucket_of
from bot.errors import ConfigurationError
from bot.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("MINSHENG_"):
            monkeypatch.delenv(name)


def _load(tmp_path: Path, **media: str) -> Settings:
    path = tmp_path / "desk.toml"
    path.write_text("[media]\n" + "".join(f"{key} = {value}\n" for key, value in media.items()), "utf-8")
    return settings.load(path)


def test_files_stay_in_the_folder_unless_a_bucket_is_named(tmp_path: Path) -> None:
    assert bucket_of(settings.load()) is None
    found = bucket_of(_load(tmp_path, url='"s3://town/desk/files/"', endpoint='"https://s3.example.org/"'))
    assert found is not None
    assert (found.bucket, found.prefix, found.endpoint) == ("town", "desk/files", "https://s3.example.org")


@pytest.mark.parametrize(
    "media",
    [
        {"url": '"s3://town"', "endpoint": '"http://s3.example.org"'},
        {"url": '"s3://town"', "endpoint": '"s3.example.org"'},
        {"url": '"s3://town"', "endpoint": '"https://user:word@s3.example.org"'},
        {"url": '"https://town.example.org"'},
        {"url": '"s3://town?x=1"'},
        {"url": '"s3://"'},
        {"url": '"s3://town"', "key_id": '"id"'},
        {"url": '"s3://town"', "secret": '"a-secret"'},
        {"endpoint": '"https://s3.example.org"'},
        {"url": '"s3://town"', "bucket": '"town"'},
    ],
)
def test_what_is_wrong_stops_the_start_with_its_name(tmp_path: Path, media: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _load(tmp_path, **media)
    assert "media" in caught.value.where.lower()
    assert "a-secret" not in str(caught.value)


def test_a_server_without_https_must_be_allowed(tmp_path: Path) -> None:
    found = bucket_of(_load(tmp_path, url='"s3://town"', endpoint='"http://minio:9000"', allow_http="true"))
    assert found is not None
    assert found.allow_http


def test_the_key_does_not_show(tmp_path: Path) -> None:
    found = _load(tmp_path, url='"s3://town"', key_id='"the-key-id"', secret='"the-secret"')
    assert set(found.secrets()) == {"the-key-id", "the-secret"}
    bucket = bucket_of(found)
    for shown in (repr(found), str(found), repr(bucket), str(bucket), str(found.model_dump())):
        assert "the-key-id" not in shown
        assert "the-secret" not in shown
