"""What WeChat shows: always well-formed, never too long, choices never lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.numbered import with_numbers
from bot.channels.wechat.render import TEXT_LIMIT, cut, fitted, passive
from bot.message import Choice, Reply
from tests.fakes.wechat_requests import NOW, read_reply

CHOICES = (Choice("a", "确认提交"), Choice("b", "补充"), Choice("c", "放弃"))


def test_choices_are_numbered_lines_below_the_words() -> None:
    assert with_numbers(Reply("请选择", CHOICES)) == "请选择\n1 确认提交\n2 补充\n3 放弃"
    assert with_numbers(Reply("请选择")) == "请选择"
    assert with_numbers(Reply("", CHOICES[:1])) == "1 确认提交"
    assert with_numbers(Reply("")) == ""


def test_short_replies_stay_as_they_are() -> None:
    assert fitted(Reply("收到。\n请确认", CHOICES)) == "收到。\n请确认\n1 确认提交\n2 补充\n3 放弃"


def test_long_words_are_cut_and_the_choices_stay() -> None:
    text = fitted(Reply("水" * 3000, CHOICES))
    assert text.endswith("水…\n1 确认提交\n2 补充\n3 放弃")
    assert TEXT_LIMIT - 3 < len(text.encode()) <= TEXT_LIMIT


def test_an_address_at_the_end_stays_whole() -> None:
    address = "详情：https://desk.example/t/" + "x" * 90
    shown = fitted(Reply("很长的话" * 300 + "\n" + address, (Choice("a", "已解决"),)), 1000)
    assert address in shown.splitlines()
    assert "…" in shown
    assert len(shown.encode()) <= 1000
    alone = fitted(Reply("很长的话" * 300 + "\n" + address), 1000)
    assert alone.endswith(address)


def test_an_address_longer_than_half_of_a_message_is_cut_like_words() -> None:
    shown = fitted(Reply("话" * 300 + "\nhttps://desk.example/" + "x" * 400), 500)
    assert len(shown.encode()) <= 500
    assert shown.startswith("话")


def test_long_words_without_choices_are_cut() -> None:
    text = fitted(Reply("水" * 3000))
    assert text == "水" * 665 + "…"
    assert len(text.encode()) == 1998


def test_choices_longer_than_a_message_are_shortened_each() -> None:
    choices = tuple(Choice(str(n), f"{n}号" + "楼" * 300) for n in range(1, 9))
    text = fitted(Reply("请选择" * 100, choices))
    lines = text.split("\n")
    assert lines[0].startswith("请选择")
    assert [line.partition(" ")[0] for line in lines[1:]] == [str(n) for n in range(1, 9)]
    assert all(line.endswith("…") for line in lines[1:])
    assert len(text.encode()) <= TEXT_LIMIT


def test_characters_xml_cannot_carry_are_dropped() -> None:
    assert fitted(Reply("a\x00b\x08c\rd\ud800e\uffff\tf")) == "abcde\tf"
    assert fitted(Reply("\x00" * 5000)) == ""


def test_the_end_of_a_section_inside_the_words_is_only_words() -> None:
    words = "x]]>y<Content>]]]]>>&amp;"
    assert read_reply(passive(words, "o]]>1", "gh", NOW)) == {
        "ToUserName": "o]]>1",
        "FromUserName": "gh",
        "CreateTime": str(NOW),
        "MsgType": "text",
        "Content": words,
    }


def test_cut_never_splits_a_character() -> None:
    assert cut("水水", 6) == "水水"
    assert cut("水水水", 8) == "水…"
    assert cut("水水水", 3) == "…"
    assert cut("水水水", 2) == ""


ANY = st.text(st.characters(codec=None), max_size=60)
LONG = st.builds(lambda piece, times: piece * times, ANY, st.integers(0, 400))
REPLIES = st.builds(
    lambda text, labels: Reply(text, tuple(Choice(str(n), label) for n, label in enumerate(labels))),
    LONG,
    st.lists(LONG, max_size=12),
)


@given(REPLIES, ANY, ANY)
def test_any_reply_is_well_formed_and_short_enough(reply: Reply, to: str, sender: str) -> None:
    text = fitted(reply)
    assert len(text.encode()) <= TEXT_LIMIT
    assert read_reply(passive(text, to, sender, NOW))["Content"] == text


@given(REPLIES)
def test_any_reply_keeps_all_its_numbers(reply: Reply) -> None:
    if any("\n" in choice.label for choice in reply.choices):
        return
    lines = fitted(reply).split("\n")[-len(reply.choices) :] if reply.choices else []
    assert [line.partition(" ")[0] for line in lines] == [str(n) for n in range(1, len(reply.choices) + 1)]


@given(ANY)
def test_raw_words_are_always_well_formed(words: str) -> None:
    assert read_reply(passive(words, words, words, NOW))["MsgType"] == "text"
