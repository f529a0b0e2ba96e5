"""The wire under python-telegram-bot: aiohttp, at a tenth of the cost of the library's own client.

Imported only when the bot is configured, because ``import telegram`` takes a third of a second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import msgspec
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 20.0
# Idle connections are given back before the server closes them: a request sent on a dying one has an unclear fate.
_KEEPALIVE_SECONDS = 15.0
_JSON = {"Content-Type": "application/json"}  # Chinese in a form costs nine bytes and much work a character


class NotSentError(NetworkError):
    """The request certainly did not reach the server: no name, no connection, no free connection."""


class ServerFaultError(NetworkError):
    """The server said 5xx: it may or may not have done what was asked."""


class FloodedError(TelegramError):
    """429: nothing more for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too Many Requests: retry after {seconds:g}")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters that are JSON already, in the place of the library's (final) `RequestData`.

    Its own would take each value apart and put it together again.
    """

    parameters: dict[str, Any]
    contains_files: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """Parameters, and a picture that goes with them, as a form in parts."""

    parameters: dict[str, Any]
    name: str
    mime: str
    content: bytes
    contains_files: bool = True

    def form(self) -> aiohttp.FormData:
        """It as it goes over the wire: what is no text stands there as JSON."""
        form = aiohttp.FormData()
        for key, value in self.parameters.items():
            form.add_field(key, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        form.add_field("photo", self.content, filename=self.name, content_type=self.mime)
        return form


class AiohttpRequest(BaseRequest):
    """Sends the library's requests through one aiohttp session. No error it raises holds the bot's token.

    ``trust_env``: go through the proxy that the environment names.
    """

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session. Raises NotSentError before `initialize` and after `shutdown`."""
        if self._session is None:
            raise NotSentError("the channel is closed")
        return self._session

    @property
    def read_timeout(self) -> float:
        return _READ_SECONDS

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=_KEEPALIVE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=self._trust_env,
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and body of the answer. What stands behind a "?" travels in the body, like all parameters.

        Raises NotSentError, FloodedError, ServerFaultError, TimedOut or NetworkError.
        """
        url, _, query = url.partition("?")
        data: bytes | aiohttp.FormData
        if isinstance(request_data, Upload):
            data, headers = request_data.form(), None
        else:
            asked = request_data.parameters if request_data is not None else dict(parse_qsl(query))
            data, headers = msgspec.json.encode(asked), _JSON
        reading = read_timeout if isinstance(read_timeout, int | float) else _READ_SECONDS
        timeout = aiohttp.ClientTimeout(total=reading + _CONNECT_SECONDS, connect=_CONNECT_SECONDS, sock_read=reading)
        try:
            async with self.session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSentError(type(error).__name__) from None
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None
        if status == 429:
            raise FloodedError(self._retry_after(body))
        if status >= 500:
            raise ServerFaultError(f"HTTP {status}")
        return status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The object the server answered. Raises TelegramError for anything else, without showing it."""
        try:
            answer = msgspec.json.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            try:
                answer = json.loads(payload.decode("utf-8", "replace"))
            except (ValueError, RecursionError):
                answer = None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer

    @classmethod
    def _retry_after(cls, payload: bytes) -> float:
        """Seconds; a few when a proxy on the way said 429 in its own words."""
        try:
            parameters = cls.parse_json_payload(payload).get("parameters")
        except TelegramError:
            parameters = None
        seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
        return float(seconds) if isinstance(seconds, int | float) and 0 < seconds < 1e6 else 5.0
