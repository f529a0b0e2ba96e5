"""Words as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import words
from bot.simplified import learn_traditional, simplified_table

learn_traditional()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("３。", "3"),
        ("3", "3"),
        ("3️⃣", "3"),
        ("3号楼没水", "3号楼没水"),
        (" 确 认！", "确认"),
        ("確認", "确认"),
        ("Confirm.", "confirm"),
        ("ＣＯＮＦＩＲＭ", "confirm"),
        ("取消\u200b", "取消"),
        ("\ufeff幫助", "帮助"),
        ("“跳过”", "跳过"),
        ("谢谢～", "谢谢"),
        ("/new", "new"),
        ("👍", "👍"),
        ("。。。", ""),
        ("", ""),
    ],
)
def test_a_whole_text_is_compared_without_its_ornaments(typed: str, read: str) -> None:
    assert words.desk_word(typed) == read


def test_folding_keeps_words_apart() -> None:
    assert words.fold("The Street　Light，壞了") == "the street light,坏了"


def test_every_traditional_character_has_one_simplified_form() -> None:
    table = simplified_table()
    assert table[ord("龍")] == "龙"
    assert all(len(simple) == 1 for simple in table.values())
    assert ord("中") not in table


typed_characters = st.one_of(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    st.characters(min_codepoint=0x3000, max_codepoint=0x303F),
    st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E),
)


@given(st.text(typed_characters))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = words.desk_word(text)
    assert words.desk_word(once) == once


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_can_be_folded(text: str) -> None:
    assert "\u200b" not in words.fold(text)
