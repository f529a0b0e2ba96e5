"""The whole desk: conversations of odd words, commands and buttons, through router, handlers and the real store."""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

from bot.domain.people import Address, Role
from bot.errors import Refusal, StoreError
from bot.message import InboundMessage, MessageKind, Reply
from bot.runtime.dispatcher import Dispatcher
from bot.text import clean
from bot.turn import Turn
from tests.fakes.town_hall import CHAT, Hall, town_hall
from tests.fuzz.commands import COMMANDS
from tests.fuzz.decoder import Decoder, Ready, text_of
from tests.fuzz.mutation import Grammar
from tests.fuzz.words import MATTERS, PIECES

STEPS = 4
"""So many things at most one input does."""

TICKETS = ("260304-00011", "260304-00022", "260304-00033")
_END = b"\x1e"
_LONGEST = 2000

SAID = (
    *(*MATTERS, "确认", "取消", "查询", "我的", "260304-00011 123456", "催办 260304-00011", "补充 260304-00011 又坏了"),
    *(
        "已解决 260304-00022",
        "未解决",
        "3",
        "9",
        "电话 13812345678",
        "删除我的数据",
        "附议 260304-00033",
        "人工",
        "跳过",
    ),
)
DONE = (
    *COMMANDS,
    *(
        f"{each} {TICKETS[0]}"
        for each in ("看", "接单", "进展", "问", "答复", "承诺", "退件", "延期", "转给", "提级", "不受理")
    ),
    *(
        f"{each} {TICKETS[1]} 请抓紧 +1"
        for each in ("准", "不准", "改派", "会商", "督办", "发回", "维持", "终结", "并案", "类别")
    ),
    *(
        "待办",
        "待派",
        "看板",
        "找 路灯",
        "名单",
        "邀请 经办人 张三",
        "离岗 明天",
        "抽查 20",
        "倒查 11",
        "专项",
        "显号 11",
        "撤销",
    ),
)
PRESSED = (
    *(
        f"{number}:{act}"
        for number in TICKETS
        for act in ("query", "take", "answer=1", "judge=yes", "undo=1", "words=2")
    ),
    *(
        "staff:todo",
        "staff:invite=督办员 张三",
        "staff:draft=1",
        "confirm",
        "d1:confirm",
        "t1",
        "place:xingfu",
        "kind:roads",
    ),
)
_PRESS_PIECES = re.compile(rb"[:=]|[0-9]+|[^:=0-9]+", re.S)
_PRESS_ODD = (b":", b"=", b"::", b"staff:", b"=" * 20, b"9" * 50, b"draft", b"judge", b"like", b"260304-00011:", b"-1")

_WHO = ("resident", "handler", "lead", "supervisor")
_KINDS = (MessageKind.TEXT, MessageKind.TEXT, MessageKind.PRESS, MessageKind.EDIT, MessageKind.FOLLOW)


@dataclass
class Scene:
    """A desk with staff, three tickets, and what its handlers raised lately that is no refusal."""

    hall: Hall
    loop: asyncio.AbstractEventLoop
    opened: AsyncExitStack
    folder: tempfile.TemporaryDirectory[str]
    dispatcher: Dispatcher
    broken: list[Exception]
    numbers: count[int] = field(default_factory=lambda: count(1))

    def play(self, raw: bytes) -> None:
        """Do what an input says, as one resident nobody has seen before and as staff. Raises what a handler raised."""
        self.broken.clear()
        self.loop.run_until_complete(self._play(raw))
        if self.broken:
            raise self.broken[0]

    async def _play(self, raw: bytes) -> None:
        nth = next(self.numbers)
        self.hall.clock.at += timedelta(seconds=61)
        for step, each in enumerate(raw.split(_END)[:STEPS]):
            if not each:
                continue
            who, kind = _WHO[each[0] % len(_WHO)], _KINDS[each[0] // 16 % len(_KINDS)]
            words = clean(text_of(each[1:]), _LONGEST)
            message = InboundMessage(
                address=Address("web", f"{who}-{nth}") if who == "resident" else Address("chat", who),
                key=f"k{nth}-{step}",
                kind=kind,
                at=self.hall.clock.now(),
                text="" if kind is MessageKind.PRESS else words,
                press=words[:64] if kind is MessageKind.PRESS else "",
                edits=f"k{nth}-{step - 1}" if kind is MessageKind.EDIT else "",
            )
            await self.dispatcher.take(message)

    def close(self) -> None:
        """Close the desk; its record of what was done must be whole."""
        self.loop.run_until_complete(self.opened.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()


async def _opened(folder: Path, opened: AsyncExitStack) -> tuple[Hall, Dispatcher, list[Exception]]:
    hall = await opened.enter_async_context(town_hall(folder, datetime(2026, 3, 4, 2, 0, tzinfo=UTC)))
    for name, role, unit in (("handler", Role.HANDLER, "transport"), ("lead", Role.LEAD, "transport")):
        await hall.staff(name, role, unit)
    await hall.staff("supervisor", Role.SUPERVISOR, walled=True)
    for number in TICKETS:
        await hall.filed(number, "transport")
    broken: list[Exception] = []
    desk = hall.dispatcher._desk
    answering = desk.handle

    async def handle(turn: Turn) -> Reply | None:
        try:
            return await answering(turn)
        except (Refusal, StoreError):
            raise
        except Exception as error:
            broken.append(error)
            raise

    return hall, Dispatcher(replace(desk, handle=handle, traits={**desk.traits, "web": CHAT})), broken


def dispatch_decoder() -> Ready:
    """Each input is up to four steps; the first byte of each says who does it and how."""
    loop, opened = asyncio.new_event_loop(), AsyncExitStack()
    folder = tempfile.TemporaryDirectory(prefix="minsheng-fuzz-")
    hall, dispatcher, broken = loop.run_until_complete(_opened(Path(folder.name), opened))
    scene = Scene(hall, loop, opened, folder, dispatcher, broken)
    said, done = (Grammar([each.encode() for each in words], PIECES, largest=3000) for words in (SAID, DONE))
    pressed = Grammar([each.encode() for each in PRESSED], _PRESS_PIECES, _PRESS_ODD, largest=300)

    def step(chance: Random) -> bytes:
        first = int(chance.random() * 80)
        if _KINDS[first // 16] is MessageKind.PRESS:
            words = pressed.make(chance)
        else:
            words = (said if _WHO[first % len(_WHO)] == "resident" else done).make(chance)
        return bytes((first,)) + words.replace(_END, b"")

    def make(chance: Random) -> bytes:
        return _END.join(step(chance) for _ in range(1 + int(chance.random() * STEPS)))

    return Ready(make, scene.play, (), scene.close)


DECODERS = (Decoder("dispatch", dispatch_decoder, share=0.02),)
