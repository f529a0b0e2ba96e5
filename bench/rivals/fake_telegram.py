"""Just enough of Telegram's Bot API for a load test: it takes every call, counts it and says what was last sent.

Written on a bare `asyncio.Protocol`, because it shares two cores with what is being measured: about a tenth of what an
aiohttp server would cost. ``GET /count`` answers ``{"sent": N, "last": {chat: text}}`` for chats that are probed. With
``--limit N`` it takes N messages a second, at most N at once, and answers 429 to what comes faster.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from urllib.parse import parse_qs

PROBED = b"777"
"""Chats whose id begins so are remembered with what they were last told."""


_SENT = (
    b'{"ok":true,"result":{"message_id":%d,"date":%d,"chat":{"id":1,"type":"private","first_name":"Bench"},"text":"."}}'
)
_TOO_FAST = (
    b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}'
)
_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class FakeTelegram:
    """What all connections share."""

    def __init__(self, limit: int = 0) -> None:
        """``limit``: messages a second; 0 for any number."""
        self.sent = 0
        self.calls = 0
        self.refused = 0
        self._limit, self._left, self._at = limit, float(limit), time.monotonic()
        self.last: dict[str, str] = {}

    def answer(self, method: str, body: bytes) -> bytes:
        """The JSON that the real server would send, as far as clients look at it."""
        if method == "count":
            counted = {"sent": self.sent, "calls": self.calls, "refused": self.refused, "last": self.last}
            return json.dumps(counted | {"at": time.monotonic()}).encode()
        self.calls += 1
        if method == "getMe":
            return b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Desk","username":"desk_bot"}}'
        if not method.startswith("send") and not method.startswith("edit"):
            return b'{"ok":true,"result":true}'
        if method.startswith("send"):
            if self._limit and not self._room():
                self.refused += 1
                return _TOO_FAST
            self.sent += 1
        if PROBED in body:
            self._remember(body)
        return _SENT % (self.sent, time.time())

    def _room(self) -> bool:
        now = time.monotonic()
        self._left = min(self._limit, self._left + (now - self._at) * self._limit)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def _remember(self, body: bytes) -> None:
        if body.startswith(b"{"):
            told = json.loads(body)
            chat, text = str(told.get("chat_id", "")), str(told.get("text", ""))
        elif body.startswith(b"--"):  # multipart: each part is headers, blank line, value
            parts = dict(_parts(body))
            chat, text = parts.get("chat_id", ""), parts.get("text", "")
        else:
            form = parse_qs(body.decode())
            chat, text = form.get("chat_id", [""])[0], form.get("text", [""])[0]
        if chat.startswith(PROBED.decode()):
            self.last[chat] = text


def _parts(body: bytes) -> list[tuple[str, str]]:
    boundary = body.split(b"\r\n", 1)[0]
    found = []
    for part in body.split(boundary)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0]
        found.append((name.decode(), value.removesuffix(b"\r\n").decode()))
    return found


class _Connection(asyncio.Protocol):
    def __init__(self, desk: FakeTelegram) -> None:
        self._desk = desk
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            rest = self._buffer[end + 4 :]
            if b"transfer-encoding: chunked" in head:
                body, rest, whole = _unchunk(rest)
                if not whole:
                    return
            else:
                _, found, length = head.partition(b"content-length:")
                size = int(length.split(b"\r\n", 1)[0]) if found else 0
                if len(rest) < size:
                    return
                body, rest = rest[:size], rest[size:]
            path = self._buffer[:end].split(b" ", 2)[1].split(b"?", 1)[0]
            self._buffer = rest
            answer = self._desk.answer(path.rsplit(b"/", 1)[1].decode(), body)
            assert self._transport is not None
            status = b"429 Too Many Requests" if answer is _TOO_FAST else b"200 OK"
            self._transport.write(_HEAD % (status, len(answer)) + answer)


def _unchunk(data: bytes) -> tuple[bytes, bytes, bool]:
    """The body, what follows it, and whether it is all there."""
    body = b""
    while b"\r\n" in data:
        size, _, data = data.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if len(data) < length + 2:
            break
        body, data = body + data[:length], data[length + 2 :]
        if not length:
            return body, data, True
    return b"", b"", False


async def _serve(port: int, limit: int) -> None:
    desk = FakeTelegram(limit)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(desk), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Serve until told to stop."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--limit", type=int, default=0, help="messages a second; 0 for any number")
    given = options.parse_args()
    asyncio.run(_serve(given.port, given.limit))


if __name__ == "__main__":
    main()
