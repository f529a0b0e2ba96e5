"""How long people wait at a given pace: an open loop, so that a slow answer does not hold back the next message.

Every message has its moment; what it waits for a connection or for this program counts as waiting.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections import deque
from typing import Any

from bench.contestants import Contestant, Field
from bench.figures import median
from bench.load import CONFIRM, LoadError, complaints, sample_places, signed_query

_LAG = 200


def run(field: Field, per_second: int, seconds: int) -> dict[str, Any]:
    """p50, p99 and the longest, in ms, of the product at so many messages a second. Raises LoadError."""
    contestant = field.product()
    with contestant.process:
        contestant.check()
        asyncio.run(paced(contestant, 50, 2, "warm"))
        waited = sorted(asyncio.run(paced(contestant, per_second, seconds, "paced")))
    return {
        "per_second": per_second,
        "seconds": seconds,
        "answered": len(waited),
        "p50": median(waited, 2),
        "p99": round(waited[int(len(waited) * 0.99)], 2),
        "max": round(waited[-1], 2),
        "units": "ms",
    }


async def paced(
    contestant: Contestant, per_second: int, seconds: int, name: str, people: int | None = None
) -> list[float]:
    """How long each of so many people waited, in ms. ``name``: other people than those of another name, unless it is
    always the same ``people`` who speak."""
    wire = _Wire(contestant.load.port, contestant.load.path, name, people)
    began = time.perf_counter() + 0.2
    tasks = []
    for number in range(per_second * seconds):
        due = began + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(wire.say(number, due)))
    try:
        return await asyncio.gather(*tasks)
    finally:
        wire.close()


class _Wire:
    """Keep-alive connections, as many as are needed at once."""

    def __init__(self, port: int, path: str, name: str, people: int | None) -> None:
        self._port, self._path, self._name, self._people = port, path, name, people
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self._texts = complaints(sample_places())

    async def say(self, number: int, due: float) -> float:
        """Send one message; ms from the moment it was due until its answer was read."""
        request = self._request(number)
        free = self._free
        reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise LoadError(f"answered: {head[:60]!r}")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        await reader.readexactly(int(length))
        free.append((reader, writer))
        return (time.perf_counter() - due) * 1e3

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._free:
            writer.close()

    def _request(self, number: int) -> bytes:
        now = int(time.time())
        draft, text = number // 2, self._texts[number % len(self._texts)]
        if number % 2 and draft >= _LAG:
            draft, text = draft - _LAG, CONFIRM
        elif number % 2:
            draft += 1_000_000  # a passer-by, so that the beginning is as busy as the rest
        who, town = (draft, self._name) if self._people is None else (draft % self._people, "always")
        person = f"o{who * 7654321 % 9999999967:010d}{town:_<7}{who:010d}"
        body = (
            f"<xml><ToUserName><![CDATA[gh_bench0000001]]></ToUserName><FromUserName><![CDATA[{person}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
            f"<MsgId>77{zlib.crc32(self._name.encode())}{number:010d}</MsgId></xml>"
        ).encode()
        query = f"{signed_query(now, f'{self._name}{number}')}&openid={person}"
        head = (
            f"POST {self._path}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
