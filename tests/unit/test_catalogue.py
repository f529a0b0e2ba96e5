"""Texts: complete in every language, refused when not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.domain.ticket import LIFECYCLE, Status, Type
from bot.domain.words import desk_word
from bot.errors import ConfigurationError
from bot.message import AttachmentType
from handlers.resident.following import SHOWN

ROOT = Path(__file__).parent.parent.parent
HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT / "locales")


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def write(**languages: dict[str, str]) -> Path:
        for locale, texts in languages.items():
            (tmp_path / locale).mkdir()
            body = "".join(f'msgid "{key}"\nmsgstr "{text}"\n\n' for key, text in texts.items())
            (tmp_path / locale / "desk.po").write_text(HEAD + body, "utf-8")
        return tmp_path

    return write


def test_every_literal_key_in_the_code_has_a_text(catalogue: Catalogue) -> None:
    texts = catalogue.words("zh_CN").texts
    used = set()
    for file in [*(ROOT / "handlers").rglob("*.py"), *(ROOT / "bot").rglob("*.py"), ROOT / "main.py"]:
        used |= set(re.findall(r'(?:\bwords|\.say)\(\s*"([a-z_]+\.[a-zA-Z_.]+)"', file.read_text("utf-8")))
    assert len(used) > 60
    assert not {key for key in used if key not in texts}


def test_every_computed_key_has_a_text(catalogue: Catalogue) -> None:
    texts = catalogue.words("en").texts
    wanted = {f"type.{t}" for t in Type} | {f"status.{s}" for s in Status} | {f"event.{a}" for a in SHOWN}
    wanted |= {f"enclosed.{t}" for t in AttachmentType} | {f"received.{t}" for t in AttachmentType}
    wanted |= {f"title.{t}" for t in AttachmentType} | {f"date.month.{m}" for m in range(1, 13)}
    wanted |= {f"date.weekday.{d}" for d in range(7)} | {
        f"problem.{p}" for p in ("too_large", "unsupported", "expired")
    }
    assert not wanted - texts.keys()
    assert {status for status, _ in LIFECYCLE} <= set(Status)


def test_no_exclamation_marks_in_the_desks_voice(catalogue: Catalogue) -> None:
    for words in catalogue.languages.values():
        assert not [key for key, text in words.texts.items() if "！" in text or "!" in text]


def test_desk_words_of_both_languages_work_at_once(catalogue: Catalogue) -> None:
    vocabulary = catalogue.vocabulary(desk_word)
    for zh, en, command in [
        ("确认", "confirm", "confirm"),
        ("跳过", "skip", "skip"),
        ("取消", "cancel", "cancel"),
        ("新诉求", "new", "new"),
        ("查询", "status", "status"),
        ("帮助", "help", "help"),
        ("人工", "human", "human"),
    ]:
        assert vocabulary[desk_word(zh)] == vocabulary[desk_word(en)] == command


@pytest.mark.parametrize(
    ("zh", "en", "why"),
    [
        ({"a.b": "一", "a.c": "二"}, {"a.b": "one"}, "a.c is not in every language"),
        ({"a.b": "一"}, {"a.b": "one", "a.c": "two"}, "a.c is not in every language"),
        ({"a.b": "一{n}"}, {"a.b": "one {m}"}, "a.b has other fields"),
        ({"a.b": "一{n"}, {"a.b": "one"}, "a.b: "),
        ({"a.b": ""}, {"a.b": "one"}, "a.b has no text"),
    ],
)
def test_incomplete_texts_stop_the_start(
    folder: Callable[..., Path], zh: dict[str, str], en: dict[str, str], why: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(why)):
        Catalogue.load(folder(zh_CN=zh, en=en))


def test_one_word_for_two_commands_is_refused(folder: Callable[..., Path]) -> None:
    loaded = Catalogue.load(folder(zh_CN={"word.a": "好|行", "word.b": "行"}))
    with pytest.raises(ConfigurationError, match="also means"):
        loaded.vocabulary(desk_word)
