"""Special cases of many tickets, and what people send that does not fit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.numbers import make
from bot.domain.people import Role
from bot.domain.special import MOST
from bot.domain.ticket import Status
from tests.fakes.town_hall import Hall, town_hall

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)
UNIT = "transport"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, NOW) as hall:
        yield hall


async def filed(hall: Hall, count: int) -> list[str]:
    """So many tickets, each by a resident of its own."""
    numbers = [make(NOW.date(), 5000 + n) for n in range(count)]
    for place, number in enumerate(numbers):
        await hall.filed(number, UNIT, f"resident{place}", area="xingfu")
    return numbers


async def test_two_hundred_at_once_are_opened_and_answered(hall: Hall) -> None:
    boss = await hall.staff("孙敏", Role.SUPERVISOR)
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    numbers = await filed(hall, MOST)
    assert f"{MOST}件" in await boss.say(f"专项 {' '.join(numbers)} 全城路灯")
    await boss.press("市交通运输局")
    await hall.settle()
    assert all(len(hall.resident(f"resident{n}").heard) == 1 for n in range(MOST))
    (special,) = await hall.store.reader.specials()
    await wang.say(f"答复 {special.number} 已解决 已更换整条线路的灯头和控制箱，今晚起全部恢复照明。")
    await wang.press("发出")
    await hall.after(minutes=3)
    statuses = {(await hall.ticket(number)).status for number in numbers}
    assert statuses == {Status.ANSWERED}
    assert all(len(hall.resident(f"resident{n}").heard) == 2 for n in range(MOST))
    (special,) = await hall.store.reader.specials()
    assert special.round == 1


async def test_one_more_than_that_is_refused(hall: Hall) -> None:
    boss = await hall.staff("孙敏", Role.SUPERVISOR)
    numbers = await filed(hall, 2)
    await boss.say(f"专项 {' '.join(numbers)} 路灯")
    await boss.press("市交通运输局")
    others = [make(NOW.date(), 7000 + n) for n in range(MOST + 2)]
    assert "没有找到" in await boss.say(f"专项 {' '.join(others)} 路灯")
    assert not [t for t in others if await hall.store.reader.ticket(t)]


@pytest.mark.parametrize(
    "text",
    [
        "专项 ",
        "专项 加",
        "专项 0",
        "专项 1 2 3",
        "专项 S",
        "专项 S加",
        "专项 S99",
        "专项 Ｓ１ 加 1",
        "专项 S1 限期",
        "专项 S1 销号",
        "专项 S1 主办 不存在的局",
        "专项 S1 加",
        "专项 S1 减",
        "专项 S1 加 999999",
        "专项 S1 随便说说",
        "专项 #1,2，3、4;；",
        "专项 ９９ ９８",
        "专项 " + "1 " * 3000,
        "专项 S" + "9" * 4000,
        "special \u200b\u200b",
        "答复 S",
        "答复 S1",
        "撤回答复 S1",
        "撤回答复 S00000",
    ],
)
async def test_odd_commands_are_answered_and_change_nothing(hall: Hall, text: str) -> None:
    boss = await hall.staff("孙敏", Role.SUPERVISOR)
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    numbers = await filed(hall, 2)
    await boss.say(f"专项 {' '.join(numbers)} 路灯")
    await boss.press("市交通运输局")
    (before,) = await hall.store.reader.specials()
    for person in (boss, wang):
        await person.say("专项")
        assert await person.say(text)
    assert await hall.store.reader.specials() == [before]


@pytest.mark.parametrize(
    "token",
    [
        "staff:special_open=",
        "staff:special_open=x/transport",
        "staff:special_open=/",
        "staff:special_from=",
        "staff:special_from=260304-00017",
        "staff:special=",
        "staff:special=S1 answer",
        "staff:special_outcome=solved",
        "staff:special_outcome=nonsense",
        "staff:special_send=",
        "staff:special_send=abc",
        "staff:special_change",
        "staff:special_drop",
    ],
)
@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.HANDLER, Role.COLLECTOR])
async def test_buttons_that_were_never_shown_do_nothing(hall: Hall, token: str, role: Role) -> None:
    person = await hall.staff("何静", role, UNIT if role is Role.HANDLER else "")
    await person.tap(token)
    assert not await hall.store.reader.specials()


@pytest.mark.parametrize("token", ["came_back=back/30", "came_back=fine/90", "not_back=1"])
async def test_nobody_says_of_others_tickets_that_it_came_back(hall: Hall, token: str) -> None:
    (number,) = await filed(hall, 1)
    assert "没有找到" in await hall.resident("stranger").tap(f"{number}:{token}")


@pytest.mark.parametrize(
    "token", ["came_back=back/30", "came_back=", "came_back=x/7", "came_back=back/31", "not_back=1"]
)
async def test_nobody_says_before_they_are_asked_that_it_came_back(hall: Hall, token: str) -> None:
    (number,) = await filed(hall, 1)
    await hall.resident("resident0").tap(f"{number}:{token}")
    assert [event.action for event in await hall.store.reader.events(number)] == ["file", "dispatch"]
