"""Lines of a talk as the page gets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.changes import AttachmentRecord
from bot.channels.webchat.wire import moment, push_line, talk_lines
from bot.domain.people import Address
from bot.domain.place import Pin
from bot.message import Choice, Push, Reply
from bot.ports import Line

LI = Address("web", "li")
NINE = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)


def desk(line_id: str, text: str, slot: str = "") -> Line:
    return Line(line_id, "desk", NINE, text, Reply(text, slot=slot))


def test_moments_are_utc_as_browsers_read_them() -> None:
    assert moment(NINE + timedelta(microseconds=1500)) == "2026-03-04T01:00:00.001Z"


def test_of_one_slot_only_the_newest_is_shown_where_it_stands() -> None:
    lines = [desk("a", "card 1", "card:1"), desk("b", "hello"), desk("c", "card 2", "card:1"), desk("d", "x", "card:2")]
    assert [(line["id"], line["text"]) for line in talk_lines(LI, lines)] == [
        ("b", "hello"),
        ("c", "card 2"),
        ("d", "x"),
    ]


def test_a_persons_own_keys_come_back_as_the_page_chose_them() -> None:
    lines = [
        Line("li:key-0001", "resident", NINE, "no water"),
        desk("li:key-0001/answer", "taken"),
        Line("wang:key-9", "resident", NINE, "strange"),
    ]
    assert [line["id"] for line in talk_lines(LI, lines)] == ["key-0001", "key-0001/answer", "wang:key-9"]


def test_what_has_nothing_to_show_is_left_out() -> None:
    pin = Pin(30.1, 120.2)
    lines = [Line("1", "resident", NINE, ""), Line("2", "resident", NINE, "", None, (), pin)]
    shown = talk_lines(LI, lines)
    assert [line["id"] for line in shown] == ["2"]
    assert shown[0]["place"] == {"latitude": 30.1, "longitude": 120.2}


def test_files_and_choices_are_there() -> None:
    record = AttachmentRecord(
        id="f1", address=LI, type="photo", ref="r", state="stored", created_at=NINE, mime="image/jpeg", sha256="ab"
    )
    reply = Reply("card", (Choice("t", "Confirm", "confirm"),), "card:1", "place")
    lines = talk_lines(LI, [Line("1", "resident", NINE, "", None, (record,)), Line("2", "desk", NINE, "card", reply)])
    (file,) = lines[0]["attachments"]
    assert (file["id"], file["type"], file["state"], file["mime"]) == ("f1", "photo", "stored", "image/jpeg")
    assert "sha256" not in file
    assert lines[1]["choices"] == [{"token": "t", "label": "Confirm", "word": "confirm"}]
    assert (lines[1]["slot"], lines[1]["ask"]) == ("card:1", "place")


def test_a_push_is_the_same_line_live_and_in_the_talk() -> None:
    push = Push(key="p1", address=LI, reply=Reply("news"), created_at=NINE)
    live = push_line(push, NINE)
    (told,) = talk_lines(LI, [Line("p1", "desk", NINE, "news", push.reply)])
    assert live == told
