"""The page: nothing anybody wrote becomes markup, every text it asks for is known, nothing comes from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.channels.webchat import KEYS
from bot.channels.webchat.assets import STATIC, Assets
from bot.channels.webchat.files import span
from bot.channels.webchat.identity import Visitor
from bot.channels.webchat.page import SCRIPT_KEYS, Note, Page, linked

EVIL = '</script><img src=x onerror="alert(1)">&'
SCRIPTS = sorted(STATIC.glob("*.js"))


def evil_words(locale: str) -> Any:
    return lambda key, **params: f"{key} {EVIL}"


def rendered(lines: list[dict[str, Any]], note: Note | None = None) -> str:
    page = Page(evil_words, ("zh_CN", "en"), 1000)
    response = page.render(Visitor("t" * 43, False), "en", lines, lambda: "fresh-key", note or Note())
    return response.text or ""


def test_nothing_anybody_wrote_becomes_markup() -> None:
    file = {"id": EVIL, "type": "file", "state": "stored", "name": EVIL, "mime": "", "problem": ""}
    lines = [
        {"id": "1", "who": "resident", "at": "", "text": EVIL, "attachments": [file, {**file, "type": "photo"}]},
        {"id": "2", "who": "desk", "at": "", "text": EVIL, "choices": [{"token": EVIL, "label": EVIL, "word": ""}]},
    ]
    html = rendered(lines, Note(EVIL, EVIL))
    assert "<img src=x" not in html
    assert html.count("</script>") == 2
    assert "\\u003c/script\\u003e" in html
    assert "t" * 43 not in html


def test_what_the_scripts_get_can_be_read_back() -> None:
    block = re.search(r'<script type="application/json" id="page">(.*?)</script>', rendered([]), re.DOTALL)
    assert block
    given = json.loads(block[1])
    assert given["words"]["again"] == f"web.again {EVIL}"
    assert given["file_bytes"] == 1000


def test_web_addresses_can_be_tapped_and_nothing_else() -> None:
    assert linked('see https://a.example/x?y=1&z="2".') == (
        'see <a href="https://a.example/x?y=1&amp;z=" target="_blank" rel="noopener noreferrer">'
        "https://a.example/x?y=1&amp;z=</a>&quot;2&quot;."
    )
    assert "<a" not in linked("javascript:alert(1) <b> http:// ftp://x")
    assert linked("网址https://a.example/p。谢谢").startswith('网址<a href="https://a.example/p"')


def test_the_scripts_ask_for_the_texts_they_are_given() -> None:
    together = "".join(script.read_text("utf-8") for script in SCRIPTS)
    asked = set(re.findall(r'"([a-z_]+(?:\.[a-z_]*)?)"', together))
    families = {name for name in asked if name.endswith(".")}  # words("problem." + name)
    given = {key.removeprefix("web.") for key in SCRIPT_KEYS}
    by_state = {"waiting", "failed"}  # words(line.state)
    certain = set(re.findall(r'\bwords\("([a-z_]+(?:\.[a-z_]+)?)"', together))
    assert certain <= given
    assert {name for name in given - asked - by_state if not name.startswith(tuple(families))} == set()


def test_the_page_needs_nothing_from_elsewhere() -> None:
    together = "".join(path.read_text("utf-8") for path in STATIC.rglob("*") if path.is_file())
    addresses = set(re.findall(r"https?://[a-z0-9.]+", together)) - {"http://www.w3.org"}
    assert addresses == set()
    html = (STATIC / "index.html").read_text("utf-8")
    assert "style=" not in html
    assert not re.search(r"\son[a-z]+=", html)
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []


def test_all_keys_are_of_the_web_chat() -> None:
    assert all(key.startswith("web.") for key in KEYS)
    assert {"web.title", "web.again", "web.error.too_long"} <= KEYS


def test_files_have_a_version_that_follows_their_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    before = Assets.load(tmp_path)
    (tmp_path / "a.css").write_text("b")
    after = Assets.load(tmp_path)
    assert before.version != after.version
    fresh, stale = after.response(after.version, "a.css"), after.response(before.version, "a.css")
    assert fresh is not None
    assert "immutable" in fresh.headers["Cache-Control"]
    assert stale is not None
    assert stale.headers["Cache-Control"] == "no-cache"
    assert after.response(after.version, "../a.css") is None


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", None),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-5", (95, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
    ],
)
def test_ranges(header: str, wanted: tuple[int, int] | None) -> None:
    assert span(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=20-10", "bytes=-0"])
def test_ranges_outside(header: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        span(header, 100)
