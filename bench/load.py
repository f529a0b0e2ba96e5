"""The load: what people say, signed as the platform signs it, and the compiled generator that sends it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.townfile import SAMPLE, load_town

CONFIRM = "确认"
PEOPLE = 20_000
CONNECTIONS = 64
TOKEN = "benchtoken"
SECRET = "bench-secret"

_SCRIPT = Path(__file__).with_name("load.lua")
_SIGNED_PER_SECOND = 8_000
_SIGNED_MOST = 400_000

# Ordinary matters only: danger phrases take another way through the desk, and rarely.
_MATTERS = (
    "路灯坏了{n}天，晚上走路看不清，老人孩子都不方便",
    "{n}号楼门口的垃圾桶满了没人清，味道很大",
    "人行道的地砖松了{n}块，下雨天一踩一脚泥水",
    "昨天夜里{n}点还在施工，声音很大，家里有人要上早班",
    "{n}单元楼道里堆满了旧家具，电动车也停在里面",
    "路口的红绿灯时间太短，绿灯只有{n}秒，过不去马路",
    "小区停水已经{n}个小时了，没有收到通知",
    "公交车经常等{n}分钟不来，上班总迟到，想请有关部门看一看",
    "绿化带里的树枝断了，压在{n}辆车上面，几天没人处理",
    "流动摊贩占了盲道，一共{n}家，希望协调一个地方给他们",
    "污水井盖破了，旁边用{n}块砖挡着，很容易绊倒人",
    "物业收了停车费，可是{n}号车位一直被别人占着，打电话没人管",
)
_TEXTS = 4_096


class LoadError(Exception):
    """The load could not be sent, or not all of it was taken."""


def wrk() -> str:
    """Where the load generator is. Raises LoadError with what to install."""
    found = shutil.which("wrk")
    if not found:
        raise LoadError("wrk, the load generator, is not installed. On Debian or Ubuntu: sudo apt-get install wrk")
    return found


def complaints(places: tuple[str, ...]) -> list[str]:
    """As many different complaints as a load needs; five in six name a place of the town."""
    chance = random.Random(20_261_122)
    told: dict[str, None] = {}
    while len(told) < _TEXTS:
        matter = chance.choice(_MATTERS).format(n=chance.randint(2, 99))
        place = chance.choice(places)
        where = f"{place}{chance.randint(1, 299)}号附近，" if chance.random() < 5 / 6 else ""
        told[f"{where}{matter}。"] = None
    return list(told)


def signed_query(at: int, nonce: str, token: str = TOKEN) -> str:
    """The query WeChat adds to a callback: ``sha1`` of token, timestamp and nonce, sorted and joined."""
    signature = hashlib.sha1("".join(sorted((token, str(at), nonce))).encode()).hexdigest()  # noqa: S324  # WeChat's rule
    return f"signature={signature}&timestamp={at}&nonce={nonce}"


def sample_places() -> tuple[str, ...]:
    """What people of the sample town call its roads, estates and landmarks."""
    areas = load_town(SAMPLE).areas.values()
    return tuple(dict.fromkeys(name for area in areas for name in (*area.roads, *area.estates, *area.landmarks)))


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of the generator measured. Times in milliseconds; ``confirms`` counts confirmations sent.

    ``refused`` answers were not 2xx or 3xx; ``broken`` connections failed or timed out.
    """

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    confirms: int
    refused: int
    broken: int
    next: tuple[int, ...]

    @property
    def rate(self) -> float:
        """Messages answered a second."""
        return self.answered / self.seconds


@dataclass(slots=True)
class Load:
    """An endless dialogue of 20,000 people with one server; every run goes on where the last one ended.

    ``lag`` is how many drafts lie between a complaint and its confirmation. ``ports``: as many as threads, where each
    thread has a server of its own.
    """

    mode: str
    port: int
    path: str
    texts: Path
    folder: Path
    lag: int
    threads: int = 1
    connections: int = CONNECTIONS
    people: int = PEOPLE
    at: tuple[int, ...] = ()
    ports: tuple[int, ...] = ()
    confirms: int = 0
    runs: int = 0
    answered: int = field(default=0)

    def run(self, seconds: int) -> Ran:
        """Send for so long. Raises LoadError when any answer was an error."""
        at = self.at or (0,) * self.threads
        host = f"127.0.0.1:{self.port}"
        command = [wrk(), f"-t{self.threads}", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "20s"]
        command += ["-s", str(_SCRIPT), f"http://{host}", "--", self.mode, host, self.path, str(self.texts)]
        command += [self._queries(seconds), SECRET, str(self.people // self.threads), str(self.lag // self.threads)]
        command += map(str, at)
        env = {**os.environ, "LOAD_PORTS": ",".join(map(str, self.ports))}
        out = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        line = next((line for line in out.stdout.splitlines() if line.startswith("RESULT ")), "")
        if out.returncode or not line:
            raise LoadError(f"wrk failed ({out.returncode}): {out.stderr or out.stdout}")
        ran = _ran(json.loads(line.removeprefix("RESULT ")))
        self.at, self.runs = ran.next, self.runs + 1
        self.confirms += ran.confirms
        self.answered += ran.answered
        if ran.refused or ran.broken or not ran.answered:
            raise LoadError(
                f"{ran.refused} answers were errors, {ran.broken} connections broke, {ran.answered} answered"
            )
        return ran

    def prime(self) -> None:
        """Warm the server up until confirmations and complaints are half and half."""
        while sum(self.at) < self.lag + self.connections:
            self.run(1)

    @property
    def uncertain(self) -> int:
        """How many tickets may be missing though nothing was lost.

        wrk makes one request per run that it never sends, to look at it. Those it cuts off at the end of a run are
        finished by every server here, as the counts show; one set of connections is allowed for all the same.
        """
        return self.runs * self.threads + self.connections

    def _queries(self, seconds: int) -> str:
        if self.mode == "telegram":
            return "-"
        now, chance = int(time.time()), random.Random(self.runs)
        name = self.folder / f"queries-{self.port}.txt"
        many = min(_SIGNED_MOST, _SIGNED_PER_SECOND * max(1, seconds))
        name.write_text("\n".join(signed_query(now, str(chance.randrange(10**8, 10**9))) for _ in range(many)) + "\n")
        return str(name)


def _ran(figures: dict[str, Any]) -> Ran:
    return Ran(**{**figures, "next": tuple(figures["next"])})


def write_texts(folder: Path, places: tuple[str, ...]) -> Path:
    """A file for the generator: the confirmation in the first line, then complaints."""
    name = folder / "texts.txt"
    name.write_text("\n".join([CONFIRM, *complaints(places)]) + "\n", encoding="utf-8")
    return name
