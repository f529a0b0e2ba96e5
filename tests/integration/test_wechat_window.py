"""The whole way of a push on WeChat: window, template, kept for the next contact, told in one digest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

from bot.changes import Changes
from bot.channels.wechat.channel import WeChat
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.templates import Template, Templates
from bot.domain.people import Address, Role
from bot.message import KNOCKED, Brief, InboundMessage, MessageKind, Push, Reply
from bot.runtime.metrics import Metrics
from bot.runtime.push_sender import PushSender
from tests.fakes.newsroom import NUMBER, Newsroom, newsroom
from tests.fakes.wechat_api import FakeWeChat
from tests.fakes.wechat_requests import AES_KEY, OPENID, TOKEN

TEMPLATE = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
FIELDS = {"character_string1": "number", "thing2": "title", "thing3": "remark", "time4": "time"}
WANG = Address("wechat", OPENID)


@dataclass
class Account:
    """A desk with one Official Account, and the WeChat it talks with."""

    room: Newsroom
    wechat: FakeWeChat
    sender: PushSender
    serial: Iterator[int] = field(default_factory=count)

    async def settle(self) -> None:
        """Fire and send what is due."""
        for _ in range(5):
            await self.room.tick()
            await self.sender.once()
            await self.sender.drain(5)

    async def wait(self, span: timedelta) -> None:
        await self.room.wait(span)
        await self.settle()

    async def hears(self, text: str) -> str:
        """What is answered to words from the phone."""
        at = self.room.clock.now()
        message = InboundMessage(address=WANG, key=str(next(self.serial)), kind=MessageKind.TEXT, at=at, text=text)
        answer = await self.room.dispatcher.take(message)
        return answer.reply.text if answer.reply else ""

    async def state(self, key: str) -> tuple[str, str]:
        found = await self.room.store.reader.push_state(key)
        return (found.state, found.reason) if found else ("", "")


@asynccontextmanager
async def account(folder: Path, *, templates: bool) -> AsyncIterator[Account]:
    async with AsyncExitStack() as stack:
        wechat = await stack.enter_async_context(FakeWeChat())
        wechat.templates[TEMPLATE] = tuple(FIELDS)
        named = {name: Template(name, TEMPLATE, FIELDS) for name in ("news", "work")} if templates else {}
        settings = WeChatSettings(
            app_id=wechat.app_id,
            app_secret=wechat.app_secret,
            token=TOKEN,
            encoding_aes_key=AES_KEY,
            api_base=wechat.url,
            customer_service=True,
            templates=Templates(named),
        )
        room = await stack.enter_async_context(newsroom(folder))
        channel = WeChat(settings, room.clock)
        room.desk.traits["wechat"] = channel.traits  # type: ignore[index]  # a dict, though nobody need know
        await channel.start()
        stack.push_async_callback(channel.stop)

        async def gone(_: Address) -> None:
            raise AssertionError("nobody is gone here")

        yield Account(room, wechat, PushSender(channel, room.store, room.clock, Metrics(), gone, asyncio.Event()))


async def test_within_the_window_staff_read_the_news_and_what_to_type(tmp_path: Path) -> None:
    async with account(tmp_path, templates=True) as desk:
        await desk.room.hire("wang", addresses=(WANG,))
        await desk.hears("帮助")
        await desk.room.file()
        await desk.room.news("staff:wang")
        await desk.settle()
        (sent,) = desk.wechat.sent
        assert f"接单 {NUMBER}" in sent["text"]["content"].splitlines()
        assert desk.wechat.knocks == []


async def test_after_it_a_template_knocks_nothing_climbs_and_the_whole_is_told_at_the_next_contact(
    tmp_path: Path,
) -> None:
    async with account(tmp_path, templates=True) as desk:
        await desk.room.hire("wang", addresses=(WANG,))
        await desk.room.hire("lead", Role.LEAD)
        await desk.hears("帮助")
        await desk.wait(timedelta(hours=48, minutes=1))
        await desk.room.file()
        await desk.room.news("staff:wang")
        await desk.settle()
        assert desk.wechat.sent == []
        assert await desk.state("fold:staff:wang:1") == ("kept", KNOCKED)
        (knock,) = desk.wechat.knocks
        assert knock["data"]["character_string1"]["value"] == NUMBER
        await desk.wait(timedelta(hours=1))
        assert await desk.room.outbox() == []
        said = await desk.hears("帮助")
        assert f"新工单 {NUMBER}" in said
        assert f"接单 {NUMBER}" in said.splitlines()
        assert await desk.state("fold:staff:wang:1") == ("told", KNOCKED)


async def test_without_a_template_it_climbs_to_the_lead(tmp_path: Path) -> None:
    async with account(tmp_path, templates=False) as desk:
        await desk.room.hire("wang", addresses=(WANG,))
        await desk.room.hire("lead", Role.LEAD)
        await desk.hears("帮助")
        await desk.wait(timedelta(hours=48, minutes=1))
        await desk.room.file()
        await desk.room.news("staff:wang")
        await desk.settle()
        assert desk.wechat.calls["send"] == 0  # the desk knows that the window is shut
        await desk.wait(timedelta(minutes=30))
        (up,) = await desk.room.outbox()
        assert up.address.id == "lead"


async def test_credits_that_are_reserved_go_to_answers_and_the_rest_knocks(tmp_path: Path) -> None:
    async with account(tmp_path, templates=True) as desk:
        await desk.hears("帮助")
        now = desk.room.clock.now()
        brief = Brief("news", {"number": NUMBER, "title": "路灯", "remark": "请打开对话", "time": "2026-03-04T10:00"})
        pushes = [
            Push(key=f"n{n}", address=WANG, reply=Reply(f"消息{n}"), created_at=now, brief=brief) for n in range(5)
        ]
        pushes.append(Push(key="answer", address=WANG, reply=Reply("答复"), created_at=now, brief=brief, reserve=True))
        await desk.room.store.commit(Changes(at=now, pushes=pushes))
        for _ in range(8):
            await desk.settle()
        assert [sent["text"]["content"] for sent in desk.wechat.sent] == ["消息0", "消息1", "消息2", "答复"]
        assert len(desk.wechat.knocks) == 2
        said = await desk.hears("帮助")
        assert "消息3" in said
        assert "消息4" in said
        assert "答复" not in said.split("消息3")[1]
