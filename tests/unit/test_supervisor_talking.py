"""The duty talk: somebody asks for a person, and a supervisor answers in chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.people import Role
from tests.fakes.town_hall import Hall, Person, town_hall

WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        yield open_


@pytest.fixture
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


@pytest.fixture
def resident(hall: Hall) -> Person:
    return hall.resident("li")


async def talking(resident: Person, supervisor: Person) -> None:
    await resident.say("人工")
    assert "您正在接待居民" in await supervisor.say("接待")


async def test_who_is_on_duty_hears_at_once_and_takes_it(hall: Hall, supervisor: Person, resident: Person) -> None:
    assert "会在这里回复您" in await resident.say("人工")
    await hall.after(seconds=20)
    assert [text for text in supervisor.heard if "人工" in text]
    await supervisor.say("接待")
    await hall.after(seconds=5)
    assert "值班人员来了，请直接说。" in resident.heard


async def test_words_go_both_ways_and_nobody_reads_a_name(hall: Hall, supervisor: Person, resident: Person) -> None:
    await talking(resident, supervisor)
    assert await resident.say("我想问问低保怎么办") == "已转给值班人员。"
    await hall.settle()
    assert supervisor.heard[-1].endswith("：我想问问低保怎么办")
    assert "li" not in supervisor.heard[-1]
    assert "已发给居民" in await supervisor.say("请到社区服务中心申请")
    await supervisor.say("回 带上身份证")
    await hall.settle()
    assert resident.heard[-2:] == ["值班人员：请到社区服务中心申请", "值班人员：带上身份证"]
    assert not [text for text in resident.heard if "陈督" in text]
    assert not (await hall.store.reader.session(resident.address)).drafts  # type: ignore[union-attr]  # they have met


async def test_thanks_belong_to_the_talk_too(hall: Hall, supervisor: Person, resident: Person) -> None:
    await talking(resident, supervisor)
    await resident.say("谢谢")
    await hall.settle()
    assert supervisor.heard[-1].endswith("：谢谢")


async def test_commands_still_work_while_talking(hall: Hall, supervisor: Person, resident: Person) -> None:
    await talking(resident, supervisor)
    await supervisor.say("看板")
    await hall.settle()
    assert not [text for text in resident.heard if "看板" in text]


async def test_the_end_ends_it_for_both(hall: Hall, supervisor: Person, resident: Person) -> None:
    await talking(resident, supervisor)
    assert "已结束" in await supervisor.say("结束")
    await hall.settle()
    assert "对话已结束" in resident.heard[-1]
    heard = len(supervisor.heard)
    assert "您要反映的事" in await resident.say("小区门口垃圾没人管")
    await hall.settle()
    assert len(supervisor.heard) == heard
    assert "没有看懂" in await supervisor.say("还在吗")
    assert "没有接待谁" in await supervisor.say("结束")


async def test_before_anybody_took_it_words_are_a_matter_as_always(
    hall: Hall, supervisor: Person, resident: Person
) -> None:
    await resident.say("人工")
    assert "您要反映的事" in await resident.say("小区门口垃圾没人管")


async def test_a_new_matter_leaves_the_talk(hall: Hall, supervisor: Person, resident: Person) -> None:
    await talking(resident, supervisor)
    await resident.say("新诉求")
    assert "您要反映的事" in await resident.say("小区门口垃圾没人管")


async def test_asking_twice_is_one_talk_and_a_later_one_is_told_again(
    hall: Hall, supervisor: Person, resident: Person
) -> None:
    await resident.say("人工")
    await resident.say("人工")
    assert len(await hall.store.reader.tasks(("talk",))) == 1
    await supervisor.say("接待")
    await supervisor.say("结束")
    await hall.after(minutes=30)
    heard = len(supervisor.heard)
    await resident.say("人工")
    await hall.after(seconds=20)
    assert [text for text in supervisor.heard[heard:] if "人工" in text]


async def test_nobody_takes_it_everybody_hears(hall: Hall, supervisor: Person, resident: Person) -> None:
    second = await hall.staff("周督", Role.SUPERVISOR)
    await resident.say("人工")
    await hall.after(minutes=11)
    for person in (supervisor, second):
        assert [text for text in person.heard if "人工" in text]


async def test_once_taken_nobody_is_reminded(hall: Hall, supervisor: Person, resident: Person) -> None:
    await talking(resident, supervisor)
    await hall.after(seconds=30)
    heard = len(supervisor.heard)
    await hall.after(minutes=30)
    assert len(supervisor.heard) == heard


async def test_a_second_supervisor_may_take_over(hall: Hall, supervisor: Person, resident: Person) -> None:
    second = await hall.staff("周督", Role.SUPERVISOR)
    await talking(resident, supervisor)
    assert await second.say("接待") == "现在没有人等待接待。"
    await second.say("待派")
    assert "由陈督接待中" in await second.press("1")
    await second.press("由我接待")
    await resident.say("还在吗")
    await hall.settle()
    assert second.heard[-1].endswith("：还在吗")
    assert "没有看懂" in await supervisor.say("您请讲"), "the first one talks with nobody now"


async def test_out_of_hours_they_are_told_when(hall: Hall, supervisor: Person, resident: Person) -> None:
    await hall.until(datetime(2026, 3, 6, 14, 0, tzinfo=UTC))  # Friday, 22:00
    assert "3月9日（周一）09:00" in await resident.say("人工")
    heard = len(supervisor.heard)
    await hall.until(datetime(2026, 3, 6, 23, 0, tzinfo=UTC))
    assert len(supervisor.heard) == heard, "nobody is woken"
    await hall.until(datetime(2026, 3, 9, 1, 15, tzinfo=UTC))
    assert [text for text in supervisor.heard[heard:] if "人工" in text]


async def test_handlers_take_no_talks(hall: Hall, resident: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await resident.say("人工")
    assert "不能这样做" in await handler.say("接待")


async def test_nobody_talks_with_themselves(hall: Hall, supervisor: Person) -> None:
    await supervisor.say("人工")
    assert await supervisor.say("接待") == "现在没有人等待接待。"


async def test_after_a_long_silence_words_are_a_matter_again(hall: Hall, supervisor: Person, resident: Person) -> None:
    await talking(resident, supervisor)
    await hall.after(hours=3)
    assert "您要反映的事" in await resident.say("小区门口垃圾没人管")
