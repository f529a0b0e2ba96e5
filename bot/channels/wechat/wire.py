"""The door: a request is proven before anything in it is read as XML.

Every failure is one `Forged`, whose ``cause`` is a short code for counters and logs and never leaves the house.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.channels.wechat.cipher import Box
from bot.channels.wechat.settings import WeChatSettings
from bot.errors import Forged

WINDOW_SECONDS = 300
"""How far a request's timestamp may lie from our clock, both ways."""

_OPEN, _CLOSE = b"<Encrypt>", b"</Encrypt>"
_CDATA_OPEN, _CDATA_CLOSE = b"<![CDATA[", b"]]>"


@dataclass(frozen=True, slots=True)
class Opened:
    """A proven request: its XML, and the box that opened it (None when it came plain)."""

    xml: bytes
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """Proves requests and seals answers for one account."""

    token: bytes = field(repr=False)
    boxes: tuple[Box, ...]
    allow_plain: bool

    @classmethod
    def of(cls, settings: WeChatSettings) -> Wire:
        """The door of that account."""
        boxes = tuple(Box(key, settings.app_id.encode()) for key in settings.aes_keys)
        return cls(settings.token.encode(), boxes, settings.allow_plain)

    def handshake(self, query: Mapping[str, str], now: float) -> str:
        """What to answer, verbatim, when the console checks the address. Raises Forged. ``now``: epoch seconds."""
        self._fresh(query, now)
        self._signed(query, "signature")
        return query.get("echostr", "")

    def open(self, query: Mapping[str, str], body: bytes, now: float) -> Opened:
        """The XML of a proven request. Raises Forged. ``now``: epoch seconds."""
        self._fresh(query, now)
        mode = query.get("encrypt_type", "raw")
        if mode == "aes":
            sealed = encrypted_text(body)
            self._signed(query, "msg_signature", sealed)
            for box in self.boxes:
                xml = box.open(sealed)
                if xml is not None:
                    return Opened(xml, box)
            raise Forged(cause="cipher")
        # A plain request proves only that somebody once saw a signed address: the body is not covered.
        if mode not in ("raw", "") or not self.allow_plain:
            raise Forged(cause="plain")
        self._signed(query, "signature")
        return Opened(body)

    def seal(self, xml: bytes, box: Box, about: str, at: int) -> bytes:
        """An encrypted answer. ``about`` (the message's key) and ``at`` (epoch seconds) make it the same every time.

        The 16 bytes WeChat wants random come from an HMAC over all that goes in: no two different answers share
        them, and a retried message gets exactly the bytes of its first answer.
        """
        stamp = str(at).encode()
        seed = hmac.digest(box.key, b"\0".join((b"reply", about.encode("utf-8", "replace"), stamp, xml)), "sha256")
        nonce = seed[16:24].hex().encode()
        sealed = box.seal(xml, seed[:16])
        return (
            b"<xml><Encrypt><![CDATA[%b]]></Encrypt><MsgSignature><![CDATA[%b]]></MsgSignature>"
            b"<TimeStamp>%b</TimeStamp><Nonce><![CDATA[%b]]></Nonce></xml>"
        ) % (sealed, signature(self.token, stamp, nonce, sealed), stamp, nonce)

    def _fresh(self, query: Mapping[str, str], now: float) -> None:
        stamp = query.get("timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or abs(now - int(stamp)) > WINDOW_SECONDS:
            raise Forged(cause="stale")

    def _signed(self, query: Mapping[str, str], name: str, *more: bytes) -> None:
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        right = signature(self.token, stamp.encode("utf-8", "replace"), nonce.encode("utf-8", "replace"), *more)
        if not hmac.compare_digest(right, query.get(name, "").encode("utf-8", "replace")):
            raise Forged(cause="signature")


def signature(*parts: bytes) -> bytes:
    """WeChat's signature in hex: SHA-1 over the sorted parts, joined (developers.weixin.qq.com, message push)."""
    return hashlib.sha1(b"".join(sorted(parts)), usedforsecurity=False).hexdigest().encode()


def encrypted_text(body: bytes) -> bytes:
    """The content of the last Encrypt element, found without parsing. Raises Forged when there is none.

    The last one, because in compatible mode what a person wrote stands in front of it.
    """
    start = body.rfind(_OPEN)
    end = body.find(_CLOSE, start)
    if start < 0 or end < 0:
        raise Forged(cause="encrypt_missing")
    return body[start + len(_OPEN) : end].strip().removeprefix(_CDATA_OPEN).removesuffix(_CDATA_CLOSE).strip()
