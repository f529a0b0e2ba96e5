"""Templates say in few words what may not be said in many: each value is cut to what its field takes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat.templates import NAMES, Template, Templates, fitted
from bot.domain.people import Address
from bot.errors import ConfigurationError
from bot.message import Brief, Push, Reply
from tests.fakes.wechat_api import _fits

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
ID = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
FIELDS = {"character_string1": "number", "thing2": "title", "phrase3": "state", "time4": "time"}


def push(name: str = "answer", key: str = "told:answer:1", **fields: str) -> Push:
    said = {
        "number": "260304-00017",
        "title": "路灯坏了",
        "state": "已答复",
        "time": "2026-03-04T12:00+08:00",
        **fields,
    }
    return Push(key=key, address=Address("wechat", "o1"), reply=Reply("长文"), created_at=NOON, brief=Brief(name, said))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("thing1", "幸福路12号门口的路灯坏了三天，没有人来修理", "幸福路12号门口的路灯坏了三天，没有人…"),
        ("thing1", "两行\n的话", "两行 的话"),
        ("thing12", "", "-"),
        ("character_string1", "260304-00017", "260304-00017"),
        ("character_string1", "编号260304-00017", "260304-00017"),
        ("phrase1", "已答复，请看", "已答复请看"),
        ("phrase1", "重新办理完毕了", "重新办理完"),
        ("phrase1", "answered", ""),
        ("time1", "2026-03-04T12:00+08:00", "2026-03-04 12:00"),
        ("date1", "2026-03-04T12:00+08:00", "2026-03-04"),
        ("time1", "", ""),
        ("name1", "欧阳 娜娜", "欧阳娜娜"),
        ("name1", "Ann-Marie O'Neil", "Ann-Marie O'Neil"),
        ("number1", "260304-00017", "26030400017"),
        ("letter1", "260304-A", "A"),
        ("unheard1", "x", ""),
    ],
)
def test_a_value_is_cut_to_its_field(name: str, value: str, shown: str) -> None:
    assert fitted(name, value) == shown


@given(st.sampled_from(["thing1", "character_string1", "phrase1", "time1", "date1", "number1"]), st.text())
def test_whatever_is_said_the_platform_takes_it_or_it_is_not_sent(name: str, value: str) -> None:
    shown = fitted(name, value)
    assert shown == "" or _fits(name, shown)


def test_a_message_names_person_template_and_fields() -> None:
    templates = Templates({"answer": Template("answer", ID, FIELDS, "https://desk.example/t/{number}")})
    said = templates.message(push())
    assert said is not None
    assert said["touser"] == "o1"
    assert said["template_id"] == ID
    assert said["url"] == "https://desk.example/t/260304-00017"
    assert {name: field["value"] for name, field in said["data"].items()} == {
        "character_string1": "260304-00017",
        "thing2": "路灯坏了",
        "phrase3": "已答复",
        "time4": "2026-03-04 12:00",
    }
    assert "url" not in (Templates({"answer": Template("answer", ID, FIELDS)}).message(push()) or {})


def test_a_tap_may_lead_to_the_readers_own_page() -> None:
    templates = Templates({"answer": Template("answer", ID, FIELDS, "{page}")})
    page = "https://desk.example/t/1.own.260304-00017.x"
    assert (templates.message(push(page=page)) or {})["url"] == page
    assert "url" not in (templates.message(push()) or {})


def test_the_same_push_has_the_same_id_and_another_has_another() -> None:
    templates = Templates({"news": Template("news", ID, FIELDS)})
    ids = [(templates.message(push("news", key)) or {})["client_msg_id"] for key in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]
    assert all(len(id_) == 32 and id_.isalnum() for id_ in ids)


def test_a_template_that_is_not_set_is_replaced_by_a_more_general_one() -> None:
    templates = Templates({"news": Template("news", ID, FIELDS), "work": Template("work", ID, FIELDS)})
    assert templates.message(push("question")) is not None
    assert templates.message(push("overdue")) is not None
    assert Templates({"work": Template("work", ID, FIELDS)}).message(push("answer")) is None


def test_without_words_for_a_field_nothing_is_sent() -> None:
    templates = Templates({"answer": Template("answer", ID, FIELDS)})
    assert templates.message(push(state="answered")) is None


@pytest.mark.parametrize(
    ("name", "id_", "fields", "url", "where"),
    [
        ("greeting", ID, FIELDS, "", "wechat.templates.greeting"),
        ("work", "short", FIELDS, "", "wechat.templates.work.id"),
        ("work", ID, {}, "", "wechat.templates.work.fields"),
        ("work", ID, {"first": "title"}, "", "wechat.templates.work.fields.first"),
        ("work", ID, {"thing1": "phone"}, "", "wechat.templates.work.fields.thing1"),
        ("work", ID, FIELDS, "javascript:alert(1)", "wechat.templates.work.url"),
        ("work", ID, FIELDS, "https://x/{secret}", "wechat.templates.work.url"),
        ("work", ID, FIELDS, "https://x/{page}", "wechat.templates.work.url"),
    ],
)
def test_a_wrong_template_is_refused_with_its_place(
    name: str, id_: str, fields: dict[str, str], url: str, where: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Template(name, id_, fields, url)
    assert caught.value.where == where


def test_every_name_can_be_set() -> None:
    assert all(Template(name, ID, FIELDS).name == name for name in NAMES)
