"""From proven XML to what somebody did."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat.decode import TEXT_CAP, decode
from bot.channels.wechat.fields import DEPTH_CAP, read_fields
from bot.domain.people import Address
from bot.domain.place import Datum, Pin
from bot.errors import Malformed
from bot.message import Attachment, AttachmentType, InboundMessage, MessageKind
from tests.fakes import wechat_requests as platform
from tests.fakes.wechat_requests import NOW, OPENID


def read(xml: bytes) -> InboundMessage:
    return decode(read_fields(xml), xml)


def test_text() -> None:
    xml = platform.text("人民路12号路灯坏了")
    assert read(xml) == InboundMessage(
        address=Address("wechat", OPENID),
        key="6054768590064713728",
        kind=MessageKind.TEXT,
        at=datetime.fromtimestamp(NOW, UTC),
        text="人民路12号路灯坏了",
        raw=xml,
    )


@pytest.mark.parametrize("words", ["/::)", "[微笑]", "😀", "a]]&gt;b", "3号楼没水", "<b>&amp;", "第一行\n第二行"])
def test_words_stay_as_they_are(words: str) -> None:
    assert read(platform.text(words)).text == words


@pytest.mark.parametrize("words", ["", "   ", "\n\t"])
def test_empty_words_are_empty_text(words: str) -> None:
    message = read(platform.text(words))
    assert (message.kind, message.text) == (MessageKind.TEXT, "")


def test_a_missing_content_is_empty_text() -> None:
    assert read(platform.message("text")).text == ""


def test_a_long_complaint_stays_whole() -> None:
    assert len(read(platform.text("水" * 6_999)).text) == 6_999
    assert len(read(platform.text("水" * (TEXT_CAP + 1))).text) == TEXT_CAP


def test_nul_and_control_characters_go() -> None:
    assert read(platform.text("a\x00b\x08c\x1fd\te")).text == "abcd\te"


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    assert read(platform.text("a\ud83db")).text == "a\ufffdb"
    assert read(platform.text("a\ud83d\ude00b")).text == "a😀b"


def test_a_message_menu_entry_is_a_press() -> None:
    message = read(platform.message("text", Content="满意", bizmsgmenuid="101"))
    assert (message.kind, message.press, message.text) == (MessageKind.PRESS, "101", "满意")
    assert read(platform.message("text", Content="满意", bizmsgmenuid="")).kind is MessageKind.TEXT


@pytest.mark.parametrize(
    ("xml", "enclosed"),
    [
        (
            platform.message("image", PicUrl="http://169.254.169.254/latest", MediaId="pic-1"),
            Attachment(type=AttachmentType.PHOTO, ref="pic-1"),
        ),
        (
            platform.message("voice", MediaId="v-8", Format="amr", Recognition="不要用"),
            Attachment(type=AttachmentType.VOICE, ref="v-8", mime="audio/amr"),
        ),
        (
            platform.message("voice", MediaId="v-8", MediaId16K="v-16", Format="speex"),
            Attachment(type=AttachmentType.VOICE, ref="v-16", mime="audio/speex"),
        ),
        (
            platform.message("video", MediaId="film", ThumbMediaId="thumb"),
            Attachment(type=AttachmentType.VIDEO, ref="film"),
        ),
        (
            platform.message("shortvideo", MediaId="film", ThumbMediaId="thumb"),
            Attachment(type=AttachmentType.VIDEO, ref="film"),
        ),
        (
            platform.message("image", PicUrl="http://mmbiz.qpic.cn/x"),
            Attachment(type=AttachmentType.PHOTO, ref="", problem="unsupported"),
        ),
    ],
)
def test_files(xml: bytes, enclosed: Attachment) -> None:
    message = read(xml)
    assert message.kind is MessageKind.ATTACHMENT
    assert message.attachments == (enclosed,)
    assert message.text == ""


def test_a_location_is_a_pin_on_the_chinese_grid() -> None:
    message = read(
        platform.message("location", Location_X="31.2304", Location_Y="121.4737", Scale="15", Label="人民广场")
    )
    assert message.kind is MessageKind.PLACE
    assert message.pin == Pin(31.2304, 121.4737, Datum.GCJ02, "人民广场")
    assert read(platform.message("location", Location_X="1", Location_Y="2", Label="")).pin == Pin(1, 2, Datum.GCJ02)


@pytest.mark.parametrize(("x", "y"), [("", ""), ("nan", "1"), ("1", "inf"), ("91", "0"), ("0", "181"), ("x", "1")])
def test_a_location_that_is_none_is_unknown(x: str, y: str) -> None:
    message = read(platform.message("location", Location_X=x, Location_Y=y))
    assert (message.kind, message.unknown, message.pin) == (MessageKind.UNKNOWN, "location", None)


def test_a_link_is_words() -> None:
    message = read(platform.message("link", Title="通知", Description="长", Url="http://example.com/a?b=1&c=2"))
    assert (message.kind, message.text) == (MessageKind.TEXT, "通知\nhttp://example.com/a?b=1&c=2")


@pytest.mark.parametrize("kind", ["file", "miniprogrampage", "sticker", "未知"])
def test_a_type_nobody_knows(kind: str) -> None:
    message = read(platform.message(kind, Title="x"))
    assert (message.kind, message.unknown, message.key) == (MessageKind.UNKNOWN, kind, "6054768590064713728")


def test_following_with_and_without_a_scene() -> None:
    plain = read(platform.event("subscribe", EventKey=""))
    assert (plain.kind, plain.scene) == (MessageKind.FOLLOW, "")
    scanned = read(platform.event("subscribe", EventKey="qrscene_market-3", Ticket="t"))
    assert (scanned.kind, scanned.scene) == (MessageKind.FOLLOW, "market-3")
    again = read(platform.event("SCAN", EventKey="market-3", Ticket="t"))
    assert (again.kind, again.scene) == (MessageKind.FOLLOW, "market-3")


def test_unfollowing() -> None:
    assert read(platform.event("unsubscribe", EventKey="")).kind is MessageKind.UNFOLLOW


def test_a_menu_click_is_a_press() -> None:
    message = read(platform.event("CLICK", EventKey="status"))
    assert (message.kind, message.press) == (MessageKind.PRESS, "status")


@pytest.mark.parametrize(
    "xml",
    [
        platform.event("VIEW", EventKey="http://example.com/"),
        platform.event("LOCATION", Latitude="31.2", Longitude="121.4", Precision="30"),
        platform.event("TEMPLATESENDJOBFINISH", MsgID="1", Status="success"),
        platform.event("PUBLISHJOBFINISH"),
        platform.event("kf_create_session", KfAccount="x"),
        platform.event("never_heard_of"),
        platform.event(""),
        platform.event("CLICK", EventKey=""),
    ],
)
def test_other_events_need_no_answer(xml: bytes) -> None:
    assert read(xml).kind is MessageKind.TICKLE


def test_an_event_with_parts_inside_is_read() -> None:
    xml = platform.event("scancode_waitmsg", EventKey="k").replace(
        b"</xml>", b"<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo></xml>"
    )
    assert read(xml).kind is MessageKind.TICKLE
    assert read_fields(xml)["ScanCodeInfo"] == {"ScanType": "qrcode", "ScanResult": "1"}


def test_repeated_elements_become_a_list() -> None:
    assert read_fields(b"<xml><a>1</a><a>2</a><a><b>3</b></a></xml>") == {"a": ["1", "2", {"b": "3"}]}


def test_the_key_of_an_event_tells_two_quick_taps_apart() -> None:
    status, again = platform.event("CLICK", EventKey="status"), platform.event("CLICK", EventKey="status")
    other, person = platform.event("CLICK", EventKey="new"), platform.event("CLICK", EventKey="status", sender="oB")
    assert read(status).key == read(again).key
    assert len({read(xml).key for xml in (status, other, person)}) == 3


def test_a_long_event_key_makes_a_short_key() -> None:
    keys = {read(platform.event("VIEW", EventKey="http://example.com/" + "a" * 2000 + end)).key for end in "12"}
    assert len(keys) == 2
    assert max(map(len, keys)) <= 250


def test_ids_larger_than_any_integer_are_kept_as_text() -> None:
    assert read(platform.text("x", msg_id="9" * 30)).key == "9" * 30


def test_a_message_without_id_has_a_key_of_its_content() -> None:
    one, two = platform.text("x", msg_id=""), platform.text("y", msg_id="")
    assert read(one).key == read(one).key
    assert read(one).key != read(two).key


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<xml>",
        b"<xml></xml>",
        b"<xml>words</xml>",
        b"<root><a>1</a></root>",
        platform.text("x").replace(b"<CreateTime>1772589600</CreateTime>", b""),
        platform.text("x").replace(b"1772589600", b"soon"),
        platform.text("x").replace(b"1772589600", b"9" * 40),
        platform.text("x", sender=""),
        platform.message(""),
        platform.text("x").replace(b"<MsgType><![CDATA[text]]></MsgType>", b"<MsgType><a>1</a></MsgType>"),
        platform.text("x") * 2,
        "<xml><Content>路灯</Content></xml>".encode("gbk"),
        "<?xml version='1.0' encoding='gbk'?><xml><Content>路灯</Content></xml>".encode("gbk"),
        platform.text("x").replace(b"<xml>", b"<xml>&#0;"),
        platform.text("x").replace(b"<xml>", b"<xml>&#xD800;"),
        platform.text("x").replace(b"<xml>", b"<xml>&nosuch;"),
        b"\xff\xfe" + platform.text("x"),
        platform.text("x").decode().encode("utf-16"),
    ],
)
def test_what_cannot_be_read_is_malformed(xml: bytes) -> None:
    with pytest.raises(Malformed):
        read(xml)


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE xml>",
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd">',
        b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        b'<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY % p "x">]>',
    ],
)
def test_a_document_type_is_refused(head: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        read(head + platform.text("&x;&b;"))
    assert caught.value.params["cause"] == "doctype"


def test_depth_is_limited() -> None:
    deep = b"<xml>" + b"<a>" * (DEPTH_CAP - 1) + b"x" + b"</a>" * (DEPTH_CAP - 1) + b"</xml>"
    assert read_fields(deep)["a"]
    with pytest.raises(Malformed) as caught:
        read_fields(b"<xml>" + b"<a>" * 10_000)
    assert caught.value.params["cause"] == "depth"


NAMES = st.sampled_from(
    (
        *("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Content", "Event", "EventKey", "MediaId"),
        *("Label", "Location_X", "Location_Y", "Title", "Url", "bizmsgmenuid", "ScanCodeInfo", "Ticket", "Format"),
    )
)
TYPES = st.sampled_from(
    ["text", "image", "voice", "video", "location", "link", "event", "EVENT", "subscribe", "scan", "file"]
)
VALUES = st.one_of(TYPES, st.text(max_size=40), st.just(str(NOW)), st.integers().map(str), st.floats().map(str))
ELEMENTS = st.lists(st.tuples(NAMES, VALUES, st.integers(0, 3)), max_size=14)


@given(ELEMENTS)
def test_any_fields_give_a_message_or_malformed(elements: list[tuple[str, str, int]]) -> None:
    inside = "".join(
        "<p>" * deep + f"<{name}><![CDATA[{value}]]></{name}>" + "</p>" * deep for name, value, deep in elements
    )
    xml = f"<xml><FromUserName>o</FromUserName>{inside}</xml>".encode("utf-8", "surrogatepass")
    try:
        message = read(xml)
    except Malformed:
        return
    # What a store must be able to hold.
    for words in (message.key, message.text, message.press, message.scene, message.unknown, message.address.id):
        assert "\0" not in words
        words.encode()


@given(st.binary(max_size=200))
def test_any_bytes_give_a_message_or_malformed(content: bytes) -> None:
    for xml in (content, b"<xml>" + content + b"</xml>"):
        with pytest.raises(Malformed):
            read(xml)
