"""Telegram's updates, read as what a person did."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.decode import Decoded, decode, parse, update_id
from bot.domain.people import Address
from bot.domain.place import Datum, Pin
from bot.errors import Malformed
from bot.message import AttachmentType, InboundMessage, MessageKind
from tests.fakes.telegram_updates import BOT, BOT_ID, TelegramPerson, Update

NOW = datetime(2026, 3, 4, 2, 0, 30, tzinfo=UTC)
MIB = 1 << 20


def read(update: Update) -> InboundMessage:
    decoded = decoded_of(update)
    assert decoded is not None
    return decoded.message


def decoded_of(update: object) -> Decoded | None:
    return decode(update, b"raw", NOW, bot=BOT_ID, file_limit=20 * MIB)


@pytest.fixture
def person() -> TelegramPerson:
    return TelegramPerson(42)


def test_words(person: TelegramPerson) -> None:
    message = read(person.text("3号楼没水"))
    assert message == InboundMessage(
        address=Address("telegram", "42"),
        key="u870000001",
        id="m42:1",
        kind=MessageKind.TEXT,
        at=datetime(2026, 3, 4, 2, 0, tzinfo=UTC),
        text="3号楼没水",
        locale="zh_CN",
        raw=b"raw",
    )


@pytest.mark.parametrize(
    ("language", "locale"), [("zh-hans", "zh_CN"), ("zh", "zh_CN"), ("en", "en"), ("fr", "en"), ("", "")]
)
def test_language(language: str, locale: str) -> None:
    assert read(TelegramPerson(language=language).text("x")).locale == locale


@pytest.mark.parametrize(
    ("text", "kind", "scene"),
    [
        ("/start", MessageKind.FOLLOW, ""),
        ("/start street-12", MessageKind.FOLLOW, "street-12"),
        ("/start@desk_bot abc_1", MessageKind.FOLLOW, "abc_1"),
        ("/start 你好", MessageKind.FOLLOW, ""),
        ("/start " + "x" * 65, MessageKind.FOLLOW, ""),
        ("/started", MessageKind.TEXT, ""),
    ],
)
def test_start(person: TelegramPerson, text: str, kind: MessageKind, scene: str) -> None:
    message = read(person.command(text))
    assert (message.kind, message.scene) == (kind, scene)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/status 0304-1", "/status 0304-1"),
        ("/status@desk_bot 0304-1", "/status 0304-1"),
        ("/5号楼@物业", "/5号楼@物业"),
    ],
)
def test_command_stays_text(person: TelegramPerson, text: str, kept: str) -> None:
    message = read(person.command(text))
    assert (message.kind, message.text) == (MessageKind.TEXT, kept)


def test_photo_is_the_largest_size(person: TelegramPerson) -> None:
    message = read(person.photo("big", caption="井盖坏了"))
    (photo,) = message.attachments
    assert message.kind is MessageKind.ATTACHMENT
    assert message.text == "井盖坏了"
    assert (photo.type, photo.ref, photo.bytes, photo.fingerprint) == (AttachmentType.PHOTO, "big", 150_000, "qbig")


def test_album_is_one_message_per_picture(person: TelegramPerson) -> None:
    messages = [read(update) for update in person.album("a", "b", "c", caption="三张")]
    assert [message.attachments[0].ref for message in messages] == ["a", "b", "c"]
    assert [message.text for message in messages] == ["三张", "", ""]
    assert len({message.key for message in messages}) == 3


@pytest.mark.parametrize(
    ("make", "type_", "mime"),
    [
        ("voice", AttachmentType.VOICE, "audio/ogg"),
        ("audio", AttachmentType.AUDIO, "audio/mpeg"),
        ("video", AttachmentType.VIDEO, "video/mp4"),
        ("video_note", AttachmentType.VIDEO, "video/mp4"),
        ("animation", AttachmentType.VIDEO, "video/mp4"),
        ("document", AttachmentType.FILE, "application/pdf"),
    ],
)
def test_files(person: TelegramPerson, make: str, type_: AttachmentType, mime: str) -> None:
    message = read(getattr(person, make)())
    (file,) = message.attachments
    assert message.kind is MessageKind.ATTACHMENT
    assert (file.type, file.mime, file.problem) == (type_, mime, "")
    assert file.ref
    assert file.bytes


@pytest.mark.parametrize(
    ("mime", "type_"),
    [
        ("image/jpeg", AttachmentType.PHOTO),
        ("image/heic", AttachmentType.PHOTO),
        ("image/svg+xml", AttachmentType.FILE),  # a page that can run scripts
        ("video/quicktime", AttachmentType.VIDEO),
        ("audio/amr", AttachmentType.AUDIO),
        ("text/html; charset=utf-8", AttachmentType.FILE),
    ],
)
def test_document_by_its_type(person: TelegramPerson, mime: str, type_: AttachmentType) -> None:
    assert read(person.document(mime=mime)).attachments[0].type is type_


def test_voice_tells_seconds(person: TelegramPerson) -> None:
    assert read(person.voice(seconds=59)).attachments[0].seconds == 59


@pytest.mark.parametrize(("size", "problem"), [(20 * MIB, ""), (20 * MIB + 1, "too_large")])
def test_largest_file(person: TelegramPerson, size: int, problem: str) -> None:
    assert read(person.video(size=size)).attachments[0].problem == problem


def test_live_photo_gives_its_picture(person: TelegramPerson) -> None:
    sizes = person.photo("still")["message"]["photo"]
    update = person.message(live_photo={"file_id": "film", "duration": 3, "width": 1, "height": 1, "photo": sizes})
    assert read(update).attachments[0].ref == "still"


def test_location(person: TelegramPerson) -> None:
    message = read(person.location(30.25, 120.16))
    assert (message.kind, message.pin) == (MessageKind.PLACE, Pin(30.25, 120.16, Datum.WGS84))


def test_venue_has_a_label(person: TelegramPerson) -> None:
    message = read(person.venue(30.25, 120.16, "东门菜场", "解放路 5 号"))
    assert message.pin == Pin(30.25, 120.16, Datum.WGS84, "东门菜场 解放路 5 号")


@pytest.mark.parametrize("latitude", [91, -90.5, float("nan"), float("inf"), "30", True, None])
def test_impossible_location(person: TelegramPerson, latitude: Any) -> None:
    message = read(person.location(latitude, 120.0))
    assert (message.kind, message.unknown) == (MessageKind.UNKNOWN, "location")


def test_own_card_proves_the_number(person: TelegramPerson) -> None:
    message = read(person.contact("+86 138-0013-8000"))
    assert (message.kind, message.phone) == (MessageKind.CONTACT, "+8613800138000")


def test_card_of_somebody_else_proves_nothing(person: TelegramPerson) -> None:
    message = read(person.contact("+8613800138000", user_id=43))
    assert (message.kind, message.unknown, message.phone) == (MessageKind.UNKNOWN, "foreign_contact", "")


def test_edit_names_the_words_it_replaces(person: TelegramPerson) -> None:
    original = person.text("没水")
    edit = read(person.edit(original, "3号楼没水"))
    assert (edit.kind, edit.text, edit.edits) == (MessageKind.EDIT, "3号楼没水", read(original).edit_key)
    assert edit.key != read(original).key
    assert edit.at > read(original).at


def test_edited_caption(person: TelegramPerson) -> None:
    original = person.photo(caption="没水")
    edit = read(person.edit(original, "3号楼没水"))
    assert (edit.kind, edit.text, edit.edits) == (MessageKind.EDIT, "3号楼没水", read(original).edit_key)


def test_live_location_moving_on_is_a_tickle(person: TelegramPerson) -> None:
    moved = person.update(edited_message=person.location(30, 120, live_period=900)["message"])
    assert read(moved).kind is MessageKind.TICKLE


def test_press(person: TelegramPerson) -> None:
    decoded = decoded_of(person.press("tok-1", 501, callback="77"))
    assert decoded is not None
    message = decoded.message
    assert (message.kind, message.press, message.quote) == (MessageKind.PRESS, "tok-1", "501")
    assert (message.at, message.address, decoded.callback) == (NOW, Address("telegram", "42"), "77")


def test_press_on_a_card_too_old_to_show(person: TelegramPerson) -> None:
    update = person.press("tok-1", 501)
    update["callback_query"]["message"] = {"chat": person.chat, "message_id": 501, "date": 0}
    assert read(update).quote == "501"


def test_quote_is_a_message_of_ours(person: TelegramPerson) -> None:
    assert read(person.reply_to(777, "还没来")).quote == "777"


def test_reply_to_own_words_is_no_quote(person: TelegramPerson) -> None:
    update = person.reply_to(777, "还没来")
    update["message"]["reply_to_message"]["from"] = person.user
    assert read(update).quote == ""


def test_blocking_and_coming_back(person: TelegramPerson) -> None:
    assert read(person.block()).kind is MessageKind.UNFOLLOW
    assert read(person.unblock()).kind is MessageKind.FOLLOW


def test_sticker_speaks_as_its_emoji(person: TelegramPerson) -> None:
    assert (read(person.sticker("👍")).kind, read(person.sticker("👍")).text) == (MessageKind.TEXT, "👍")
    assert read(person.sticker("")).unknown == "sticker"


@pytest.mark.parametrize("name", ["poll", "dice", "story", "paid_media", "checklist", "hologram"])
def test_what_nobody_knows_is_named(person: TelegramPerson, name: str) -> None:
    message = read(person.message(caption="看这个", **{name: {"id": "1"}}))
    assert (message.kind, message.unknown, message.text) == (MessageKind.UNKNOWN, name, "看这个")


def test_service_message_is_a_tickle(person: TelegramPerson) -> None:
    pinned = person.text("x")["message"]
    assert read(person.message(pinned_message=pinned)).kind is MessageKind.TICKLE


def test_forwarded_words_are_words(person: TelegramPerson) -> None:
    origin = {"type": "user", "sender_user": {"id": 9, "is_bot": False, "first_name": "y"}, "date": 1}
    message = read(person.text("转发的投诉", forward_origin=origin))
    assert (message.kind, message.text) == (MessageKind.TEXT, "转发的投诉")


def test_programs_are_not_talked_to(person: TelegramPerson) -> None:
    person.user["is_bot"] = True
    assert decoded_of(person.text("hello")) is None


def test_talk_in_a_group_is_not_ours() -> None:
    member = TelegramPerson(42, group=-1001234567890)
    assert decoded_of(member.text("大家好")) is None
    assert decoded_of(member.photo()) is None


GROUP = -1001234567890


def test_reply_to_us_in_a_group_says_who_speaks() -> None:
    message = read(TelegramPerson(42, group=GROUP).reply_to(5, "我家也没水"))
    assert message.address == Address("telegram", "-1001234567890/42")
    assert message.person == Address("telegram", "42")
    assert (message.kind, message.text, message.quote) == (MessageKind.TEXT, "我家也没水", "5")


def test_a_command_with_our_name_is_ours_in_a_group() -> None:
    member = TelegramPerson(42, group=GROUP)
    message = read(member.command("/take@desk_bot 00017"))
    assert (message.kind, message.text, message.person) == (
        MessageKind.TEXT,
        "/take 00017",
        Address("telegram", "42"),
    )
    assert decoded_of(member.command("/take 00017")) is None
    assert decoded_of(member.text("请 /take@desk_bot 00017")) is None


@pytest.mark.parametrize(("username", "ours"), [("desk_bot", True), ("Desk_Bot", True), ("other_bot", False)])
def test_a_command_with_another_name_is_not_ours(username: str, ours: bool) -> None:
    update = TelegramPerson(42, group=GROUP).command("/todo@desk_bot")
    found = decode(update, b"", NOW, bot=BOT_ID, file_limit=1, username=username)
    assert (found is not None) is ours


def test_alone_with_us_nobody_else_speaks(person: TelegramPerson) -> None:
    assert read(person.text("没水")).person is None


def test_a_button_in_a_group_says_who_pressed_it() -> None:
    message = read(TelegramPerson(42, group=GROUP).press("260304-00017:take", 5))
    assert (message.address.id, message.person) == ("-1001234567890/42", Address("telegram", "42"))


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 1, "poll": {"id": "1"}},
        {"update_id": 1, "channel_post": {"message_id": 1, "chat": {"id": -100, "type": "channel"}, "text": "x"}},
        {"update_id": 1, "message": {"message_id": 1, "chat": {"id": -100, "type": "supergroup"}, "text": "x"}},
        {"update_id": 1, "message": []},
        {"update_id": 1, "message": {"from": {"id": "42"}, "chat": {"id": 42, "type": "private"}, "text": "x"}},
        {"update_id": 1, "callback_query": {"from": BOT, "data": "x"}},
    ],
)
def test_nothing_for_the_desk(update: object) -> None:
    assert decoded_of(update) is None


@pytest.mark.parametrize("update", [None, [], "x", 3, {}, {"update_id": "1"}, {"update_id": True}, {"update_id": -1}])
def test_no_update_at_all(update: object) -> None:
    with pytest.raises(Malformed):
        decoded_of(update)


def test_text_that_no_store_can_hold(person: TelegramPerson) -> None:
    body = json.dumps(person.text("a\x00b\ud83dc\x1bd\te\nf")).encode()
    assert read(parse(body)).text == "ab\ufffdcd\te\nf"  # type: ignore[arg-type]  # it is an object: the test says so


def test_very_long_text_is_capped(person: TelegramPerson) -> None:
    assert len(read(person.text("长" * 50_000)).text) == 10_000


def test_bytes_that_are_no_utf8_are_read(person: TelegramPerson) -> None:
    body = json.dumps(person.text("MARK")).encode().replace(b"MARK", b"a\xff\xfeb")
    assert read(parse(body)).text == "a\ufffd\ufffdb"  # type: ignore[arg-type]  # it is an object: the test says so


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b'{"update_id":1', b"[" * 200_000, b'{"update_id":' + b"9" * 5000 + b"}"]
)
def test_no_json(body: bytes) -> None:
    with pytest.raises(Malformed):
        update_id(parse(body))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)
NAMES_SEEN = """
message edited_message callback_query my_chat_member from chat id type is_bot language_code text caption photo voice
document video contact location venue sticker file_id file_size mime_type duration data message_id date edit_date
reply_to_message new_chat_member status update_id latitude longitude emoji user_id phone_number width height title
address
"""
NAMES = st.sampled_from(NAMES_SEEN.split())
LEAVES = (
    st.sampled_from([42, "private", "supergroup", "member", "kicked", True, -1, 10**30, 1e308, "", "x", None, BOT_ID])
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
)
NEARLY = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=40,
)


@given(ANY_JSON | NEARLY | st.dictionaries(NAMES, NEARLY).map(lambda fields: {"update_id": 1} | fields))
def test_any_json_is_read_or_malformed(update: object) -> None:
    try:
        decoded = decoded_of(update)
    except Malformed:
        return
    if decoded is not None:
        storable(decoded.message)


@given(
    kind=st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member"]),
    body=st.dictionaries(NAMES, NEARLY, max_size=8),
)
def test_a_person_with_any_content(kind: str, body: dict[str, Any]) -> None:
    person = TelegramPerson(42)
    update = {"update_id": 5, kind: {"message_id": 1} | body | {"from": person.user, "chat": person.chat}}
    decoded = decoded_of(update)
    assert decoded is not None
    assert decoded.message.key == "u5"
    storable(decoded.message)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_malformed(body: bytes) -> None:
    try:
        parse(body)
    except Malformed:
        return


def storable(message: InboundMessage) -> None:
    """What every store takes: UTF-8 without NUL, times within a datetime, a known address."""
    words = [message.text, message.press, message.phone, message.unknown, message.scene, message.quote, message.edits]
    words += [part for file in message.attachments for part in (file.ref, file.name, file.mime, file.fingerprint)]
    words += [message.pin.label] if message.pin else []
    for word in words:
        assert b"\0" not in word.encode()
    assert message.at.tzinfo is UTC
    assert message.address.channel == "telegram"
