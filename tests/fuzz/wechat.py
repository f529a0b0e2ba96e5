"""What WeChat posts: from the envelope to the answer."""

from __future__ import annotations

import base64
import hashlib
import re
from random import Random
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.channels.wechat.decode import decode as decode_message
from bot.channels.wechat.fields import read_fields
from bot.channels.wechat.render import fitted, passive
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.wire import Opened, Wire
from bot.errors import Forged, Malformed
from bot.message import Reply
from tests.fakes import wechat_requests as wechat
from tests.fuzz.decoder import Decoder, Ready, assert_keepable
from tests.fuzz.mutation import Grammar

WORDS = "幸福路12号门口的路灯坏了三天 ]]> <b>&amp; 13812345678"

_MESSAGES = (
    wechat.text(WORDS),
    wechat.message("text", Content="1", bizmsgmenuid="t1"),
    wechat.message("image", PicUrl="http://mmbiz.qpic.cn/x", MediaId="m-1"),
    wechat.message("voice", MediaId="m-2", Format="amr", Recognition="你好", MediaId16K="m-3"),
    wechat.message("video", MediaId="m-4", ThumbMediaId="m-5"),
    wechat.message("location", Location_X="31.25", Location_Y="121.5", Scale="16", Label="幸福路"),
    wechat.message("link", Title="t", Description="d", Url="https://example.org"),
    wechat.message("system", Content="x"),
    wechat.event("subscribe"),
    wechat.event("subscribe", EventKey="qrscene_7", Ticket="t"),
    wechat.event("SCAN", EventKey="7", Ticket="t"),
    wechat.event("unsubscribe"),
    wechat.event("CLICK", EventKey="menu:query"),
    wechat.event("LOCATION", Latitude="23.1", Longitude="113.3", Precision="119.3"),
    wechat.event("TEMPLATESENDJOBFINISH", MsgID="1", Status="success"),
    b"<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType>"
    b"<Event>pic_sysphoto</Event><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>x</PicMd5Sum></item></PicList>"
    b"</SendPicsInfo></xml>",
)
_XML_ODD = (
    b'<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    b'<!DOCTYPE xml SYSTEM "file:///etc/passwd">',
    b"&b;&b;&b;&b;",
    b'<?xml version="1.0" encoding="utf-16"?>',
    b'<?xml version="1.1" encoding="gb18030"?>',
    b"<a>" * 9,
    b"<a>" * 200,
    b"</xml>",
    b"<xml>",
    b"<MsgId>9223372036854775808</MsgId>",
    b"<CreateTime>99999999999999999999</CreateTime>",
    b"<CreateTime>-1</CreateTime>",
    b"<CreateTime>1e9</CreateTime>",
    b"<FromUserName></FromUserName>",
    b"<Event><Event>x</Event></Event>",
    b"<Content><![CDATA[]]]]><![CDATA[>]]></Content>",
    b"<Encrypt>x</Encrypt>",
    b'<a b="c" xmlns:x="y" x:z="1"/>',
    b"<!--" + b"-" * 50 + b"-->",
    b"&lt;&#x41;&#65;&bogus;",
)
_ENVELOPES = tuple(wechat.safe(each).body for each in _MESSAGES[:3])
_SEALED = tuple(wechat.encrypt(each).encode() for each in _MESSAGES[:3])
_STAMP, _NONCE = str(wechat.NOW), "1514711492"
_QUERY = {"timestamp": _STAMP, "nonce": _NONCE, "encrypt_type": "aes"}
_XML_PIECES = re.compile(rb"<!\[CDATA\[|\]\]>|<[^<>]*>|[^<>\]]+|.", re.S)
_XML_VALUE = re.compile(rb"[^<>\]]+")
_BASE64_PIECES = re.compile(rb"<[^<>]*>|[^<>]{1,32}|.", re.S)


def _quoted_xml(words: bytes) -> bytes:
    return words.replace(b"]]>", b"").replace(b"<", b"&lt;")


def _opened(wire: Wire, sealed: bytes) -> Opened:
    """An envelope whose signature is right, whatever lies in it."""
    parts = sorted((wechat.TOKEN.encode(), _STAMP.encode(), _NONCE.encode(), sealed.strip()))
    signed = hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()
    body = b"<xml><Encrypt><![CDATA[%b]]></Encrypt></xml>" % sealed
    return wire.open({**_QUERY, "msg_signature": signed}, body, wechat.NOW)


def wechat_decoder() -> Ready:
    """First byte: the layer that is spoiled. Everything below it is put together properly, sealed and signed."""
    settings = WeChatSettings(
        app_id=wechat.APP_ID, app_secret="0" * 32, token=wechat.TOKEN, encoding_aes_key=wechat.AES_KEY
    )
    wire, key = Wire.of(settings), wechat.key_of(wechat.AES_KEY)
    head, tail = bytes(16), wechat.APP_ID.encode()
    outer = Grammar(_ENVELOPES, _XML_PIECES, _XML_ODD, _XML_VALUE)
    sealed = Grammar(_SEALED, _BASE64_PIECES, (b"=", b"==", b"====", b" ", b"\n", b"-_"))
    inner = Grammar(_MESSAGES, _XML_PIECES, _XML_ODD, _XML_VALUE, quote=_quoted_xml)

    def encrypted(block: bytes) -> bytes:
        engine = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        return base64.b64encode(engine.update(block) + engine.finalize())

    def block_of(xml: bytes, length: int, end: bytes) -> bytes:
        block = head + (length % 2**32).to_bytes(4, "big") + xml + end
        missing = 32 - len(block) % 32
        return block + bytes((missing,)) * missing

    def make(chance: Random) -> bytes:
        layer = chance.choice((0, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4))
        if layer == 0:
            return b"\x00" + outer.make(chance)
        if layer == 1:
            return b"\x01" + sealed.make(chance)
        xml = inner.make(chance)
        if layer == 2:
            length = chance.choice((len(xml), len(xml) + 1, len(xml) - 1, 0, 2**31, 2**32 - 1, len(xml) + len(tail)))
            block = bytearray(block_of(xml, length, chance.choice((tail, b"", b"wx_other", tail * 2))))
            block[-1 - int(chance.random() * 40) % len(block)] = int(chance.random() * 256)
            return b"\x02" + bytes(block)
        return bytes((layer,)) + xml

    def decode(raw: bytes) -> object:
        layer, rest = raw[:1], raw[1:]
        match layer:
            case b"\x00":
                return wire.open({**_QUERY, "msg_signature": "0" * 40}, rest, wechat.NOW)
            case b"\x01":
                xml = _opened(wire, rest).xml
            case b"\x02":
                xml = _opened(wire, encrypted(rest[: len(rest) // 16 * 16])).xml
            case b"\x03":
                opened = _opened(wire, encrypted(block_of(rest, len(rest), tail)))
                assert opened.xml == rest, "what was sealed properly is not what was opened"
                xml = rest
            case _:
                xml = rest
        fields = read_fields(xml)
        message = decode_message(fields, xml)
        assert_keepable(message)
        answer = passive(fitted(Reply(message.text)), message.address.id, "gh_desk", wechat.NOW)
        read = {child.tag: child.text for child in ET.fromstring(answer)}  # noqa: S314  # our own answer
        assert set(read) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}, "an answer was broken"
        return message

    return Ready(make, decode, (Forged, Malformed))


DECODERS = (Decoder("wechat", wechat_decoder),)
