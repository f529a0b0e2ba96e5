"""What the page posts: every body becomes a message or a clear no."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.webchat.incoming import PRESS_BYTES, TEXT_LIMIT, Sender, said
from bot.domain.people import Address
from bot.domain.place import Datum
from bot.errors import Malformed
from bot.message import InboundMessage, MessageKind

SENDER = Sender(Address("web", "li"), datetime(2026, 3, 4, tzinfo=UTC), "en")
KEY = "key-0001"


def post(**fields: Any) -> InboundMessage:
    return said(SENDER, json.dumps({"key": KEY, **fields}).encode())


def test_words() -> None:
    message = post(kind="text", text="  no water\r\nsince Monday\n")
    assert (message.kind, message.text, message.locale) == (MessageKind.TEXT, "no water\nsince Monday", "en")
    assert message.key == "li:key-0001"  # nobody else can have this key
    assert message.address == SENDER.address
    assert post(text="no kind means words").kind is MessageKind.TEXT


def test_nothing_gets_in_that_no_store_can_hold() -> None:
    assert said(SENDER, b'{"key": "key-0001", "text": "a\\u0000b \\ud83d c"}').text == "ab \N{REPLACEMENT CHARACTER} c"


def test_a_place_is_where_the_browser_says() -> None:
    message = post(kind="place", latitude=30.25, longitude=120, accuracy=12)
    assert message.kind is MessageKind.PLACE
    assert message.pin is not None
    assert (message.pin.latitude, message.pin.longitude, message.pin.datum) == (30.25, 120.0, Datum.WGS84)


def test_a_press_carries_its_token_and_shows_its_label() -> None:
    message = post(kind="press", press="d1:confirm", text="Confirm")
    assert (message.kind, message.press, message.text) == (MessageKind.PRESS, "d1:confirm", "Confirm")


def test_a_first_visit() -> None:
    assert post(kind="follow", text="ignored").text == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"text": "no key"}',
        b'{"key": 7, "text": "x"}',
        b'{"key": "short", "text": "x"}',
        b'{"key": "key 0001", "text": "x"}',
        json.dumps({"key": "k" * 65, "text": "x"}).encode(),
        b'{"key": "key-0001"}',
        b'{"key": "key-0001", "text": "  \\n "}',
        b'{"key": "key-0001", "text": ["x"]}',
        b'{"key": "key-0001", "kind": "attachment"}',
        b'{"key": "key-0001", "kind": "contact", "text": "x"}',
        b'{"key": "key-0001", "kind": "nonsense", "text": "x"}',
        b'{"key": "key-0001", "kind": "place"}',
        b'{"key": "key-0001", "kind": "place", "latitude": 91, "longitude": 0}',
        b'{"key": "key-0001", "kind": "place", "latitude": NaN, "longitude": 0}',
        b'{"key": "key-0001", "kind": "place", "latitude": Infinity, "longitude": 0}',
        b'{"key": "key-0001", "kind": "place", "latitude": true, "longitude": 0}',
        b'{"key": "key-0001", "kind": "place", "latitude": "30", "longitude": 120}',
        b'{"key": "key-0001", "kind": "press", "press": ""}',
        json.dumps({"key": KEY, "kind": "press", "press": "x" * (PRESS_BYTES + 1)}).encode(),
        json.dumps({"key": KEY, "kind": "press", "press": "\N{CJK UNIFIED IDEOGRAPH-6C11}" * 22}).encode(),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        said(SENDER, body)


def test_the_longest_text_is_taken_and_one_more_is_not() -> None:
    assert len(post(text="x" * TEXT_LIMIT).text) == TEXT_LIMIT
    with pytest.raises(Malformed) as refused:
        post(text="x" * (TEXT_LIMIT + 1))
    assert refused.value.key == "web.error.too_long"


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
names = st.sampled_from(["key", "kind", "text", "press", "latitude", "longitude", "quote", "x"])
likely = st.sampled_from(["key-0001", "text", "place", "press", "follow", 30, 120.5, "\ud83d", "\x00"])


@given(st.dictionaries(names, anything | likely))
def test_any_object_becomes_a_message_or_a_no(fields: dict[str, Any]) -> None:
    try:
        message = said(SENDER, json.dumps(fields).encode())
    except Malformed:
        return
    assert message.key.startswith("li:")
    assert "\x00" not in message.text + message.press + message.quote
    assert (message.text + message.press + message.quote).encode()


@given(st.binary())
def test_any_bytes_become_a_message_or_a_no(body: bytes) -> None:
    with pytest.raises(Malformed):
        said(SENDER, body)
