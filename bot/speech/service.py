"""A service that speaks the form of OpenAI's ``POST /v1/audio/transcriptions``, which many others and servers of one's
own speak too: a multipart form with ``file``, ``model``, ``language`` and ``response_format``, answered with
``{"text": ...}``."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
from pydantic import SecretStr

from bot.ports.hearing import Hearing, NotNow, NotThis, Words

PATH = "/v1/audio/transcriptions"
PATIENCE = 180.0
"""Seconds for one voice: a server without a graphics card takes about as long as the voice."""

ANSWER_BYTES = 1 << 20
RESTING = 600.0
"""Seconds after an answer that only the operator can mend: a wrong key, no such model, nothing paid."""

_NAMES = {"audio/mpeg": "voice.mp3"}
_LATER = frozenset({408, 409, 425, 429})
_OURS = frozenset({401, 402, 403, 404, 405})


class SpeechService:
    """Asks the service. `close` it at the end. Nothing it says or is asked is ever logged."""

    def __init__(self, url: str, key: SecretStr, model: str, language: str, patience: float = PATIENCE) -> None:
        """``url`` is what stands before ``/v1``; ``language`` a code of ISO 639-1, "" lets the service find out."""
        self._url, self._key, self._model, self._language = url.rstrip("/").removesuffix("/v1"), key, model, language
        self._timeout = aiohttp.ClientTimeout(total=patience, connect=min(10.0, patience))
        self._session: aiohttp.ClientSession | None = None

    async def hear(self, mime: str, size: int, content: AsyncIterator[bytes]) -> Hearing:
        """What is said in a sound of so many bytes. Raises what ``content`` raises."""
        body = b"".join([piece async for piece in content])
        form = aiohttp.FormData()
        form.add_field("file", body, filename=_NAMES.get(mime, "voice"), content_type=mime)
        form.add_field("model", self._model)
        if self._language:
            form.add_field("language", self._language)
        form.add_field("response_format", "json")
        key = self._key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, trust_env=False)
        try:
            async with self._session.post(
                self._url + PATH, data=form, headers=headers, allow_redirects=False
            ) as answer:
                return _heard(answer.status, answer.headers.get("Retry-After", ""), await _read(answer))
        except TimeoutError:
            return NotNow("timeout")
        except aiohttp.ClientError as error:
            return NotNow(type(error).__name__)

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The answer, as far as it is not far too long."""
    found = bytearray()
    async for piece in answer.content.iter_chunked(1 << 16):
        found += piece
        if len(found) > ANSWER_BYTES:
            break
    return bytes(found)


def _heard(status: int, retry_after: str, body: bytes) -> Hearing:
    """What an answer means."""
    if status == 200:
        with suppress(ValueError, UnicodeDecodeError, RecursionError):
            found = json.loads(body)
            if isinstance(found, dict) and isinstance(found.get("text"), str):
                return Words(found["text"].strip())
        return NotNow("unreadable")
    if status in _OURS:
        return NotNow(f"http {status}", RESTING)
    if status in _LATER or status >= 500 or status < 400:
        return NotNow(f"http {status}", float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else 0.0)
    return NotThis(f"http {status}")
