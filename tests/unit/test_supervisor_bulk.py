"""One act on many tickets: shown first, then done, a few at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.numbers import make
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


async def many(hall: Hall, count: int) -> list[str]:
    numbers = [make(WEDNESDAY.date(), n) for n in range(1, count + 1)]
    for number in numbers:
        await hall.filed(number, "transport", f"p{number}")
    return numbers


async def test_many_are_assigned_after_a_preview(hall: Hall, supervisor: Person) -> None:
    await hall.staff("李娟", Role.HANDLER, "urban-management")
    numbers = await many(hall, 3)
    preview = await supervisor.say("批量 交通运输局 改派 城市管理局 统一归口")
    assert "3件" in preview
    assert "1名工作人员、3名居民" in preview
    assert (await hall.ticket(numbers[0])).unit == "transport", "nothing happens before the tap"
    assert "已办3件" in await supervisor.press("确定执行")
    assert {(await hall.ticket(n)).unit for n in numbers} == {"urban-management"}
    assert "已失效" in await supervisor.tap("staff:bulk_do=nothing")


async def test_many_of_the_last_list_are_reminded_of(hall: Hall, supervisor: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    numbers = await many(hall, 2)
    await hall.store.index_words()
    await supervisor.say("搜 路灯")
    assert "将提醒2件" in await supervisor.say("批量 列表 提醒 请抓紧")
    await supervisor.press("确定执行")
    assert {len((await hall.ticket(n)).work.orders) for n in numbers} == {1}
    await hall.after(minutes=12)
    assert [text for text in handler.heard if "请抓紧" in text]


async def test_each_is_looked_at_again_before_it_is_done(hall: Hall, supervisor: Person) -> None:
    numbers = await many(hall, 2)
    await supervisor.say("批量 transport 改派 城市管理局")
    button = supervisor.token("确定执行")
    other = await hall.staff("周督", Role.SUPERVISOR)
    await other.say(f"改派 {numbers[0]} energy")
    await other.say(f"回避 {numbers[1]} 城市管理局")
    assert "已办1件，没有办成1件" in await supervisor.tap(button)
    assert (await hall.ticket(numbers[1])).unit == "transport"


async def test_very_many_are_done_in_turns_with_word_of_it(hall: Hall, supervisor: Person) -> None:
    numbers = await many(hall, 45)
    await supervisor.say("批量 transport 改派 城市管理局")
    assert "开始处理45件" in await supervisor.press("确定执行")
    await hall.after(seconds=10)
    assert {(await hall.ticket(n)).unit for n in numbers} == {"urban-management"}
    assert "已办45件，没有办成0件。" in supervisor.heard
    assert not await hall.store.reader.tasks(("bulk",))


async def test_only_late_ones(hall: Hall, supervisor: Person) -> None:
    (early,) = await many(hall, 1)
    await hall.after(days=8)
    late = make(hall.clock.now().date(), 5)
    await hall.filed(late, "transport", "other")
    assert "将提醒1件" in await supervisor.say("批量 逾期 提醒")
    await supervisor.press("确定执行")
    assert (await hall.ticket(early)).work.orders
    assert not (await hall.ticket(late)).work.orders


async def test_without_an_act_or_a_list_nothing_is_offered(hall: Hall, supervisor: Person) -> None:
    assert "用法" in await supervisor.say("批量 逾期")
    assert "列表已失效" in await supervisor.say("批量 提醒")
    await many(hall, 1)
    assert "不能这样做" in await supervisor.say("批量 transport 改派 transport")


async def test_a_lead_does_nothing_to_many(hall: Hall) -> None:
    lead = await hall.staff("赵敏", Role.LEAD, "transport")
    await many(hall, 1)
    assert "不能这样做" in await lead.say("批量 transport 提醒")
