"""What the operator says about the bot, checked before anything is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.errors import ConfigurationError

CLOUD_HOST = "api.telegram.org"

CLOUD_FILE_LIMIT = 20 << 20
"""Bytes: the Bot API in the cloud hands out no larger file (core.telegram.org/bots/api#getfile)."""

HOOK_PATH = "/hooks/telegram"

_TOKEN = re.compile(r"[A-Za-z0-9_:-]{1,256}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """What the operator says about the bot. Raises ConfigurationError with the key that is wrong.

    ``mode`` is "webhook" (Telegram calls us at ``public_url``/hooks/telegram and proves itself by ``secret_token``) or
    "polling" (we ask). ``api_base`` is the Bot API server, ``file_base`` where it hands out files: an address, or the
    absolute folder that an own server with ``--local`` writes to. ``file_limit``: bytes, larger files are refused.
    ``typing``: show "typing…" while the quiet window runs.
    """

    token: str = field(repr=False)
    mode: str = "polling"
    secret_token: str = field(default="", repr=False)
    api_base: str = f"https://{CLOUD_HOST}"
    file_base: str = ""
    public_url: str = ""
    file_limit: int = CLOUD_FILE_LIMIT
    typing: bool = True

    def __post_init__(self) -> None:
        # Some tools write the addresses with the "bot" that stands before the token.
        object.__setattr__(self, "api_base", self.api_base.rstrip("/").removesuffix("/bot"))
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))
        object.__setattr__(
            self, "file_base", self.file_base.rstrip("/").removesuffix("/bot") or f"{self.api_base}/file"
        )
        if not _TOKEN.fullmatch(self.token):
            raise ConfigurationError("telegram.token", "not a bot token: BotFather gives one like 123456789:AAE…")
        if self.mode not in ("webhook", "polling"):
            raise ConfigurationError("telegram.mode", f"must be webhook or polling, not {self.mode!r}")
        if self.mode == "webhook" and not self.secret_token:
            raise ConfigurationError("telegram.secret_token", "webhook mode needs one, or anybody could forge updates")
        if self.secret_token and not _SECRET.fullmatch(self.secret_token):
            raise ConfigurationError("telegram.secret_token", "1 to 256 of the characters A-Z a-z 0-9 _ -")
        if not _is_address(self.api_base):
            raise ConfigurationError("telegram.api_base", "must be an http:// or https:// address")
        if not (_is_address(self.file_base) or (self.file_base.startswith("/") and not self.cloud)):
            raise ConfigurationError(
                "telegram.file_base", "must be an http:// or https:// address, or with an own server an absolute folder"
            )
        if self.file_limit < 1 or (self.cloud and self.file_limit > CLOUD_FILE_LIMIT):
            raise ConfigurationError("telegram.file_limit", f"the cloud gives files of 1 to {CLOUD_FILE_LIMIT} bytes")

    @property
    def cloud(self) -> bool:
        """Whether the Bot API is Telegram's own, not a server of the operator."""
        return urlsplit(self.api_base).hostname == CLOUD_HOST

    @property
    def bot_id(self) -> int:
        """The bot's own user id, which is the first part of its token; 0 if the token has none."""
        head = self.token.partition(":")[0]
        return int(head) if head.isdecimal() and len(head) < 19 else 0

    @property
    def hook_url(self) -> str:
        """Where Telegram must send updates; "" while the desk does not know its public address."""
        return self.public_url and self.public_url + HOOK_PATH


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        return False
