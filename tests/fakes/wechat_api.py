"""A small WeChat: tokens, customer-service messages, files and menus, on a real socket, behaving as told.

::

    async with FakeWeChat() as wechat:
        wechat.next("send", Fault(errcode=45009), Fault(hang=True))   # for the next calls, in order
        wechat.media["photo-1"] = File(b"...", "image/jpeg")
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one call goes wrong. ``accepted``: it has had its effect all the same, only nobody is told.

    ``errcode`` answers with an error of WeChat's, ``status`` with an HTTP one, ``hang`` with nothing until the
    caller gives up, ``reset`` with a closed connection, ``body`` with these very bytes.
    """

    errcode: int | None = None
    errmsg: str = "told to"
    status: int = 0
    hang: bool = False
    reset: bool = False
    body: bytes | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What media/get gives. ``pause`` seconds lie between the pieces; ``cut_after`` breaks off after so many bytes."""

    content: bytes
    mime: str = "application/octet-stream"
    piece: int = 64 * 1024
    pause: float = 0.0
    cut_after: int | None = None
    video: bool = False  # given as {"video_url": ...}
    video_url: str = ""  # that one instead of our own


class FakeWeChat:
    """The server. What it took stands in ``sent``, ``knocks`` (templates) and ``menus``; ``calls`` counts by name:
    token, send, template, media, menu. ``shut`` are people whose window is, ``templates`` the account's: id to field
    names."""

    app_id = "wx_test"
    app_secret = "secret_test"

    def __init__(self) -> None:
        self.url = ""
        self.sent: list[dict[str, Any]] = []
        self.pictures: list[dict[str, Any]] = []
        self.uploaded: dict[str, bytes] = {}
        self.knocks: list[dict[str, Any]] = []
        self.menus: list[dict[str, Any]] = []
        self.media: dict[str, File] = {}
        self.strangers: set[str] = set()  # people who do not follow
        self.shut: set[str] = set()  # people whose 48 hours are over
        self.templates: dict[str, tuple[str, ...]] = {}
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.forced = 0
        self.expires_in = 7200
        self.keep_alive = True
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._serial = itertools.count(1)
        self._token = f"token-{next(self._serial)}"
        self._stale: set[str] = set()
        self._released = asyncio.Event()
        self._runner: web.AppRunner | None = None

    # Told by the test

    def next(self, call: str, *faults: Fault) -> None:
        """The next calls of that name go wrong like this, in order."""
        self._faults[call].extend(faults)

    def always(self, call: str, fault: Fault | None) -> None:
        """Every call of that name goes wrong like this, until told None."""
        if fault is None:
            self._always.pop(call, None)
        else:
            self._always[call] = fault

    def expire_token(self) -> None:
        """The token has run out: calls with it get 42001, asking gives a new one."""
        self._stale.add(self._token)
        self._token = f"token-{next(self._serial)}"

    def spoil_token(self) -> None:
        """Calls with the token get 40001, yet asking gives the same one until a new one is forced."""
        self._stale.add(self._token)

    # The server

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._parting])
        app.add_routes(
            [
                web.post("/cgi-bin/stable_token", self._stable_token),
                web.post("/cgi-bin/message/custom/send", self._send),
                web.post("/cgi-bin/message/template/send", self._template),
                web.get("/cgi-bin/media/get", self._media),
                web.post("/cgi-bin/media/upload", self._upload),
                web.post("/cgi-bin/menu/create", self._menu),
                web.get("/video/{name}", self._video),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._released.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _parting(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if not self.keep_alive:
            response.force_close()
        return response

    async def _stable_token(self, request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.read())
        if (fault := self._fault("token")) is not None:
            return await self._fail(request, fault)
        if asked["appid"] != self.app_id:
            return _error(40013, "invalid appid")
        if asked["secret"] != self.app_secret:
            return _error(40125, "invalid appsecret")
        if asked["force_refresh"]:
            self.forced += 1
            self._token = f"token-{next(self._serial)}"
        return _json({"access_token": self._token, "expires_in": self.expires_in})

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self._fault("send")
        if fault is not None and not fault.accepted:
            return await self._fail(request, fault)
        if (refusal := self._unauthorised(request)) is not None:
            return refusal
        if b"\\u" in body:
            return _error(40033, "invalid request charset")
        message = json.loads(body)
        if message["touser"] in self.strangers:
            return _error(43004, "require subscribe")
        if message["touser"] in self.shut:
            return _error(45015, "response out of time limit or subscription is canceled")
        if message["msgtype"] == "image":
            if message["image"]["media_id"] not in self.uploaded:
                return _error(40007, "invalid media_id")
            self.pictures.append(message)
            return _error(0, "ok") if fault is None else await self._fail(request, fault)
        if len(message["text"]["content"].encode()) > 2048:
            return _error(45002, "content size out of limit")
        self.sent.append(message)
        return _error(0, "ok") if fault is None else await self._fail(request, fault)

    async def _template(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self._fault("template")
        if fault is not None and not fault.accepted:
            return await self._fail(request, fault)
        if (refusal := self._unauthorised(request)) is not None:
            return refusal
        message = json.loads(body)
        if message["touser"] in self.strangers:
            return _error(43004, "require subscribe")
        fields = self.templates.get(message["template_id"])
        if fields is None:
            return _error(40037, "invalid template_id")
        for name in fields:
            value = message["data"].get(name, {}).get("value", "")
            if not _fits(name, value):
                return _error(47003, f"argument invalid! data.{name}.value invalid")
        if not any(knock["client_msg_id"] == message["client_msg_id"] for knock in self.knocks):
            self.knocks.append(message)
        return _error(0, "ok") if fault is None else await self._fail(request, fault)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        if (fault := self._fault("media")) is not None:
            return await self._fail(request, fault)
        if (refusal := self._unauthorised(request)) is not None:
            return refusal
        name = request.query["media_id"]
        file = self.media.get(name)
        if file is None:
            return _error(40007, "invalid media_id")
        if file.video:
            return _json({"video_url": file.video_url or f"{self.url}/video/{name}"})
        return await self._stream(request, file)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        fault = self._fault("upload")
        if fault is not None and not fault.accepted:
            return await self._fail(request, fault)
        if (refusal := self._unauthorised(request)) is not None:
            return refusal
        if request.query.get("type") != "image":
            return _error(40004, "invalid media type")
        media = form.get("media")
        if not isinstance(media, web.FileField) or not media.filename.isascii():
            return _error(41005, "media data missing")
        content = media.file.read()
        if len(content) > 2 << 20:
            return _error(40009, "invalid image size")
        name = f"uploaded-{next(self._serial)}"
        self.uploaded[name] = content
        return _json({"type": "image", "media_id": name, "created_at": 1_772_589_600})

    async def _video(self, request: web.Request) -> web.StreamResponse:
        self.calls["video"] += 1
        return await self._stream(request, self.media[request.match_info["name"]])

    async def _menu(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if (fault := self._fault("menu")) is not None:
            return await self._fail(request, fault)
        if (refusal := self._unauthorised(request)) is not None:
            return refusal
        self.menus.append(json.loads(body))
        return _error(0, "ok")

    def _unauthorised(self, request: web.Request) -> web.Response | None:
        token = request.query.get("access_token", "")
        if token in self._stale:
            spoilt = token == self._token
            return _error(40001 if spoilt else 42001, "invalid credential" if spoilt else "access_token expired")
        return None if token == self._token else _error(40014, "invalid access_token")

    def _fault(self, call: str) -> Fault | None:
        self.calls[call] += 1
        if self._faults[call]:
            return self._faults[call].popleft()
        return self._always.get(call)

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.hang:
            await self._released.wait()
        if fault.reset or fault.hang:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.body is not None:
            return web.Response(body=fault.body, content_type="text/plain")
        if fault.status:
            return web.Response(status=fault.status, text="told to")
        return _error(fault.errcode or 0, fault.errmsg)

    async def _stream(self, request: web.Request, file: File) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": file.mime, "Content-Length": str(len(file.content))})
        await response.prepare(request)
        for start in range(0, len(file.content), file.piece):
            if file.cut_after is not None and start >= file.cut_after:
                if request.transport is not None:
                    request.transport.abort()
                break
            await response.write(file.content[start : start + file.piece])
            await asyncio.sleep(file.pause)
        return response


_FIELDS = {
    "thing": r"[^\n]{1,20}",
    "character_string": r"[\x20-\x7e]{1,32}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "time": r"\d{4}-\d\d-\d\d \d\d:\d\d",
    "date": r"\d{4}-\d\d-\d\d",
    "name": r"[\u4e00-\u9fff]{1,10}|[A-Za-z .'-]{1,20}",
    "number": r"[0-9]{1,32}",
}


def _fits(name: str, value: str) -> bool:
    """Whether the platform takes a value in a field (its page on parameter limits)."""
    return re.fullmatch(_FIELDS[name.rstrip("0123456789")], value) is not None


def _error(errcode: int, errmsg: str) -> web.Response:
    return _json({"errcode": errcode, "errmsg": f"{errmsg} rid: 6abcdef0-1234567-0badc0de"})


def _json(data: Mapping[str, Any]) -> web.Response:
    # WeChat says text/plain, whatever it sends.
    return web.Response(text=json.dumps(data, ensure_ascii=False), content_type="text/plain")
