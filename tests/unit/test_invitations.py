"""One-time codes: enough chance, nothing that looks alike, read however they are typed."""

from __future__ import annotations

import math
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.invitations import ALPHABET, LENGTH, code_of, digest_of, split

CODE = "K7QXM-3R9TD"


def test_a_code_is_ten_signs_and_48_bits_at_least() -> None:
    assert LENGTH >= 10
    assert LENGTH * math.log2(len(ALPHABET)) >= 48


def test_no_two_signs_look_alike() -> None:
    assert not set("0O1ILU") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_codes_are_made_of_chance_and_differ() -> None:
    codes = {code_of(secrets.token_hex(16)) for _ in range(2000)}
    assert len(codes) == 2000
    assert all(set(code.replace("-", "")) <= set(ALPHABET) and len(code) == LENGTH + 1 for code in codes)
    for place in (0, 4, 6, 10):
        assert {code[place] for code in codes} == set(ALPHABET)


def test_little_chance_is_no_chance() -> None:
    with pytest.raises(ValueError, match="chance"):
        code_of("0123456789abcde")


@pytest.mark.parametrize(
    "typed", ["K7QXM-3R9TD", "k7qxm3r9td", " K7QXM 3R9TD ", "Ｋ７ＱＸＭ－３Ｒ９ＴＤ", "K7QXM_3R9TD", "k7qxm-3r9td"]
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    read = split(typed)
    assert read is not None
    assert digest_of(read[0]) == digest_of(CODE)
    assert read[1] == ""


@pytest.mark.parametrize("typed", [f"{CODE} 王强", "k7qxm 3r9td 王强", "K7QXM3R9TD　王强"])
def test_a_name_may_follow(typed: str) -> None:
    read = split(typed)
    assert read is not None
    assert digest_of(read[0]) == digest_of(CODE)
    assert read[1] == "王强"


def test_letters_alone_are_a_code_too() -> None:
    assert split("KQXMRTDWYZ") == ("KQXMRTDWYZ", "")


@pytest.mark.parametrize("typed", ["手机号怎么弄", "us at the meeting", "yesterday", "", "一件事 2026"])
def test_ordinary_words_are_not_taken_for_a_code(typed: str) -> None:
    assert split(typed) is None


@pytest.mark.parametrize("typed", ["123456", "K7QXM-3R9T", "K7QXM-3R9TDD", "0O1IL-22222"])
def test_a_wrong_code_is_taken_for_one(typed: str) -> None:
    assert split(typed) == (typed, "")


def test_the_digest_does_not_hold_the_code() -> None:
    assert len(digest_of(CODE)) == 64
    assert CODE.replace("-", "").lower() not in digest_of(CODE)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_code_or_none(text: str) -> None:
    read = split(text)
    if read is not None:
        code, rest = read
        assert code
        assert rest == rest.strip()
        assert len(digest_of(code)) == 64


@given(st.integers(min_value=0, max_value=2**128 - 1))
def test_every_code_is_read_back(chance: int) -> None:
    code = code_of(f"{chance:032x}")
    read = split(code.lower().replace("-", ""))
    assert read is not None
    assert digest_of(read[0]) == digest_of(code)
