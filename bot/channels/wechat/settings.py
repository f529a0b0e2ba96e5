"""What the operator copies from the WeChat console."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from bot.channels.wechat.templates import Templates
from bot.errors import ConfigurationError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{3,64}")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatSettings:
    """One Official Account. Secrets do not show when it is printed.

    ``previous_encoding_aes_key`` is still accepted after a change in the console ("" for none). ``allow_plain`` lets
    requests in whose body nobody signed: for trials only. ``customer_service``: the account may send messages on its
    own, ``templates`` what it may send where that is not possible. Raises ConfigurationError for values WeChat could
    not have issued.
    """

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(default="", repr=False)
    previous_encoding_aes_key: str = field(default="", repr=False)
    api_base: str = "https://api.weixin.qq.com"
    allow_plain: bool = False
    customer_service: bool = False
    templates: Templates = field(default_factory=Templates)

    def __post_init__(self) -> None:
        if not self.app_id or not self.app_id.isascii():
            raise ConfigurationError("wechat.app_id", "is missing; the console shows it under basic configuration")
        if not self.app_secret:
            raise ConfigurationError("wechat.app_secret", "is missing; the console shows it once, when it is reset")
        if not _TOKEN.fullmatch(self.token):
            raise ConfigurationError("wechat.token", "must be 3 to 32 letters and digits, as in the console")
        if not self.encoding_aes_key and not self.allow_plain:
            raise ConfigurationError("wechat.encoding_aes_key", "is missing; without it only allow_plain can work")
        for name in ("encoding_aes_key", "previous_encoding_aes_key"):
            text: str = getattr(self, name)
            if text and not _AES_KEY.fullmatch(text):
                raise ConfigurationError(f"wechat.{name}", "must be the 43 letters and digits of the console")
        if not re.match(r"https?://[^/?#]+$", self.api_base):
            raise ConfigurationError("wechat.api_base", "must be http(s)://host without a path")

    @property
    def aes_keys(self) -> tuple[bytes, ...]:
        """The AES-256 keys to try, the current one first; empty where only plain requests are taken."""
        texts = (self.encoding_aes_key, self.previous_encoding_aes_key)
        return tuple(aes_key(text) for text in texts if text)


def aes_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind the 43 characters of an EncodingAESKey. Raises ConfigurationError for anything else."""
    try:
        key = base64.b64decode(encoding_aes_key + "=", validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ConfigurationError("wechat.encoding_aes_key", "is not a key")
    return key
