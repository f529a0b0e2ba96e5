"""Perfunctory answers and blanks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import Flag, Phrases, blanks, filled, flags, named_blanks

PHRASES = Phrases.of(["已收悉", "已转", "正在处理", "已转相关部门"], ["您好", "我们", "会", "尽快", "请耐心等待"])
REAL = "路灯线路断了，今天上午十点已经换好电缆，晚上会亮。"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (REAL, ()),
        ("已修好。", (Flag.SHORT,)),
        ("已收悉", (Flag.SHORT, Flag.EMPTY)),
        ("您好，您的诉求已收悉！", (Flag.SHORT,)),  # "您的诉求" is no phrase of this list
        ("您好！已转相关部门，我们会尽快，请耐心等待。正在处理。", (Flag.EMPTY,)),
        ("已收悉。路灯线路断了，今天上午已经换好电缆，晚上会亮。", ()),
        ("尽快，我们会尽快，我们会尽快，我们会尽快的。", ()),  # no phrase that says something was received
    ],
)
def test_flags(text: str, expected: tuple[Flag, ...]) -> None:
    assert flags(text, (), PHRASES, 20) == expected


def test_twenty_characters_are_enough_and_blanks_are_none() -> None:
    assert flags("字" * 20, (), PHRASES, 20) == ()
    assert flags("字 " * 19, (), PHRASES, 20) == (Flag.SHORT,)


def test_the_same_words_again_whatever_the_punctuation() -> None:
    assert flags(REAL.replace("，", ", "), ["别的", REAL], PHRASES, 20) == (Flag.SAME,)
    assert flags("。。。", ["，"], PHRASES, 0) == (), "signs alone are not words"


def test_blanks_in_order_each_once() -> None:
    named = named_blanks(["将于【日期】到【地点】", "{who}"])
    text = "【通知】将于【日期】由{who}到【地点】，【日期】前办完，电话____。"
    assert blanks(text, named) == ("【日期】", "{who}", "【地点】", "____")
    assert blanks("【通知】将于【日期】") == (), "a heading in brackets is no blank"
    assert blanks("{}") == ("{}",)


@given(st.text(max_size=60), st.text(alphabet="修好了 ok", min_size=1, max_size=10))
def test_filling_every_blank_leaves_none(text: str, value: str) -> None:
    for blank in blanks(text):
        text = filled(text, blank, value)
    assert not [blank for blank in blanks(text) if value not in blank]


@given(st.text(max_size=80), st.lists(st.text(max_size=10), max_size=4))
def test_flags_of_any_text(text: str, former: list[str]) -> None:
    found = flags(text, former, PHRASES, 20)
    assert len(set(found)) == len(found)
    assert (Flag.SHORT in found) == (len("".join(text.split())) < 20)
