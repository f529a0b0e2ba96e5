"""Calls to WeChat's API: what came of them is a value, and neither token nor secret leaves this module."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog

from bot.channels.wechat.model import WeChatErrorCode as Code
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.tokens import NoToken, Token, Tokens
from bot.ports import Clock

log = structlog.get_logger(__name__)

ANSWER_CAP = 64 * 1024
"""Bytes of a JSON answer; WeChat's are a few hundred."""
PATIENCE = aiohttp.ClientTimeout(total=10, connect=3, sock_read=8)
"""For one call. Connecting gives up first, so that a timeout after it means that something was sent."""
TOKEN_CODES = frozenset({Code.INVALID_CREDENTIAL, Code.INVALID_ACCESS_TOKEN, Code.EXPIRED_ACCESS_TOKEN})


_RID = re.compile(r"rid: ?([\w-]{8,64})")
_IP = re.compile(r"invalid ip ([0-9a-fA-F.:]{3,45})")


@dataclass(frozen=True, slots=True)
class Said:
    """WeChat answered. ``code`` 0 is success; ``rid`` is its name for the request, for asking it what went wrong."""

    code: int
    data: Mapping[str, Any]
    rid: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request certainly had no effect: WeChat was not reached, or answered that it took nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request left and no answer came: it may have had its effect."""

    reason: str


Result = Said | NotSent | Lost | NoToken


class Api:
    """One account's API. `open` before use, `close` afterwards."""

    def __init__(self, settings: WeChatSettings, clock: Clock, patience: aiohttp.ClientTimeout = PATIENCE) -> None:
        self.base = settings.api_base
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None
        self.tokens = Tokens(settings, clock, self._ask)

    def open(self) -> None:
        """Make the connection pool; needs a running loop."""
        if self._session is None:
            # No cookies and no redirects: WeChat needs neither, and both would lead elsewhere.
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=32, keepalive_timeout=10),
            )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The connection pool. Raises RuntimeError before `open`."""
        if self._session is None:
            raise RuntimeError("the channel is not started")
        return self._session

    async def post(self, path: str, payload: Mapping[str, Any]) -> Result:
        """Post JSON with the token; a refused token is renewed once and the call made once more."""
        said: Result = NotSent("no token")
        for _ in range(2):
            token = await self.tokens.get()
            if isinstance(token, NoToken):
                return token
            said = await self._post(path, payload, token)
            if not (isinstance(said, Said) and said.code in TOKEN_CODES):
                break
            self.tokens.drop(token)
        return said

    async def upload(self, path: str, name: str, mime: str, content: bytes) -> Result:
        """Post a picture as a form in parts with the token; a refused token is renewed once."""
        said: Result = NotSent("no token")
        for _ in range(2):
            token = await self.tokens.get()
            if isinstance(token, NoToken):
                return token
            form = aiohttp.FormData()
            form.add_field("media", content, filename=name, content_type=mime)
            params = {"access_token": token.value, "type": "image"}
            said = await self._sent(path, params, form, None)
            if not (isinstance(said, Said) and said.code in TOKEN_CODES):
                break
            self.tokens.drop(token)
        return said

    async def _ask(self, path: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | NoToken:
        match await self._post(path, payload, None):
            case Said(code=0, data=data):
                return data
            case Said(code=code, data=data):
                found = _IP.search(str(data.get("errmsg", "")))
                return NoToken(code, "refused", found[1] if found else "")
            case NotSent(reason=reason) | Lost(reason=reason):
                return NoToken(0, reason)

    async def _post(self, path: str, payload: Mapping[str, Any], token: Token | None) -> Said | NotSent | Lost:
        # WeChat shows \uXXXX to people as it stands, hence ensure_ascii=False.
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        params = {"access_token": token.value} if token else None
        return await self._sent(path, params, body, {"Content-Type": "application/json; charset=utf-8"})

    async def _sent(
        self,
        path: str,
        params: Mapping[str, str] | None,
        data: bytes | aiohttp.FormData,
        headers: Mapping[str, str] | None,
    ) -> Said | NotSent | Lost:
        try:
            async with self.session.post(
                self.base + path,
                params=params,
                data=data,
                headers=headers,
                timeout=self._patience,
                allow_redirects=False,
            ) as response:
                return judged(path, response.status, await read_capped(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return NotSent("unreachable")
        except TimeoutError:
            return Lost("timeout")
        except aiohttp.ClientError:
            return Lost("connection")


async def read_capped(response: aiohttp.ClientResponse, start: bytes = b"") -> bytes:
    """The body of a short answer, at most `ANSWER_CAP` bytes of it."""
    body = bytearray(start)
    while len(body) < ANSWER_CAP and (piece := await response.content.read(ANSWER_CAP - len(body))):
        body += piece
    return bytes(body)


def judged(path: str, status: int, body: bytes) -> Said | NotSent | Lost:
    """What an answer means, before anybody looks at its error code. Logs the code and rid of an error."""
    if status >= 500:
        return Lost(f"http {status}")
    if status != 200:
        return NotSent(f"http {status}")
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        return Lost("not json")
    try:
        code = int(data.get("errcode") or 0)
    except (TypeError, ValueError):
        return Lost("no code")
    found = _RID.search(str(data.get("errmsg", "")))
    rid = found[1] if found else ""
    if code:
        # The message itself may repeat what was sent; the rid finds it at WeChat.
        log.warning("wechat.api", path=path, code=code, rid=rid)
    return Said(code, data, rid)
