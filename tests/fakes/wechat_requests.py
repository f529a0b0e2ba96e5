"""What WeChat posts to us, written out by hand: hashlib, struct and a bare AES, none of the code under test.

Layout from WeChat's description of message encryption: 16 random bytes, 4-byte big-endian length, XML, AppID; PKCS#7 to
32 bytes; AES-256-CBC; the IV is the key's first half.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TOKEN = "AAAAA"
APP_ID = "wx_test"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_AES_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg"
NOW = 1_772_589_600  # 2026-03-04 02:00:00 UTC, where a FixedClock starts
OPENID = "oResident_1"


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def key_of(aes_key: str) -> bytes:
    return base64.b64decode(aes_key + "=")


def encrypt(xml: bytes, aes_key: str = AES_KEY, app_id: str = APP_ID) -> str:
    inside = os.urandom(16) + struct.pack(">I", len(xml)) + xml + app_id.encode()
    return encrypt_block(inside, aes_key)


def encrypt_block(inside: bytes, aes_key: str = AES_KEY) -> str:
    missing = 32 - len(inside) % 32
    return encrypt_padded(inside + bytes([missing]) * missing, aes_key)


def encrypt_padded(padded: bytes, aes_key: str = AES_KEY) -> str:
    key = key_of(aes_key)
    engine = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(engine.update(padded) + engine.finalize()).decode()


def decrypt(sealed: str, aes_key: str = AES_KEY) -> tuple[str, str]:
    """The XML and the AppID behind it."""
    key = key_of(aes_key)
    engine = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = engine.update(base64.b64decode(sealed)) + engine.finalize()
    inside = padded[: -padded[-1]]
    (length,) = struct.unpack(">I", inside[16:20])
    return inside[20 : 20 + length].decode(), inside[20 + length :].decode()


@dataclass(frozen=True, slots=True)
class Request:
    query: dict[str, str]
    body: bytes


def plain(xml: bytes, *, token: str = TOKEN, at: int = NOW, nonce: str = "1514711492") -> Request:
    query = {"signature": sha1(token, str(at), nonce), "timestamp": str(at), "nonce": nonce, "openid": OPENID}
    return Request(query, xml)


def enveloped(sealed: str, *, token: str = TOKEN, at: int = NOW, nonce: str = "1514711492") -> Request:
    """An encrypted request around this Encrypt text."""
    query = plain(b"", token=token, at=at, nonce=nonce).query
    query |= {"encrypt_type": "aes", "msg_signature": sha1(token, str(at), nonce, sealed)}
    body = f"<xml><ToUserName><![CDATA[gh_desk]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    return Request(query, body.encode())


def safe(xml: bytes, *, aes_key: str = AES_KEY, app_id: str = APP_ID, token: str = TOKEN, at: int = NOW) -> Request:
    return enveloped(encrypt(xml, aes_key, app_id), token=token, at=at)


def message(kind: str, *, msg_id: str = "6054768590064713728", sender: str = OPENID, **parts: str) -> bytes:
    """The XML of a message, its parts in CDATA as WeChat writes them."""
    return document({"MsgType": kind, **parts}, {"MsgId": msg_id}, sender)


def event(name: str, *, sender: str = OPENID, **parts: str) -> bytes:
    return document({"MsgType": "event", "Event": name, **parts}, {}, sender)


def text(words: str, *, msg_id: str = "6054768590064713728", sender: str = OPENID) -> bytes:
    return message("text", msg_id=msg_id, sender=sender, Content=words)


def document(quoted: dict[str, str], bare: dict[str, str], sender: str = OPENID) -> bytes:
    quoted = {"ToUserName": "gh_desk", "FromUserName": sender} | quoted
    bare = {"CreateTime": str(NOW)} | bare
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in quoted.items())
    inside += "".join(f"<{name}>{value}</{name}>" for name, value in bare.items())
    return f"<xml>{inside}</xml>".encode("utf-8", "surrogatepass")


def read_reply(xml: bytes | str) -> dict[str, str]:
    """The elements of an answer, by the standard library's parser."""
    return {child.tag: child.text or "" for child in ET.fromstring(xml)}  # noqa: S314  # our own answer


def read_sealed_reply(xml: bytes, aes_key: str = AES_KEY) -> dict[str, str]:
    """The elements of an encrypted answer, its signature and AppID checked."""
    outer = read_reply(xml)
    assert outer["MsgSignature"] == sha1(TOKEN, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
    inner, app_id = decrypt(outer["Encrypt"], aes_key)
    assert app_id == APP_ID
    return read_reply(inner)
