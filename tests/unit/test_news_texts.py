"""Whatever people are told of has its words: every name of news in the code, and every word has its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalogue import Catalogue, fields
from bot.domain.deadlines import Rung
from bot.domain.work import Matter, Objecting, OrderKind
from bot.turn import Voice
from handlers import wording
from tests.dialogue.stage import sample_guide

ROOT = Path(__file__).parent.parent.parent
STAFF = {"tell_staff": 2, "tell_unit": 2, "tell_who_has_it": 2}
RESIDENTS = {"tell_residents": 2, "news_for_residents": 2, "ended": 4}
"""Functions that take the name of news, and at which place."""

TICKET = {"number", "title", "place", "left"}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return dict(Catalogue.load(ROOT / "locales").words("zh_CN").texts)


def calls(names: dict[str, int]) -> Iterator[tuple[str, set[str], bool]]:
    """Literal names of news with the keyword parameters given, and whether more are given that we cannot see."""
    for path in sorted((ROOT / "handlers").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = names.get(called)
            if place is None or len(node.args) <= place:
                continue
            what = node.args[place]
            if isinstance(what, ast.Constant) and isinstance(what.value, str):
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                blind = any(keyword.arg is None for keyword in node.keywords) or "params" in given
                yield what.value, given, blind


def test_news_for_staff_have_their_words_and_all_they_speak_of(texts: dict[str, str]) -> None:
    found = list(calls(STAFF))
    assert len(found) > 10
    for what, given, blind in found:
        text = texts.get(f"news.{what}")
        assert text is not None, f"news.{what} has no words"
        assert blind or fields(text) <= TICKET | given, f"news.{what} speaks of {fields(text) - TICKET - given}"


def test_news_for_residents_have_their_words(texts: dict[str, str]) -> None:
    found = list(calls(RESIDENTS))
    assert len(found) > 5
    for what, given, blind in found:
        text = texts.get(f"told.{what}")
        assert text is not None, f"told.{what} has no words"
        assert blind or fields(text) <= {"number", "title"} | given, f"told.{what} speaks of something unsaid"


@pytest.mark.parametrize("rung", list(Rung))
def test_every_rung_has_its_words(texts: dict[str, str], rung: Rung) -> None:
    assert fields(texts[f"news.rung.{rung}"]) <= TICKET | {"level", "rung"}


@pytest.mark.parametrize("matter", [m for m in Matter if m is not Matter.FINAL])
def test_every_decision_is_told(texts: dict[str, str], matter: Matter) -> None:
    assert f"news.{matter}_refused" in texts
    assert f"matter.{matter}" in texts


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("klass", ["", *Objecting, *OrderKind])
def test_whatever_is_to_be_decided_can_be_told(locale: str, klass: str) -> None:
    words = Catalogue.load(ROOT / "locales").words(locale)
    voice = Voice(words, locale, sample_guide().town)
    matter = Matter.FINAL if klass in set(OrderKind) else Matter.OBJECTION
    told = wording.said(voice, {"matter": f"{matter}/{klass}" if klass else str(matter)})["matter"]
    assert told not in ("", klass)
    assert not set(told) & set(".|")


def test_a_template_has_words_for_every_state(texts: dict[str, str]) -> None:
    for _, state in (*wording.BRIEFS.values(), ("", "news"), ("", "work"), ("", "urgent")):
        assert 0 < len(texts[f"brief.state.{state}"]) <= 5


def test_nobody_is_shouted_at(texts: dict[str, str]) -> None:
    shouted = [
        key for key, text in texts.items() if key.split(".")[0] in ("news", "told") and ("！" in text or "!" in text)
    ]
    assert shouted == []


@pytest.mark.parametrize("param", ["matter", "due", "verdict", "unit", "outcome"])
def test_a_code_nobody_knows_any_more_is_said_as_it_is(param: str) -> None:
    catalogue = Catalogue.load(ROOT / "locales")
    for locale in ("zh_CN", "en"):
        voice = Voice(catalogue.words(locale), locale, sample_guide().town)
        assert wording.said(voice, {param: "long-forgotten"}) == {param: "long-forgotten"}
