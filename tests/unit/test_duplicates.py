"""Likeness of two texts: what counts, what does not, and that it never depends on the order."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.duplicates import ENOUGH, Likeness, said_alike
from bot.domain.town import CommonWords
from bot.domain.words import fold
from tests.dialogue.stage import sample_guide

SAME = [
    ("人民路的路灯坏了三天", "路灯不亮"),
    ("门口的路灯坏了，晚上看不见路", "人民路路灯一直不亮，很黑，老人不敢走"),
    ("停水了什么时候来水", "家里没水，停水两天了"),
    ("电梯坏了一个星期没人修", "3号楼电梯又坏了，困人"),
    ("楼下烧烤摊油烟太大", "烧烤店油烟呛人，天天半夜"),
    ("The street light on Renmin Road is broken", "street light out for three days near my house"),
    ("路灯坏了", "路燈壞了"),
]
OTHER = [
    ("人民路的路灯坏了", "人民路有个大坑"),
    ("井盖坏了", "路灯坏了"),
    ("幸福社区的电梯坏了没人管", "幸福社区的垃圾没人管"),
    ("尊敬的领导您好，请问什么时候能解决这个问题，谢谢", "尊敬的领导您好，请问这个问题什么时候解决，谢谢"),
    ("路口红绿灯坏了", "路灯坏了"),
    ("公交车不来", "停电了"),
    ("pothole in the street", "the street light is broken"),
]
UNKNOWN_PLACE = [
    "翠屏新城小区停水三天没人管",
    "翠屏新城小区物业乱收停车费",
    "翠屏新城小区门口红绿灯不亮",
    "投诉翠屏新城小区旁的搅拌站，灰尘噪音太大",
]


def likeness() -> Likeness:
    return sample_guide().likeness


def alike(one: str, other: str) -> bool:
    return likeness().alike(likeness().matter(one), likeness().matter(other))


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_in_other_words(one: str, other: str) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_matter(one: str, other: str) -> None:
    assert not alike(one, other)


@pytest.mark.parametrize(("one", "other"), list(combinations(UNKNOWN_PLACE, 2)))
def test_a_place_the_town_does_not_list_makes_no_likeness(one: str, other: str) -> None:
    assert not alike(one, other)


def test_a_title_leads_and_a_page_of_courtesy_does_not_follow() -> None:
    courtesy = "尊敬的领导，您好，我是一名普通市民，感谢您在百忙之中看我的信，希望得到您的帮助，谢谢。"
    one = likeness().matter(courtesy + "搅拌站昼夜开工，灰尘飞进屋里。", "搅拌站灰尘和噪音")
    same = likeness().matter(courtesy + "我们楼后新开的搅拌站，白天灰尘，夜里噪音。", "楼后新建搅拌站的噪音")
    other = likeness().matter(courtesy + "孩子入学的材料交了两次，还要再交。", "入学材料反复提交")
    assert likeness().alike(one, same)
    assert not likeness().alike(one, other)


def test_a_longer_title_owes_a_smaller_share() -> None:
    short = likeness().matter("搅拌站噪音扰民", "搅拌站噪音扰民")
    long = "搅拌站装卸砂石的车辆从清晨开到深夜，喇叭声、铃声、卸料声混在一起，粉尘落满阳台"
    assert likeness().likeness(short, likeness().matter(long + "，噪音扰民", long + "，噪音扰民")) >= ENOUGH


def test_word_for_word_is_judged_by_words_alone() -> None:
    assert said_alike("路灯坏了。", " 路燈 坏了！")
    assert said_alike("Light out", "light  OUT.")
    assert not said_alike("路灯坏了", "路灯坏了两盏")


def test_without_any_list_of_words_it_still_compares() -> None:
    bare = Likeness(CommonWords(), (), fold)
    assert bare.alike(bare.matter("the bench in the park is broken"), bare.matter("park bench broken in the park"))
    assert not bare.alike(bare.matter("bench"), bare.matter("lamp"))


WORDS = st.lists(
    st.sampled_from(["路灯", "坏了", "人民路", "搅拌站", "噪音", "小区", "谢谢", "light", "7", "，", "\n", "😀", "的"]),
    max_size=40,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(WORDS | st.text(max_size=80), WORDS | st.text(max_size=80))
def test_the_order_does_not_matter_and_nothing_is_less_than_nothing(one: str, other: str) -> None:
    first, second = likeness().matter(one), likeness().matter(other)
    assert likeness().likeness(first, second) == likeness().likeness(second, first) >= 0.0


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_what_is_alike_has_been_promising(one: str, other: str) -> None:
    """The cheap look leaves nothing out."""
    first, second = likeness().matter(one), likeness().matter(other)
    if likeness().alike(first, second):
        assert likeness().promising(first)(fold(other)) > 0


@settings(max_examples=100, deadline=None)
@given(WORDS)
def test_places_of_the_town_do_not_count(text: str) -> None:
    with_it, without = likeness().matter(f"人民路，{text}"), likeness().matter(f"|，{text}")
    assert with_it.title == without.title
    assert with_it.whole == without.whole
