"""A log says what happened to which id: never what people wrote, never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import logs
from bot.redaction import Redactor

TELEGRAM = "123456789:AAE-aBcDeFgHiJkLmNoPqRsTuVwXyZ01234"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[list[dict[str, Any]]]:
    """What is logged as JSON; filled by `_read`."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    logs.set_up("DEBUG", "json", ["my-own-secret"])
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)

    class Lines(list[dict[str, Any]]):
        def __getitem__(self, index: Any) -> Any:
            return [json.loads(line) for line in written.getvalue().splitlines()][index]

    yield Lines()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "text",
    [
        f"POST https://api.telegram.org/bot{TELEGRAM}/sendMessage",
        f"GET https://api.telegram.org/file/bot{TELEGRAM}/photos/file_1.jpg",
        "GET /hooks/wechat?signature=f464b24fc39322e4&timestamp=1714036504&openid=o1",
        "https://api.weixin.qq.com/cgi-bin/menu/create?access_token=68_aBcDeF-gHi",
        '{"grant_type": "client_credential", "secret": "0123456789abcdef"}',
        "postgresql://desk:pass-word@db/desk",
        "call 13800138000 now",
        "own: my-own-secret.",
        "GET https://desk.example/t/1.own.260304-00011.mbexNfeE-Cn0.1772586000.1780362000.4C4DZW5tp8WkPj5Qx_uOMw?said=x",
        "/slip/260304-00011.1772586000.4C4DZW5tp8WkPj5Qx_uOMw",
        "/staff/enter/ABCD-EFGH-JKLM",
    ],
)
def test_secrets_are_hidden_wherever_they_stand(text: str) -> None:
    cleaned = Redactor(["my-own-secret"]).clean(text)
    for secret in (
        TELEGRAM, "f464b24fc39322e4", "68_aBcDeF-gHi", "0123456789abcdef", "pass-word", "13800138000", "my-own-secret",
        "4C4DZW5tp8WkPj5Qx_uOMw", "EFGH",
    ):  # fmt: skip
        assert secret not in cleaned
    assert "[hidden]" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "ticket 260304-00010 filed",
        "o6_bmjrPTlm6_2sgVt7hMZOPfL2M took 12 ms",
        "1714036504123",
        "bot/runtime/worker.py:51",
    ],
)
def test_ids_times_and_places_stay(text: str) -> None:
    assert Redactor().clean(text) == text


def test_what_people_wrote_does_not_pass_by_any_of_its_names(lines: list[dict[str, Any]]) -> None:
    structlog.get_logger("x").info("took", text="三号楼没水", channel="web", more={"raw": b"water", "kind": "text"})
    assert lines[0]["text"] == "[omitted]"
    assert lines[0]["more"] == {"raw": "[omitted]", "kind": "text"}
    assert lines[0]["channel"] == "web"


def test_an_error_is_told_by_its_places_and_not_by_its_words(lines: list[dict[str, Any]]) -> None:
    try:
        raise KeyError("三号楼没水")
    except KeyError:
        structlog.get_logger("x").exception("failed")
    assert lines[0]["error"][0] == "KeyError"
    assert "test_logs.py" in lines[0]["error"][1]
    assert "三号楼没水" not in json.dumps(lines[0], ensure_ascii=False)


def test_causes_are_told_too() -> None:
    try:
        try:
            raise ValueError("inner")
        except ValueError as inner:
            raise RuntimeError("outer") from inner
    except RuntimeError as error:
        found = logs.frames(error)
    assert [name for name in found if name.endswith("Error")] == ["RuntimeError", "ValueError"]


def test_other_peoples_loggers_are_cleaned_too(lines: list[dict[str, Any]]) -> None:
    logging.getLogger("aiohttp.client").warning("GET %s", f"https://api.telegram.org/bot{TELEGRAM}/getMe")
    try:
        raise ValueError(f"https://api.telegram.org/bot{TELEGRAM}/getMe")
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    assert TELEGRAM not in json.dumps(lines[0:2])
    assert lines[1]["error"][0] == "ValueError"
