"""AES as WeChat uses it: 16 random bytes, length, XML, AppID; PKCS#7 to 32; AES-256-CBC with the key's head as IV."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass, field
from typing import Any

from bot.channels.wechat.model import PKCS7Encoder, WeChatCipher

_HEAD = 16
_LENGTH = struct.Struct(">I")
_PREFIX = _HEAD + _LENGTH.size
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Box:
    """One key of one account: opens what WeChat sealed and seals what we answer."""

    key: bytes = field(repr=False)
    app_id: bytes
    _aes: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_aes", WeChatCipher(self.key))

    def open(self, sealed: bytes) -> bytes | None:
        """The XML inside; None for every kind of failure, so that nobody learns which one it was."""
        try:
            ciphertext = base64.b64decode(sealed, validate=True)
        except binascii.Error:
            return None
        if not ciphertext or len(ciphertext) % _HEAD:
            return None
        # wechatpy's own decrypt believes the padding byte and the length; both come from outside.
        plain: bytes = self._aes.decrypt(ciphertext)
        padding = plain[-1]
        end = len(plain) - padding
        if not 1 <= padding <= _BLOCK or end < _PREFIX or plain[end:] != plain[-1:] * padding:
            return None
        length: int = _LENGTH.unpack_from(plain, _HEAD)[0]
        if length > end - _PREFIX or not hmac.compare_digest(plain[_PREFIX + length : end], self.app_id):
            return None
        return plain[_PREFIX : _PREFIX + length]

    def seal(self, xml: bytes, head: bytes) -> bytes:
        """The base64 text of the sealed XML. ``head`` stands for the 16 random bytes."""
        plain: bytes = PKCS7Encoder.encode(head + _LENGTH.pack(len(xml)) + xml + self.app_id)
        return base64.b64encode(self._aes.encrypt(plain))
