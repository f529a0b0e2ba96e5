"""What a reply looks like in Telegram: its words and its buttons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.keyboard import keyboard, rows
from bot.channels.telegram.words import TEXT_LIMIT, fitting
from bot.message import Choice, Reply

CONFIRM, DROP = Choice("t1", "确认", "确认"), Choice("t2", "取消", "取消")
SKIP = Choice("t3", "先跳过", "跳过")
AREA = Choice("t4", "幸福社区")


def labels(reply: Reply) -> list[list[str]]:
    markup = keyboard(reply)
    assert markup is not None
    return [[button["text"] for button in row] for row in markup["inline_keyboard"]]


def test_no_choices_no_buttons() -> None:
    assert keyboard(Reply("好的")) is None


def test_choices_are_buttons_that_come_back_as_tokens() -> None:
    markup = keyboard(Reply("?", (CONFIRM, DROP)))
    assert markup is not None
    assert [[button["callback_data"] for button in row] for row in markup["inline_keyboard"]] == [["t1", "t2"]]


def test_long_labels_get_a_row_of_their_own() -> None:
    long = Choice("t9", "解放路与人民路交叉口东北角")
    assert labels(Reply("?", (CONFIRM, long, DROP))) == [["确认"], [long.label], ["取消"]]


def test_a_token_that_does_not_fit_is_left_out() -> None:
    fits, too_long = Choice("诉" * 21, "a"), Choice("诉" * 22, "b")  # 63 and 66 bytes
    assert labels(Reply("?", (fits, too_long, Choice("", "c"), Choice("t", " ")))) == [["a"]]


def test_a_place_is_asked_with_telegrams_picker() -> None:
    markup = keyboard(Reply("在哪里？", (SKIP,), ask="place"))
    assert markup is not None
    (picker,), (skip,) = markup["keyboard"]
    assert picker["request_location"] is True
    assert "request_contact" not in picker
    assert skip == {"text": "跳过"}  # pressing it types the word
    assert markup["one_time_keyboard"]


def test_the_picker_takes_its_label_from_the_choice_of_that_name() -> None:
    markup = keyboard(Reply("电话？", (Choice("contact", "发送我的号码"), DROP), ask="contact"))
    assert markup is not None
    assert markup["keyboard"] == [[{"text": "发送我的号码", "request_contact": True}], [{"text": "取消"}]]


def test_choices_that_cannot_be_typed_win_over_the_place_picker() -> None:
    assert labels(Reply("哪一个？", (AREA, SKIP), ask="place")) == [["幸福社区", "先跳过"]]


@given(st.lists(st.text(min_size=1, max_size=30), max_size=20))
def test_rows_keep_all_choices_in_order(names: list[str]) -> None:
    choices = [Choice(str(number), name) for number, name in enumerate(names)]
    made = list(rows(choices))
    assert [choice for row in made for choice in row] == choices
    assert all(1 <= len(row) <= 3 for row in made)


def test_short_texts_are_not_touched() -> None:
    assert fitting("您的诉求已登记。\n编号 0304-1") == "您的诉求已登记。\n编号 0304-1"


def test_long_texts_end_at_a_sentence() -> None:
    text = "水管漏了。" * 1_000
    cut = fitting(text)
    assert cut.endswith("水管漏了。…")
    assert TEXT_LIMIT - 200 <= len(cut) <= TEXT_LIMIT


@pytest.mark.parametrize("char", ["诉", "😀", "a"])
def test_length_is_counted_as_telegram_may(char: str) -> None:
    units = len(fitting(char * 9_000).encode("utf-16-le")) // 2
    assert TEXT_LIMIT - 2 <= units <= TEXT_LIMIT


@given(st.text(st.characters(codec=None)).map(lambda text: text * 40))
def test_any_text_fits(text: str) -> None:
    assert len(fitting(text).encode("utf-16-le")) // 2 <= TEXT_LIMIT
