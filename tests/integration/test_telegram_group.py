"""Staff in a Telegram group: commands with the bot's name, each as the person they are, one card edited in place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.changes import Changes
from bot.domain.numbers import make
from bot.domain.ticket import Action, Status, Ticket, Type
from tests.dialogue.phones import TelegramPhone
from tests.dialogue.stage import Stage, stage
from tests.fakes.newsroom import MORNING, UNIT

GROUP = -1009876543210
NUMBER = make(MORNING.date(), 1)


class GroupPhone(TelegramPhone):
    """Somebody's phone, opened at the group's chat. ``person`` is their user id."""

    person = 0

    def _here(self) -> dict[str, Any]:
        return {"id": GROUP, "type": "supergroup", "title": "桥南工作群"}

    def _me(self) -> dict[str, Any]:
        return {"id": self.person, "is_bot": False, "first_name": "Wang", "language_code": "zh-hans"}

    async def say(self, text: str) -> None:
        await self._message(text=text, chat=self._here())


async def in_group(scene: Stage, person: int) -> GroupPhone:
    private = await scene.new_phone("telegram")
    assert isinstance(private, TelegramPhone)
    phone = GroupPhone(
        **{name.removeprefix("_"): getattr(private, name) for name in ("_http", "_url", "_now", "_fake", "_secret")}
    )
    phone.chat, phone.person = GROUP, person
    scene.phones[f"group{person}"] = phone
    return phone


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage("telegram", tmp_path, MORNING, staffed=True) as scene:
        yield scene


@pytest.fixture
async def wang(scene: Stage) -> TelegramPhone:
    phone = await scene.new_phone("telegram")
    assert isinstance(phone, TelegramPhone)
    scene.phones["wang"] = phone
    await scene.employ(phone, "handler", {"unit": UNIT, "name": "王明"})
    return phone


async def file(scene: Stage, number: str = NUMBER, **fields: Any) -> Ticket:
    now = scene.clock.now()
    ticket = Ticket(
        number=number,
        code="012345",
        alias="居民甲",
        type=Type.COMPLAINT,
        kind="street-lights",
        status=Status.DISPATCHED,
        source="web",
        channel="web",
        text="路灯坏了三天",
        filed_at=now,
        area="qiaonan",
        unit=UNIT,
        dispatched_at=now,
        **fields,
    )
    changes = Changes(at=now)
    changes.ticket(ticket, ticket.event(Action.FILE, now))
    await scene.store.commit(changes)
    return ticket


async def test_a_handler_works_in_the_group_as_the_person_known_in_private(scene: Stage, wang: TelegramPhone) -> None:
    await file(scene)
    group = await in_group(scene, wang.chat)
    await group.say(f"/take@desk_bot {NUMBER}")
    await scene.settle()
    assert NUMBER in group.screen[-1].text
    ticket = await scene.store.reader.ticket(NUMBER)
    staff = (await scene.store.reader.directory()).at(wang.address)
    assert ticket is not None
    assert staff is not None
    assert (ticket.status, ticket.handler) == (Status.IN_PROGRESS, staff.id)


async def test_a_stranger_in_the_group_can_do_nothing(scene: Stage, wang: TelegramPhone) -> None:
    await file(scene)
    group = await in_group(scene, 555)
    await group.say(f"/take@desk_bot {NUMBER}")
    await scene.settle()
    assert "私聊" in group.screen[-1].text
    assert NUMBER not in group.screen[-1].text
    await group.press(group.screen[-1], "接单", f"{NUMBER}:take")
    await scene.settle()
    assert "私聊" in group.screen[-1].text
    ticket = await scene.store.reader.ticket(NUMBER)
    assert ticket is not None
    assert ticket.status is Status.DISPATCHED


async def test_what_is_behind_the_wall_is_not_shown_in_a_group(scene: Stage, wang: TelegramPhone) -> None:
    await file(scene, walled=True)
    group = await in_group(scene, wang.chat)
    await group.say(f"/see@desk_bot {NUMBER}")
    await scene.settle()
    assert "居民甲" not in group.screen[-1].text
    await wang.say(f"看 {NUMBER}")
    await scene.settle()
    assert "居民甲" in wang.screen[-1].text


async def test_no_telephone_number_is_opened_in_a_group(scene: Stage) -> None:
    phone = await scene.new_phone("telegram")
    assert isinstance(phone, TelegramPhone)
    await scene.employ(phone, "supervisor", {"name": "孙敏"})
    await file(scene)
    group = await in_group(scene, phone.chat)
    await group.say(f"/phone@desk_bot {NUMBER}")
    await scene.settle()
    assert "私聊" in group.screen[-1].text
    assert NUMBER not in group.screen[-1].text


async def test_nobody_joins_in_a_group_and_talk_is_left_alone(scene: Stage, wang: TelegramPhone) -> None:
    group = await in_group(scene, 555)
    await group.say("今天开会")
    await scene.settle()
    assert group.screen == []
    await group.say("/join@desk_bot ABCD-EFGH-JKLM")
    await scene.settle()
    assert "私聊" in group.screen[-1].text


async def test_a_card_is_edited_in_place_when_somebody_taps_it(scene: Stage, wang: TelegramPhone) -> None:
    await file(scene)
    group = await in_group(scene, wang.chat)
    await group.say(f"/see@desk_bot {NUMBER}")
    await scene.settle()
    card = group.screen[-1]
    (label, token) = next(choice for choice in card.choices if choice[1] == f"{NUMBER}:take")
    await group.press(card, label, token)
    await scene.settle()
    fake = group._fake
    assert [call.params["chat_id"] for call in fake.accepted if call.method == "editMessageText"] == [str(GROUP)]
