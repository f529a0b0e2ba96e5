"""Reading a text with a small town's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import words
from bot.domain.lexicon import KINDS_SHOWN, Lexicon
from bot.domain.ticket import Type
from bot.domain.town import Area, Clock, Danger, Kind, Town
from bot.simplified import learn_traditional

learn_traditional()

TOWN = Town(
    code="t",
    name="T",
    areas={
        "east": Area(code="east", name="东街道", level=2),
        "joy": Area(
            code="joy",
            name="幸福社区",
            parent="east",
            roads=("医院路", "幸福路"),
            landmarks=("实验小学",),
            estates=("停水湾小区",),
        ),
    },
    kinds={
        "roads": Kind(code="roads", name="道路", words=("路灯", "路口", "street light", "bus", "pothole")),
        "water": Kind(
            code="water", name="供水", words=("水费", "水压"), urgent_words=("停水", "no water"), clock=Clock.UTILITY
        ),
        "health": Kind(code="health", name="医疗", words=("医院", "看病"), strong_words=("医生",)),
        "school": Kind(code="school", name="教育", words=("小学", "老师", "学费")),
        "ideas": Kind(code="ideas", name="建议", words=("路灯", "增设"), for_type=Type.IDEA),
        "old": Kind(code="old", name="旧", words=("路灯",), retired=True),
        "undecided": Kind(code="undecided", name="待定"),
        **{f"more{n}": Kind(code=f"more{n}", name="x", words=("什么都沾",)) for n in range(6)},
    },
    dangers=(
        Danger(
            code="fire",
            name="火",
            kind="roads",
            phrases=("着火", "火灾", "起火", "on fire", "fire"),
            except_=("火锅", "上火", "火车", "着火点", "火灾险", "起火锅", "fire drill"),
        ),
        Danger(code="gas", name="气", phrases=("煤气味",)),
    ),
    type_words={
        Type.ENQUIRY: ("请问", "为什么", "how do i"),
        Type.REPORT: ("举报",),
        Type.IDEA: ("建议",),
        Type.PRAISE: ("表扬",),
    },
)
LEXICON = Lexicon.of(TOWN, words.fold)


def kinds(text: str) -> tuple[str, ...]:
    return LEXICON.read(text).kinds


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("楼下着火了", "fire"),
        ("樓下著火了", ""),  # a town that wants it lists the other character
        ("吃火锅", ""),
        ("最近上火了", ""),
        ("吃火锅时楼下着火了", "fire"),
        ("火车站对面火灾", "fire"),
        ("晚上火灾", "fire"),  # 上火 stands across it, not around it
        ("我想买火灾险", ""),
        ("着火点在哪", ""),
        ("我们一起火锅店见", ""),
        ("The HOUSE is on FIRE", "fire"),
        ("a fire drill at school", ""),
        ("a fire drill, then a real fire", "fire"),
        ("they fired him", ""),
        ("煤氣味很大", "gas"),
        ("着火了，有煤气味", "fire"),
        ("有煤气味，着火了", "fire"),  # the town's order decides, not the sentence's
        ("", ""),
    ],
)
def test_danger(text: str, danger: str) -> None:
    found = LEXICON.read(text).danger
    assert (found.code if found else "") == danger


def test_a_danger_brings_its_kind() -> None:
    assert kinds("医生，着火了") == ("roads", "health")
    assert kinds("医生，有煤气味") == ("health",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("路灯坏了", ("roads",)),
        ("路燈壞了", ("roads",)),
        ("医院路的路灯", ("roads",)),  # a road's name says nothing
        ("医院的路灯，医院的医生", ("health", "roads")),
        ("实验小学门口路灯坏了", ("roads", "school")),  # a landmark's name a little
        ("停水湾小区路灯坏了", ("roads",)),
        ("The street lights are broken, the bus too", ("roads",)),
        ("business as usual", ()),
        ("potholes everywhere", ("roads",)),
        ("你好", ()),
    ],
)
def test_kinds(text: str, expected: tuple[str, ...]) -> None:
    assert kinds(text) == expected


def test_at_most_four_kinds_and_undecided_for_none() -> None:
    assert len(kinds("什么都沾")) == KINDS_SHOWN
    assert LEXICON.read("你好").kind == "undecided"


def test_kinds_of_a_type_are_offered_for_it_only() -> None:
    assert kinds("路灯坏了") == ("roads",)
    assert kinds("建议增设路灯") == ("ideas", "roads")


def test_what_cannot_wait() -> None:
    assert LEXICON.read("昨天停水到现在").urgent == {"water"}
    assert LEXICON.read("there is No Water").urgent == {"water"}
    assert LEXICON.read("水费太贵").urgent == frozenset()
    assert LEXICON.read("停水湾小区").urgent == frozenset()


@pytest.mark.parametrize(
    ("text", "type_", "said"),
    [
        ("路灯坏了", Type.COMPLAINT, False),
        ("请问路灯归谁管", Type.ENQUIRY, True),
        ("請問路燈歸誰管", Type.ENQUIRY, True),
        ("How do I report a pothole?", Type.ENQUIRY, True),
        ("举报，请问在哪里举报", Type.REPORT, True),
        ("建议增设路灯", Type.IDEA, True),
        ("表扬王医生", Type.PRAISE, True),
    ],
)
def test_types(text: str, type_: Type, said: bool) -> None:
    reading = LEXICON.read(text)
    assert (reading.type, reading.type_said) == (type_, said)


def test_places_come_in_order_and_the_longer_name_hides_the_shorter() -> None:
    assert [m.found.name for m in LEXICON.read("从幸福路到幸福社区，再到医院路").places] == [
        "幸福路",
        "幸福社区",
        "医院路",
    ]


@pytest.mark.parametrize("text", ["😀路灯坏了😀", "\ud800路灯坏了", "路灯\x00坏了", "𠮷路灯坏了", "路"])
def test_odd_characters_do_not_shift_words(text: str) -> None:
    assert kinds(text) == (() if text == "路" else ("roads",))


@given(st.text(), st.text())
def test_a_phrase_is_found_wherever_it_stands(before: str, after: str) -> None:
    assert LEXICON.read(f"{before} 煤气味 {after}").danger is not None


@given(st.text(st.sampled_from("着火锅灾起上一车点险 ab路灯医院小学停水")))
def test_reading_is_the_plain_search_for_words_outside_exceptions(text: str) -> None:
    """Compared with the definition, written down without any cleverness."""
    fire = TOWN.dangers[0]
    hidden = [
        range(start, start + len(word))
        for word in fire.except_
        for start in range(len(text))
        if text.startswith(word, start)
    ]
    real = any(
        text.startswith(word, start) and not any({start, start + len(word) - 1} <= set(span) for span in hidden)
        for word in fire.phrases
        for start in range(len(text))
    )
    assert (LEXICON.read(text).danger is not None) == real
