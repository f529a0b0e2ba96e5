"""Nothing is read before it is proven, and nobody learns why something was refused."""

from __future__ import annotations

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.wire import WINDOW_SECONDS, Wire
from bot.errors import Forged
from tests.fakes import wechat_requests as platform
from tests.fakes.wechat_requests import AES_KEY, APP_ID, NOW, OLD_AES_KEY, TOKEN, Request

XML = platform.text("路灯坏了")


def wire(*, allow_plain: bool = False, key: str = AES_KEY, previous: str = "") -> Wire:
    return Wire.of(
        WeChatSettings(
            app_id=APP_ID,
            app_secret="s",
            token=TOKEN,
            encoding_aes_key=key,
            previous_encoding_aes_key=previous,
            allow_plain=allow_plain,
        )
    )


def cause(door: Wire, request: Request, now: float = NOW) -> str:
    with pytest.raises(Forged) as caught:
        door.open(request.query, request.body, now)
    return str(caught.value.params["cause"])


def test_handshake_answers_the_echo_of_wechats_own_example() -> None:
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "timestamp": "1714036504",
        "nonce": "1514711492",
        "echostr": "4375120948345356249",
    }
    assert wire().handshake(query, 1714036504) == "4375120948345356249"


@pytest.mark.parametrize("broken", ["signature", "timestamp", "nonce"])
def test_handshake_refuses_what_is_missing_or_changed(broken: str) -> None:
    query = platform.plain(b"").query | {"echostr": "1"}
    assert wire().handshake(query, NOW) == "1"
    for changed in (query | {broken: query[broken] + "0"}, {k: v for k, v in query.items() if k != broken}):
        with pytest.raises(Forged):
            wire().handshake(changed, NOW)


def test_a_safe_request_is_opened() -> None:
    request = platform.safe(XML)
    opened = wire().open(request.query, request.body, NOW)
    assert opened.xml == XML
    assert opened.box is not None
    assert opened.box.key == platform.key_of(AES_KEY)


def test_the_previous_key_still_opens_and_is_the_one_to_answer_with() -> None:
    request = platform.safe(XML, aes_key=OLD_AES_KEY)
    opened = wire(previous=OLD_AES_KEY).open(request.query, request.body, NOW)
    assert opened.xml == XML
    assert opened.box is not None
    assert opened.box.key == platform.key_of(OLD_AES_KEY)
    assert cause(wire(), request) == "cipher"


def test_plain_is_taken_only_when_allowed() -> None:
    request = platform.plain(XML)
    assert cause(wire(), request) == "plain"
    opened = wire(allow_plain=True).open(request.query, request.body, NOW)
    assert (opened.xml, opened.box) == (XML, None)


def test_an_encrypted_request_works_where_plain_is_allowed_too() -> None:
    request = platform.safe(XML)
    assert wire(allow_plain=True).open(request.query, request.body, NOW).xml == XML


def test_compatible_mode_is_read_from_its_encrypted_part() -> None:
    trap = "<Encrypt>AAAA</Encrypt>"
    sealed = platform.encrypt(XML)
    request = platform.enveloped(sealed)
    body = (
        b"<xml><Content><![CDATA[" + trap.encode() + b"]]></Content><Encrypt>" + sealed.encode() + b"</Encrypt></xml>"
    )
    assert wire().open(request.query, body, NOW).xml == XML


@pytest.mark.parametrize("allow_plain", [False, True])
@pytest.mark.parametrize("shift", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1])
def test_a_stale_or_early_request_is_refused(shift: int, allow_plain: bool) -> None:
    door = wire(allow_plain=allow_plain)
    for request in (platform.safe(XML, at=NOW + shift), platform.plain(XML, at=NOW + shift)):
        assert cause(door, request) == "stale"


@pytest.mark.parametrize("shift", [-WINDOW_SECONDS, WINDOW_SECONDS])
def test_the_edges_of_the_window_are_inside(shift: int) -> None:
    request = platform.safe(XML, at=NOW + shift)
    assert wire().open(request.query, request.body, NOW).xml == XML


@pytest.mark.parametrize("stamp", ["", "-1", "1e9", "١٧٧٢٥٨٩٦٠٠", "9" * 400, " 1772589600", "1772589600.0"])
def test_a_timestamp_that_is_no_number_of_seconds_is_stale(stamp: str) -> None:
    request = platform.safe(XML)
    assert cause(wire(), Request(request.query | {"timestamp": stamp}, request.body)) == "stale"


def test_the_signature_covers_the_encrypted_text() -> None:
    mine, other = platform.safe(XML), platform.safe(platform.text("别的"))
    assert cause(wire(), Request(mine.query, other.body)) == "signature"


def test_a_plain_signature_does_not_open_safe_mode() -> None:
    request = platform.safe(XML)
    forged = request.query | {"msg_signature": request.query["signature"]}
    assert cause(wire(), Request(forged, request.body)) == "signature"


def test_a_wrong_token_is_refused() -> None:
    assert cause(wire(), platform.safe(XML, token="BBBBB")) == "signature"
    assert cause(wire(allow_plain=True), platform.plain(XML, token="BBBBB")) == "signature"


def test_a_signature_that_is_not_ascii_is_only_wrong() -> None:
    request = platform.safe(XML)
    for odd in ("签名", "\ud800", ""):
        assert cause(wire(), Request(request.query | {"msg_signature": odd}, request.body)) == "signature"


def test_another_account_is_refused() -> None:
    assert cause(wire(), platform.safe(XML, app_id="wx_other")) == "cipher"
    assert cause(wire(), platform.safe(XML, app_id=APP_ID + "x")) == "cipher"
    assert cause(wire(), platform.safe(XML, app_id="")) == "cipher"


def test_an_unknown_mode_is_refused() -> None:
    request = platform.plain(XML)
    assert cause(wire(allow_plain=True), Request(request.query | {"encrypt_type": "des"}, request.body)) == "plain"


HEAD = bytes(16)


@pytest.mark.parametrize(
    "padded",
    [
        HEAD + struct.pack(">I", 3) + b"<a>wx_test" + b"\0" * 34,  # padding 0
        HEAD + struct.pack(">I", 3) + b"<a>wx_test" + b"\x21" * 34,  # padding 33, more than a block
        HEAD + struct.pack(">I", 3) + b"<a>wx_test" + b"\x01" * 33 + b"\x22",  # padding bytes differ
        b"\x10" * 16,  # padding only
        b"\x20" * 32,
    ],
)
def test_bad_padding_is_refused_like_everything_else(padded: bytes) -> None:
    padded += b"" if len(padded) % 16 == 0 else bytes([padded[-1]]) * (16 - len(padded) % 16)
    assert cause(wire(), platform.enveloped(platform.encrypt_padded(padded))) == "cipher"


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x80000000, 1000, len(XML) + 1, len(XML) - 1, 0])
def test_a_lying_length_is_refused(length: int) -> None:
    inside = os.urandom(16) + struct.pack(">I", length) + XML + APP_ID.encode()
    assert cause(wire(), platform.enveloped(platform.encrypt_block(inside))) == "cipher"


@pytest.mark.parametrize("sealed", ["", "=", "AAAA", "A" * 43, "A" * 22 + "==", "签", "A" * 20 + "!" + "A" * 23])
def test_a_ciphertext_of_a_wrong_form_is_refused(sealed: str) -> None:
    assert cause(wire(), platform.enveloped(sealed)) == "cipher"


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"<Encrypt>", b"</Encrypt><Encrypt>", b"\x00\xff" * 100])
def test_a_body_without_encrypted_text_is_refused(body: bytes) -> None:
    assert cause(wire(), Request(platform.safe(XML).query, body)) == "encrypt_missing"


def test_a_truncated_body_is_refused() -> None:
    request = platform.safe(XML)
    for length in range(0, request.body.index(b"</Encrypt>") + len(b"</Encrypt>"), 7):
        with pytest.raises(Forged):
            wire().open(request.query, request.body[:length], NOW)


@given(
    st.dictionaries(st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "encrypt_type"]), st.text()),
    st.binary(),
)
def test_whatever_comes_is_refused_as_forged(query: dict[str, str], body: bytes) -> None:
    with pytest.raises(Forged):
        wire(allow_plain=True).open(query, body, NOW)


@given(st.binary(max_size=300))
def test_whatever_was_sealed_comes_out_again(xml: bytes) -> None:
    request = platform.safe(xml)
    assert wire().open(request.query, request.body, NOW).xml == xml


def test_an_answer_is_sealed_the_same_way_each_time_and_opens_elsewhere() -> None:
    door = wire()
    box = door.boxes[0]
    xml = b"<xml><Content>ok</Content></xml>"
    first = door.seal(xml, box, "6054768590064713728", NOW)
    assert door.seal(xml, box, "6054768590064713728", NOW) == first
    assert platform.read_sealed_reply(first) == {"Content": "ok"}


def test_two_answers_share_no_random_head() -> None:
    door = wire()
    box = door.boxes[0]
    sealed = {
        platform.read_reply(door.seal(xml, box, about, at))["Encrypt"][:20]
        for xml in (b"<xml/>", b"<xml></xml>")
        for about in ("1", "2")
        for at in (NOW, NOW + 1)
    }
    assert len(sealed) == 8


def test_secrets_do_not_show() -> None:
    shown = repr(wire(previous=OLD_AES_KEY))
    for secret in (TOKEN, repr(platform.key_of(AES_KEY)), repr(platform.key_of(OLD_AES_KEY))):
        assert secret not in shown
