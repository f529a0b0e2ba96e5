"""Texts as terms, and ticket numbers as places in the index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import search


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("路灯坏了", ["路灯", "灯坏", "坏了"]),
        ("路灯，坏了", ["路灯", "坏了"]),
        ("灯", []),
        ("幸福路12号A座", ["幸福", "福路", "12", "a"]),
        ("ＫＴＶ Room12B", ["ktv", "room", "12", "b"]),
        ("お店のカラオケ", ["お店", "店の", "のカ", "カラ", "ラオ", "オケ"]),
        ("𠮷野家", ["𠮷野", "野家"]),
        ("a_b", ["a", "b"]),
        ("مرحبا بكم", ["مرحبا", "بكم"]),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert sorted(search.terms(text)) == sorted(terms)


def test_words_somebody_looks_for() -> None:
    assert search.wanted(" 路灯，幸福路  ＫＴＶ 路灯。") == ("路灯", "幸福路", "ktv")
    assert search.wanted("，。！ ") == ()


def test_only_the_longest_terms_of_a_long_question_are_asked_for() -> None:
    words = search.wanted("1 幸福路的路灯坏了三天没有人来修 lamp")
    asked = search.wanted_terms(words)
    assert len(asked) == search.TERMS
    assert asked[0] == "lamp"
    assert "1" not in asked


@given(st.text(alphabet="路灯坏了 ，12ab", max_size=30), st.text(alphabet="路灯坏了 ，12ab", max_size=30))
def test_a_text_has_all_terms_of_any_whole_words_in_it(before: str, word: str) -> None:
    """What is found by its terms is never less than what is written, as long as words are whole."""
    text = f"{before} {word}"
    assert set(search.wanted_terms(search.wanted(word))) <= set(search.terms(text))


@pytest.mark.parametrize("number", ["260304-00017", "991231-99999", "000101-00010", "260304-123456", "260304-0"])
def test_a_number_is_a_place_and_back(number: str) -> None:
    place = search.place(number)
    assert place is not None
    assert search.number_at(place) == number
    assert place < 2**62


def test_places_are_in_the_order_of_numbers() -> None:
    numbers = ["251231-99999", "260101-00010", "260101-00024", "260101-99999", "260101-100000", "260102-00010"]
    places = [search.place(number) for number in numbers]
    assert all(place is not None for place in places)
    assert sorted(places, key=lambda place: place or 0) == places


@pytest.mark.parametrize(
    "number", ["", "x", "1", "260304", "26030400017", "260304-", "260304-00017-D1", "２60304-00017"]
)
def test_what_is_no_number_has_no_place(number: str) -> None:
    assert search.place(number) is None
