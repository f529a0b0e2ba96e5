"""Residents who complain: what each says, in order, with a word in every text that nobody else ever says."""

from __future__ import annotations

import itertools
import random
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.townfile import SAMPLE, load_town

CONFIRM = "确认"
ASK = "进度"
MARK = re.compile("标记(q[a-z]{7})")
NUMBER = re.compile(r"\d{6}-\d{5}")

_MATTERS = (
    "路灯坏了，晚上走路看不清，老人孩子都不方便",
    "垃圾桶满了没人清，味道很大",
    "人行道的地砖松了，下雨天一踩一脚泥水",
    "小区停水已经半天了，没有收到通知",
    "树枝断了，压在几辆车上面，几天没人处理",
    "流动摊贩占了盲道，希望协调一个地方给他们",
    "公交车经常等很久不来，上班总迟到",
)
_MORE = ("补充一下，邻居也这么说", "昨天也是这样", "请尽快来看看")


def marks() -> Iterator[str]:
    """Words no two of which are alike: qaaaaaaa, qaaaaaab, ..."""
    for letters in itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=7):
        yield "q" + "".join(letters)


def places() -> tuple[str, ...]:
    """Roads of the sample town."""
    return tuple(road for area in load_town(SAMPLE).areas.values() for road in area.roads)


@dataclass(slots=True, eq=False)
class Resident:
    """Somebody on a channel. ``script`` is what is still to be said."""

    channel: str
    id: str
    script: deque[str]
    said: int = 0


@dataclass(slots=True)
class Crowd:
    """Residents without end. ``telegram``: the share of them who are there and not on WeChat.

    ``name`` keeps the ids of crowds apart; ``longer`` is the chance that somebody says more than the least.
    """

    name: str
    chance: random.Random
    telegram: float = 0.3
    longer: float = 0.3
    lasting: int = 1
    _marks: Iterator[str] = field(default_factory=marks)
    _places: tuple[str, ...] = field(default_factory=places)
    _born: int = 0

    def next(self) -> Resident:
        """Somebody who has said nothing yet."""
        self._born += 1
        if self.chance.random() < self.telegram:
            channel, id_ = "telegram", str(100_000_000 + self._born)
        else:
            channel, id_ = "wechat", f"o{self.name}{self.chance.getrandbits(40):010x}{self._born:06d}"
        return Resident(channel, id_, deque(line for _ in range(self.lasting) for line in self._matter()))

    def photographer(self, number: int) -> Resident:
        """Somebody on Telegram who only sends photos."""
        return Resident("telegram", str(300_000_000 + number % 40), deque(), said=number)

    def _matter(self) -> Iterator[str]:
        where = f"{self.chance.choice(self._places)}{self.chance.randint(1, 299)}号附近"
        yield f"{where}{self.chance.choice(_MATTERS)}，标记{next(self._marks)}"
        if self.chance.random() < self.longer:
            yield f"{self.chance.choice(_MORE)}，标记{next(self._marks)}"
        yield CONFIRM
        if self.chance.random() < self.longer:
            yield ASK
