"""A Bot API server of our own on loopback: it keeps what it accepted, and misbehaves when told to.

async with FakeTelegram() as telegram:
    telegram.script("sendMessage", flood(3), fault(502))
    ... point the desk at telegram.base ...
    assert telegram.texts(42) == ["…"]
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, web

from tests.fakes.telegram_updates import BOT, BOT_ID, Update

TOKEN = f"{BOT_ID}:AAFakeTokenOfTheDeskForTests-0123456789"
SECRET = "loopback-Secret_1"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One scripted misbehaviour. ``accept``: do what is asked before misbehaving. ``how``: answer, hang or reset."""

    how: str = "answer"
    status: int = 200
    description: str = ""
    parameters: Params = field(default_factory=dict)
    accept: bool = False


def flood(seconds: int) -> Step:
    """429, come back in so many seconds."""
    return Step("answer", 429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def fault(status: int, *, accept: bool = False) -> Step:
    """A fault of the server, before or after doing what was asked."""
    return Step("answer", status, "Internal Server Error", accept=accept)


def refusal(status: int, description: str) -> Step:
    """A well-formed no."""
    return Step("answer", status, description)


def hang(*, accept: bool = True) -> Step:
    """No answer for as long as the server lives."""
    return Step("hang", accept=accept)


def reset(*, accept: bool = True) -> Step:
    """The connection is cut, by default after doing what was asked."""
    return Step("reset", accept=accept)


def garbage() -> Step:
    """Done, but the answer is not JSON."""
    return Step("garbage", accept=True)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that came in."""

    method: str
    params: Params


@dataclass(slots=True)
class StoredFile:
    """A file that can be fetched. ``pause``: seconds before each piece. ``claimed``: what getFile says of its size."""

    content: bytes
    path: str
    pause: float = 0.0
    claimed: int | None = None
    break_off: bool = False


class Refused(Exception):  # an answer of the server, not an error of the test
    """The server's no."""

    def __init__(self, status: int, description: str, parameters: Params | None = None) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters or {}


class FakeTelegram:
    """The server. ``calls`` is all that came in, ``accepted`` what it did, both in order.

    ``blocked``, ``unknown``: chats that refuse or do not exist. ``migrated``: old chat to new. ``late``: callback ids
    that are too old. ``files``: by file_id. ``commands``: by (scope, language).
    """

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.calls: list[Call] = []
        self.accepted: list[Call] = []
        self.blocked: set[int] = set()
        self.unknown: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.late: set[str] = set()
        self.frozen: set[int] = set()
        self.files: dict[str, StoredFile] = {}
        self.messages: dict[tuple[int, int], Params] = {}
        self.commands: dict[tuple[str, str], list[Params]] = {}
        self.hook: Params = {}
        self.hook_error = ""
        self.base = ""
        self._script: dict[str, deque[Step]] = defaultdict(deque)
        self._updates: list[Update] = []
        self._news = asyncio.Event()
        self._called = asyncio.Event()
        self._ids = count(1001)
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/file/bot{token}/{path:.*}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._method)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = "http://{}:{}".format(*self._runner.addresses[0][:2])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def script(self, method: str, *steps: Step) -> None:
        """The next calls of a method go like this, one step each."""
        self._script[method].extend(steps)

    def sent(self, method: str = "sendMessage") -> list[Params]:
        """What was accepted of a method, in order."""
        return [call.params for call in self.accepted if call.method == method]

    def texts(self, chat: int) -> list[str]:
        """The words sent to a chat, in order (edits not counted)."""
        return [sent["text"] for sent in self.sent() if int(sent["chat_id"]) == chat]

    async def called(self, method: str, times: int = 1) -> None:
        """Return when a method was called so often. Raises TimeoutError when that does not happen."""
        async with asyncio.timeout(20):
            while sum(call.method == method for call in self.calls) < times:
                self._called.clear()
                await self._called.wait()

    def file(self, file_id: str, content: bytes, path: str = "", **how: Any) -> None:
        """Let a file be fetched."""
        self.files[file_id] = StoredFile(content, path or f"documents/{file_id}.bin", **how)

    def happen(self, *updates: Update) -> None:
        """Let updates wait for getUpdates."""
        self._updates.extend(updates)
        self._news.set()

    @property
    def waiting(self) -> list[Update]:
        """Updates that nobody has confirmed yet."""
        return list(self._updates)

    async def post(self, url: str, update: Update | bytes, secret: str | None = SECRET) -> int:
        """Call a webhook as Telegram does; the status of its answer."""
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        headers = {"Content-Type": "application/json"} | ({} if secret is None else {SECRET_HEADER: secret})
        async with ClientSession() as session, session.post(url, data=BytesIO(body), headers=headers) as response:
            return response.status

    async def _method(self, request: web.Request) -> web.StreamResponse:
        method, params = request.match_info["method"], await _params(request)
        self.calls.append(Call(method, params))
        self._called.set()
        if request.match_info["token"] != self.token:
            return _no(Refused(401, "Unauthorized"))
        steps = self._script[method]
        step = steps.popleft() if steps else None
        if step is None or step.accept:
            try:
                result = await self._do(method, params)
            except Refused as no:
                return _no(no)
            if step is None:
                return web.json_response({"ok": True, "result": result})
        match step.how:
            case "hang":
                await self._closing.wait()
                return web.Response(status=504)
            case "reset":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "garbage":
                return web.Response(text="<html>")
            case _:
                return _no(Refused(step.status, step.description, step.parameters))

    async def _do(self, method: str, params: Params) -> Any:
        handler: Callable[[Params], Awaitable[Any]] | None = getattr(self, f"_do_{method}", None)
        if handler is None:
            raise Refused(404, "Not Found: method not found")
        result = await handler(params)
        if method != "getUpdates":
            self.accepted.append(Call(method, params))
        return result

    def _chat(self, params: Params) -> int:
        chat = int(params.get("chat_id", 0))
        if chat in self.migrated:
            new = self.migrated[chat]
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": new})
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat in self.unknown or not chat:
            raise Refused(400, "Bad Request: chat not found")
        return chat

    def _message(self, chat: int, number: int, text: str) -> Params:
        kind = "private" if chat > 0 else "supergroup"
        return {
            "message_id": number,
            "from": BOT,
            "chat": {"id": chat, "type": kind, "first_name": "x"},
            "date": 1_772_589_600,
            "text": text,
        }

    def _written(self, params: Params) -> Params:
        text = params.get("text", "")
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise Refused(400, "Bad Request: message is too long")
        for row in params.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
                    raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        return {"text": text, "reply_markup": params.get("reply_markup")}

    async def _do_getMe(self, _: Params) -> Any:  # noqa: N802  # the method's name
        return BOT | {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    async def _do_sendMessage(self, params: Params) -> Any:  # noqa: N802  # the method's name
        chat, content = self._chat(params), self._written(params)
        number = next(self._ids)
        self.messages[chat, number] = content
        return self._message(chat, number, content["text"])

    async def _do_sendPhoto(self, params: Params) -> Any:  # noqa: N802  # the method's name
        chat, content = self._chat(params), params.get("photo", b"")
        size = _png_size(content)
        if size is None:
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if sum(size) > 10_000 or max(size) > 20 * min(size):
            raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        caption = params.get("caption", "")
        if len(caption.encode("utf-16-le")) // 2 > 1024:
            raise Refused(400, "Bad Request: message caption is too long")
        sent = self._message(chat, next(self._ids), "") | {"caption": caption, "photo": [{"file_id": "p"}]}
        del sent["text"]
        return sent

    async def _do_editMessageText(self, params: Params) -> Any:  # noqa: N802  # the method's name
        chat, number, content = self._chat(params), int(params["message_id"]), self._written(params)
        if (chat, number) not in self.messages:
            raise Refused(400, "Bad Request: message to edit not found")
        if number in self.frozen:
            raise Refused(400, "Bad Request: message can't be edited")
        if self.messages[chat, number] == content:
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the"
                " same as a current content and reply markup of the message",
            )
        self.messages[chat, number] = content
        return self._message(chat, number, content["text"])

    async def _do_answerCallbackQuery(self, params: Params) -> Any:  # noqa: N802  # the method's name
        if params["callback_query_id"] in self.late:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    async def _do_sendChatAction(self, params: Params) -> Any:  # noqa: N802  # the method's name
        self._chat(params)
        return True

    async def _do_getFile(self, params: Params) -> Any:  # noqa: N802  # the method's name
        file = self.files.get(params["file_id"])
        if file is None:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(file.content) if file.claimed is None else file.claimed
        if size > 20 << 20 and not file.path.startswith("/"):
            raise Refused(400, "Bad Request: file is too big")
        return {
            "file_id": params["file_id"],
            "file_unique_id": f"q{params['file_id']}",
            "file_size": size,
            "file_path": file.path,
        }

    async def _do_setWebhook(self, params: Params) -> Any:  # noqa: N802  # the method's name
        self.hook = params
        return True

    async def _do_deleteWebhook(self, params: Params) -> Any:  # noqa: N802  # the method's name
        self.hook = {}
        if str(params.get("drop_pending_updates", "")).lower() == "true":
            self._updates.clear()
        return True

    async def _do_getWebhookInfo(self, _: Params) -> Any:  # noqa: N802  # the method's name
        info = {
            "url": self.hook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }
        if self.hook_error:
            info |= {"last_error_date": 1_772_589_600, "last_error_message": self.hook_error}
        return info

    async def _do_setMyCommands(self, params: Params) -> Any:  # noqa: N802  # the method's name
        scope = params.get("scope", {}).get("type", "default")
        self.commands[scope, params.get("language_code", "")] = params["commands"]
        return True

    async def _do_getUpdates(self, params: Params) -> Any:  # noqa: N802  # the method's name
        if self.hook.get("url"):
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the"
                " webhook first",
            )
        offset = int(params.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates and int(params.get("timeout", 0)):
            self._news.clear()
            closing = asyncio.ensure_future(self._closing.wait())
            news = asyncio.ensure_future(self._news.wait())
            await asyncio.wait((closing, news), timeout=float(params["timeout"]), return_when=asyncio.FIRST_COMPLETED)
            closing.cancel()
            news.cancel()
        return self._updates[: int(params.get("limit", 100))]

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.calls.append(Call("download", {"path": path}))
        file = next((file for file in self.files.values() if file.path == path), None)
        if file is None or request.match_info["token"] != self.token:
            return web.Response(status=404)
        response = web.StreamResponse()
        response.content_length = len(file.content)
        await response.prepare(request)
        for start in range(0, len(file.content), 64 << 10):
            await asyncio.sleep(file.pause)
            await response.write(file.content[start : start + (64 << 10)])
            if file.break_off:
                assert request.transport is not None
                request.transport.abort()
                return response
        return response


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height; None for what is no PNG."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return None
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


async def _params(request: web.Request) -> Params:
    """What was asked, whichever way it was written: address, form, multipart or JSON."""
    params: Params = dict(request.query)
    if request.content_type == "application/json":
        params |= await request.json()
    else:
        for name, value in (await request.post()).items():
            params[name] = value.file.read() if isinstance(value, web.FileField) else value
    for name in ("reply_markup", "commands", "scope", "allowed_updates", "link_preview_options"):
        if isinstance(params.get(name), str):
            params[name] = json.loads(params[name])
    return params


def _no(no: Refused) -> web.Response:
    body: Params = {"ok": False, "error_code": no.status, "description": no.description}
    if no.parameters:
        body["parameters"] = no.parameters
    return web.json_response(body, status=no.status)
