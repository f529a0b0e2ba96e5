"""What must never be read in a log: secrets, tokens in addresses, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Telegram: the token stands in the path of every call, /bot<id>:<secret>/method and /file/bot<id>:<secret>/...
    (re.compile(r"\b\d{3,}:[A-Za-z0-9_-]{20,}"), HIDDEN),
    (re.compile(r"/bot\d+:[^/\s\"']+"), f"/bot{HIDDEN}"),
    # WeChat: access_token, secret and ticket stand in queries; so do the signatures that prove a request.
    (
        re.compile(
            r"(?i)\b(access_token|refresh_token|appsecret|app_secret|secret_token|secret|ticket|token|key|code|"
            r"signature|msg_signature|encoding_aes_key|password|cookie|authorization)"
            r"([\"']?\s*[=:]\s*[\"']?)(?!\[hidden\])[^\s&\"',;}<>]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    # Links to residents' pages and slips, and those that sign staff in: whoever has one may open it.
    (re.compile(r"/(t|slip)/[0-9A-Za-z_-]+\.[0-9A-Za-z._-]+"), rf"/\1/{HIDDEN}"),
    (re.compile(r"/staff/enter/[0-9A-Za-z-]+"), f"/staff/enter/{HIDDEN}"),
    # user:password@ in a database address
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), HIDDEN),
    # Mobile numbers of mainland China, standing alone.
    (re.compile(r"(?<![\dA-Za-z])1[3-9]\d{9}(?![\dA-Za-z])"), HIDDEN),
)

_LEAST = 6
"""Shorter secrets are not looked for: they would hide half of every line."""


class Redactor:
    """Hides what must not be read: known secrets wherever they stand, and everything that looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= _LEAST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def clean(self, text: str) -> str:
        """The text with secrets hidden."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text
