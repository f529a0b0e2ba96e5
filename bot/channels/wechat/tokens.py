"""The access token: one for the whole process, fetched by one at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.wechat.settings import WeChatSettings
from bot.ports import Clock

EARLY_SECONDS = 300
"""WeChat renews its stable token five minutes before it ends; asking then gets the next one."""
FORCE_APART_SECONDS = 30.0
FORCED_A_DAY = 18
"""WeChat allows 20 forced refreshes a day, 30 s apart (api_getstableaccesstoken); two are left for the operator."""
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Token:
    """A token in use. ``until``: monotonic seconds."""

    value: str
    until: float


@dataclass(frozen=True, slots=True)
class NoToken:
    """WeChat gave none. ``code`` is its error code, 0 when it was not reached; ``detail`` what may be shown of it."""

    code: int
    reason: str
    detail: str = ""


Ask = Callable[[str, Mapping[str, Any]], Awaitable["Mapping[str, Any] | NoToken"]]
"""Posts JSON to a path of the API, without a token, and returns the JSON answer."""


class Tokens:
    """Keeps the token of ``stable_token``, which many processes may ask for without ending each other's."""

    def __init__(self, settings: WeChatSettings, clock: Clock, ask: Ask) -> None:
        self._settings, self._clock, self._ask = settings, clock, ask
        self._token: Token | None = None
        self._rejected = ""
        self._lock = asyncio.Lock()
        self._forced: deque[float] = deque(maxlen=FORCED_A_DAY)

    async def get(self) -> Token | NoToken:
        """The token to use now. Whoever comes while it is being fetched waits for that one fetch."""
        if (token := self._valid()) is not None:
            return token
        async with self._lock:
            if (token := self._valid()) is not None:
                return token
            fresh = await self._fetch(force=False)
            if isinstance(fresh, Token) and fresh.value == self._rejected and self._may_force():
                fresh = await self._fetch(force=True)
            if isinstance(fresh, Token):
                self._token = fresh
            return fresh

    def drop(self, token: Token) -> None:
        """WeChat refused this token. If it hands out the same one again, a new one is forced, as far as allowed."""
        if self._token is not None and self._token.value == token.value:
            self._token = None
            self._rejected = token.value

    def _valid(self) -> Token | None:
        token = self._token
        return token if token is not None and self._clock.monotonic() < token.until else None

    def _may_force(self) -> bool:
        now, forced = self._clock.monotonic(), self._forced
        rested = not forced or now - forced[-1] >= FORCE_APART_SECONDS
        return rested and (len(forced) < FORCED_A_DAY or now - forced[0] >= _DAY_SECONDS)

    async def _fetch(self, *, force: bool) -> Token | NoToken:
        asked_at = self._clock.monotonic()
        if force:
            self._forced.append(asked_at)
        answer = await self._ask(
            "/cgi-bin/stable_token",
            {
                "grant_type": "client_credential",
                "appid": self._settings.app_id,
                "secret": self._settings.app_secret,
                "force_refresh": force,
            },
        )
        if isinstance(answer, NoToken):
            return answer
        value, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(lasts, int):
            return NoToken(0, "no token in the answer")
        return Token(value, asked_at + max(lasts - EARLY_SECONDS, lasts // 2))
