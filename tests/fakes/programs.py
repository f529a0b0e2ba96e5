"""Programs that use the desk: their keys, and one that listens to webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.api_settings import KeySection, Open311Section

APP, OTHER, READER = "an-app-key", "another-key", "a-reader-key"
"""The keys of two programs that file, and of one that only reads."""

WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes or more").decode()


def _key(secret: str, *rights: str, per_minute: int = 1000) -> KeySection:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return KeySection.model_validate({"digest": digest, "rights": rights, "per_minute": per_minute})


PROGRAMS = Open311Section(
    enabled=True,
    jurisdiction_id="town.example",
    contact="desk@town.example",
    reads_per_minute=1000,
    keys={
        "app": _key(APP, "read", "file", "update"),
        "other": _key(OTHER, "read", "file", "update", per_minute=3),
        "reader": _key(READER, "read"),
    },
)


@dataclass
class Listener:
    """A program at an address. It answers ``statuses`` in order, then 200; it checks every signature itself."""

    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    elsewhere: int = 0
    url: str = ""
    _server: TestServer | None = None

    async def __aenter__(self) -> Listener:
        app = web.Application()
        app.add_routes([web.post("/hook", self._hear), web.route("*", "/elsewhere", self._elsewhere)])
        self._server = TestServer(app)
        await self._server.start_server()
        self.url = str(self._server.make_url("/hook"))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._server is not None
        await self._server.close()

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()

    async def _hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        id_, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
        signed = hmac.new(key, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
        assert request.headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
        self.ids.append(id_)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.heard.append(json.loads(body))
        return web.Response(status=status, headers=self.headers)
