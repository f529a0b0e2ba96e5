"""Which characters may pass into the desk."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.text import clean


def test_ordinary_words_pass_unchanged() -> None:
    text = " 3号楼没水了！\n\t👨‍👩‍👧 \u200f second line "
    assert clean(text, 100) == text


def test_controls_go_and_surrogates_are_shown() -> None:
    assert clean("a\x00\x07\x1f\r\nb\ud800c", 100) == "a\nb\ufffdc"


def test_limit_is_in_characters() -> None:
    assert clean("诉" * 10, 4) == "诉诉诉诉"


@given(st.text(st.characters(codec=None)), st.integers(0, 50))
def test_result_is_storable_and_clean_already(text: str, limit: int) -> None:
    once = clean(text, limit)
    assert len(once) <= limit
    assert b"\0" not in once.encode()
    assert clean(once, limit) == once
