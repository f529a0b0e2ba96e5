"""What was searched for is marked where it stands."""

from __future__ import annotations

import pytest

from bot.domain import search
from handlers.pages.rows import marked, typed


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("人民路的路灯坏了…", "路灯", "人民路的[路灯]坏了…"),
        ("ＡＢＣ路灯", "abc", "[ＡＢＣ]路灯"),
        ("ﬁre … 路灯", "路灯 fire", "ﬁre … [路灯]"),
        ("没有", "路灯", "没有"),
        ("", "路灯", ""),
        ("路灯路灯", "路灯", "[路灯][路灯]"),
        ("a.b", "a", "[a].b"),
    ],
)
def test_words_are_marked_in_the_text_as_it_was_written(text: str, said: str, expected: str) -> None:
    pieces = marked(text, search.wanted(said))
    assert "".join(f"[{p.text}]" if p.marked else p.text for p in pieces) == expected
    assert "".join(p.text for p in pieces) == text


def test_what_is_typed_into_an_address_is_one_line_without_controls() -> None:
    assert typed("  a\x00b\n c\ud800 ", 60) == "a b c"
    assert typed("路" * 500, 60) == "路" * 60
