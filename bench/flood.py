"""What one person who sends thousands of messages costs everybody else.

Other people write at a steady pace (open loop, as in ``latency``), by turns alone and beside one person whose messages
come as fast as they are taken, on many connections at once, from a process of its own. Between the rounds the desk
gives its turns to what it put by, which is waited for.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from bench.contestants import ROOT, Contestant, Field
from bench.figures import median, ratio
from bench.latency import paced
from bench.load import LoadError, signed_query

FLOODER = "oFlooder00000000000000000001"
CONNECTIONS = 64
WANTED = 1.2
"""The p99 of the others beside the flood is to be at most so many times theirs without it."""

_CALM_SECONDS = 900.0


def steps(rounds: int) -> int:
    """Steps of the progress bar."""
    return rounds * 2 + 1


def run(
    field: Field, per_second: int, seconds: int, rounds: int, messages: int, step: Callable[[str], None]
) -> dict[str, Any]:
    """p50 and p99 of the others in ms, alone and beside the flood, and how the two compare. Raises LoadError.

    ``messages`` of the flooder are shared by the rounds; a round may take longer than ``seconds`` for them.
    ``p99_spread_alone`` says how much of a difference between rounds is the machine's.
    """
    contestant = field.product()
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    cores: list[float] = []
    cores_flood: list[float] = []
    sent = 0
    flooded = 0.0
    with contestant.process:
        contestant.check()
        asyncio.run(paced(contestant, 50, 2, "warm"))
        for number in range(rounds):
            step("alone")
            used = _Used(contestant)
            alone.append(sorted(asyncio.run(paced(contestant, per_second, seconds, f"a{number}"))))
            cores.append(used.cores())
            step("beside a flood")
            done, took, waited, used_then = _beside(contestant, per_second, seconds, messages // rounds, number)
            cores_flood.append(used_then)
            sent, flooded = sent + done, flooded + took
            beside.append(sorted(waited))
            _calm(contestant, sent)
        step("counting")
    p50, p99 = [[_at(waited, share) for waited in alone] for share in (0.5, 0.99)]
    p50_flood, p99_flood = [[_at(waited, share) for waited in beside] for share in (0.5, 0.99)]
    return {
        "per_second": per_second,
        "seconds": seconds,
        "rounds": rounds,
        "flood": sent,
        "flood_rate": round(sent / flooded),
        "flood_connections": CONNECTIONS,
        "p50": median(p50, 2),
        "p99": median(p99, 2),
        "p50_flood": median(p50_flood, 2),
        "p99_flood": median(p99_flood, 2),
        "p50_ratio": ratio(p50_flood, p50),
        "p99_ratio": ratio(p99_flood, p99),
        "p99_of_rounds": [[round(a, 2), round(b, 2)] for a, b in zip(p99, p99_flood, strict=True)],
        "p99_spread_alone": round(max(p99) / min(p99), 2),
        "cores": median(cores, 2),
        "cores_flood": median(cores_flood, 2),
        "wanted": WANTED,
        "units": {"p50": "ms", "p99": "ms", "flood_rate": "messages/s"},
    }


class _Used:
    """How much of a processor the server uses from now on."""

    def __init__(self, contestant: Contestant) -> None:
        self._process = contestant.process
        self._cpu, self._at = self._process.cpu_seconds(), time.perf_counter()

    def cores(self) -> float:
        """Cores in use, 1.0 for one of them."""
        return (self._process.cpu_seconds() - self._cpu) / (time.perf_counter() - self._at)


def _beside(
    contestant: Contestant, per_second: int, seconds: int, messages: int, number: int
) -> tuple[int, float, list[float], float]:
    """How many the flooder had acknowledged, in how many seconds, how long the others waited meanwhile, and how many
    cores the server used."""
    load = contestant.load
    command = [sys.executable, "-m", "bench.flood", str(load.port), load.path, str(messages), str(number)]
    pipe = subprocess.PIPE
    flooder = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert flooder.stdin is not None  # pipes were asked for
    assert flooder.stdout is not None
    waited: list[float] = []
    part = 0
    try:
        flooder.stdout.readline()  # its own start is no part of the flood
        flooder.stdin.write("go\n")
        flooder.stdin.flush()
        used = _Used(contestant)
        while flooder.poll() is None:
            waited += asyncio.run(paced(contestant, per_second, seconds, f"b{number}{part:02}"))
            part += 1
        cores = used.cores()
        out, error = flooder.communicate(timeout=60)
    finally:
        flooder.kill()
    if flooder.returncode:
        raise LoadError(f"the flooder failed: {error[-500:]}")
    found = json.loads(out)
    return found["done"], found["took"], waited, cores


def _at(waited: list[float], share: float) -> float:
    return waited[min(len(waited) - 1, int(len(waited) * share))]


def _calm(contestant: Contestant, sent: int) -> None:
    """Wait until all that was acknowledged has had its turn. Raises LoadError when some of it never has."""
    until = time.monotonic() + _CALM_SECONDS
    while (kept := _kept(contestant)) < sent or _count(contestant, "SELECT count(*) FROM put_by"):
        if time.monotonic() > until:
            raise LoadError(f"{sent} messages of the flooder were acknowledged, {kept} had their turn")
        time.sleep(0.5)
    if kept != sent:
        raise LoadError(f"{sent} messages of the flooder were acknowledged, yet {kept} are stored")


def _kept(contestant: Contestant) -> int:
    return _count(contestant, f"SELECT count(*) FROM inbox WHERE address = 'wechat:{FLOODER}'")  # noqa: S608  # our own name


def _count(contestant: Contestant, sql: str) -> int:
    with closing(sqlite3.connect(f"file:{contestant.database()}?mode=ro", uri=True)) as database:
        return int(database.execute(sql).fetchone()[0])


# -- the flooder, in a process of its own --------------------------------------------------------------------------


async def _flood(port: int, path: str, messages: int, number: int) -> tuple[int, float]:
    """Send so many as fast as they are taken; how many were, and in how many seconds."""
    left = iter(range(messages))
    began = time.perf_counter()
    done = sum(await asyncio.gather(*(_one(port, path, number, left) for _ in range(CONNECTIONS))))
    return done, time.perf_counter() - began


async def _one(port: int, path: str, number: int, left: Any) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    for count in left:
        writer.write(_request(port, path, number, count))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise LoadError(f"answered: {head[:60]!r}")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        await reader.readexactly(int(length))
        done += 1
    writer.close()
    return done


def _request(port: int, path: str, number: int, count: int) -> bytes:
    now = int(time.time())
    body = (
        f"<xml><ToUserName><![CDATA[gh_bench0000001]]></ToUserName><FromUserName><![CDATA[{FLOODER}]]></FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[第{count}次，楼下的路灯坏了，没有人来修，晚上看不清路。]]></Content>"
        f"<MsgId>88{number:03d}{count:010d}</MsgId></xml>"
    ).encode()
    query = f"{signed_query(now, f'f{number}x{count}')}&openid={FLOODER}"
    head = (
        f"POST {path}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    _port, _path, _messages, _number = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    _done, _took = asyncio.run(_flood(int(_port), _path, int(_messages), int(_number)))
    print(json.dumps({"done": _done, "took": _took}))
