"""Telephone numbers: read as people type them, refused when nobody could call them, masked for everybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.phones import like_a_phone, masked, read_phone


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("13812345678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("0086-13812345678", "13812345678"),
        ("0512-65551234", "0512-65551234"),
        ("(0512) 65551234", "0512-65551234"),
        ("010 65551234", "010-65551234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("0044 20 7946 0958", "+442079460958"),
        ("12345", None),
        ("110", None),
        ("23812345678", None),
        ("1381234567", None),
        ("138123456789", None),
        ("12012345678", None),
        ("+86 99", None),
        ("65551234", None),
        ("", None),
        ("不留", None),
        ("13812345678号", None),
        ("+" + "1" * 40, None),
    ],
)
def test_reading(typed: str, read: str | None) -> None:
    assert read_phone(typed) == read


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("0512-65551234", "051*-****1234"),
        ("+442079460958", "+442*****0958"),
        ("12345678", "******78"),
    ],
)
def test_masking(phone: str, shown: str) -> None:
    assert masked(phone) == shown


@given(st.text("0123456789+- ()", max_size=30))
def test_no_more_than_seven_digits_are_ever_shown(text: str) -> None:
    shown = masked(text)
    assert len(shown) == len(text)
    assert sum(sign.isdigit() for sign in shown) <= 7


@pytest.mark.parametrize(("text", "like"), [("138 1234", True), ("12345", True), ("3号楼没水", False), ("是", False)])
def test_what_was_meant_as_a_number(text: str, like: bool) -> None:
    assert like_a_phone(text) is like
