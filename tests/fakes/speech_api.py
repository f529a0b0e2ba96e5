"""A small speech service: it hears nothing, and says what it is told to.

::

    async with FakeSpeech() as speech:
        speech.hears("the street lamp is broken")
        speech.next(503, 429)      # how the next calls go wrong, in order
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Asked:
    """What it was asked: the sound, and the fields of the form."""

    content: bytes
    name: str
    mime: str
    fields: dict[str, str]
    authorization: str


class FakeSpeech:
    """The server. While it is told nothing it is away (503), as where no service is set up. ``asked`` is what came."""

    key = "sk-fake-speech"

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.url = ""
        self._words: str | None = None
        self._faults: deque[int] = deque()
        self._body: bytes | None = None
        self._hang = False
        self._runner: web.AppRunner | None = None

    def hears(self, words: str | None) -> None:
        """Say this from now on; None: be away."""
        self._words = words

    def answers(self, body: bytes | None) -> None:
        """Answer with these very bytes; None: as usual."""
        self._body = body

    def hangs(self, *, hangs: bool) -> None:
        """Answer nothing until the caller gives up."""
        self._hang = hangs

    def next(self, *statuses: int) -> None:
        """Go wrong so, in this order."""
        self._faults.extend(statuses)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        if self._words is None and not self._faults and self._body is None and not self._hang:
            await request.read()
            return web.Response(status=503)
        posted = await request.post()
        file = posted["file"]
        assert isinstance(file, web.FileField)
        fields = {name: value for name, value in posted.items() if isinstance(value, str)}
        content = file.file.read()
        file.file.close()
        auth = request.headers.get("Authorization", "")
        self.asked.append(Asked(content, file.filename, file.content_type, fields, auth))
        if self._hang:
            await asyncio.sleep(30)
        if self._faults:
            return web.json_response({"error": {"message": "told to"}}, status=self._faults.popleft())
        if auth != f"Bearer {self.key}":
            return web.json_response({"error": {"message": "Incorrect API key provided"}}, status=401)
        if self._body is not None:
            return web.Response(body=self._body, content_type="application/json")
        return web.json_response({"text": f" {self._words} "})
