"""Boards in chat: ranking, heat map, barometer, publishing, Monday's push."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.boards.periods import Span
from bot.domain.numbers import make
from bot.domain.people import Role
from bot.domain.place import Place
from handlers import reckoning
from handlers.timers import boards as mondays
from handlers.timers.standing import standing
from tests.fakes.town_hall import CHAT, Hall, Person, town_hall

WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
MONDAY = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
GOOD_ANSWER = "今天上午已更换三盏路灯灯头并检查了线路，今晚恢复照明。"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        yield open_


async def answered(hall: Hall, handler: Person, count: int, unit: str = "transport") -> list[str]:
    """So many tickets, filed, taken and answered by a unit; their numbers."""
    numbers = [make(WEDNESDAY.date(), 100 + n) for n in range(count)]
    for n, number in enumerate(numbers):
        where = Place("人民路", "xingfu", latitude=33.39, longitude=117.65)
        await hall.filed(number, unit, f"filer{n}", area="xingfu", place=where, text=f"{n}号楼前路灯坏了三天")
    for number in numbers:
        await handler.say(f"接单 {number}")
        await handler.say(f"答复 {number} 已解决 {GOOD_ANSWER}")
        await handler.press("发出")
    await hall.after(minutes=10)
    return numbers


async def test_a_week_of_a_good_unit(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 5)
    await hall.until(MONDAY)
    shown = await boss.say("红黑榜")
    assert "2026年第10周（03-02至03-08）" in shown
    assert "1. 市交通运输局" in shown
    assert "5件" in shown
    assert "收件5件，按时派单100.0%" in shown
    of_unit = await boss.say("红黑榜 上周 市交通运输局")
    assert "4工作小时内接单：100.0%" in of_unit
    assert "该附凭证的已附：0.0%" in of_unit
    assert "解决率：—" in of_unit


async def test_few_tickets_are_listed_not_ranked(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 4)
    await hall.until(MONDAY)
    assert "件数少，只列不排：市交通运输局4件" in await boss.say("ranking")


async def test_periods_that_are_empty_running_or_to_come(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 5)
    assert "没有到期或答复的工单" in await boss.say("红黑榜 2025-07")
    assert "还没开始" in await boss.say("红黑榜 2026-Q4")
    running = await boss.say("红黑榜 本周")
    assert "还没结束" in running
    assert "红榜" not in running.replace("红黑榜", "")
    assert not [choice for choice in boss.last.choices if choice.label == "公布"]
    assert "没有叫" in await boss.say("红黑榜 上周 没有这个局")
    assert "没有到期或答复" in await boss.say("红黑榜 本周 云棠水务公司")
    assert "没有收件" in await boss.say("热力图 2025-07")


async def test_pages_fit_the_channel_and_lead_on(tmp_path: Path) -> None:
    small = replace(CHAT, text_limit=400)
    async with town_hall(tmp_path, WEDNESDAY, traits=small) as hall:
        boss = await hall.staff("陈督", Role.SUPERVISOR)
        units = [unit.code for unit in hall.guide.town.units.values()][:20]
        for n in range(100):
            await hall.filed(make(WEDNESDAY.date(), 100 + n), units[n % 20])
        await hall.until(MONDAY + timedelta(days=7))
        pages = [await boss.say("红黑榜")]
        while any(choice.label == "下一页" for choice in boss.last.choices):
            pages.append(await boss.press("下一页"))
        assert len(pages) == 3
        assert all(len(page) <= 400 for page in pages)
        lines = [line for page in pages for line in page.split("\n")[1:]]
        assert sum("5件）" in line for line in lines) == 20
        assert len(lines) == len(set(lines))


async def test_published_by_a_tap_as_it_was_then(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 5)
    await hall.until(MONDAY)
    await boss.say("红黑榜")
    assert "已公布：2026年第10周" in await boss.press("公布")
    board = await hall.store.reader.published("2026-W10")
    assert board is not None
    assert [(row.unit, row.tickets) for row in board.rows] == [("transport", 5)]
    assert await hall.store.reader.published("2026-W09") is None
    await boss.say("红黑榜")
    assert "重新公布" in await boss.press("公布")


async def test_what_is_not_over_or_empty_is_not_published(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    assert "还没结束" in await boss.tap("staff:publish=2026-W10")
    assert "没有可公布的数字" in await boss.tap("staff:publish=2026-W08")
    assert await hall.store.reader.published("2026-W10") is None


async def test_leads_see_boards_and_publish_none_handlers_see_none(hall: Hall) -> None:
    lead = await hall.staff("刘队", Role.LEAD, "transport")
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 5)
    await hall.until(MONDAY)
    assert "市交通运输局" in await lead.say("红黑榜")
    assert not [choice for choice in lead.last.choices if choice.label == "公布"]
    assert "公布红黑榜" in await lead.tap("staff:publish=2026-W10")
    assert await hall.store.reader.published("2026-W10") is None
    assert "市交通运输局 " not in await handler.say("红黑榜")


async def test_heat_and_weather(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 5)
    heat = await boss.say("热力图 本周")
    assert "共5件" in heat
    assert "东棠街道 5：道路交通5" in heat
    weather = await boss.say("晴雨表 本周")
    assert "暴雨 收件5（上期0，平时0.0）" in weather
    assert "答复5" in weather
    assert "1. 东棠街道 道路交通：5人5件，平时0.0人，热度5.0" in weather


async def test_what_stands_behind_the_wall_is_on_no_map(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    await hall.filed(make(WEDNESDAY.date(), 7), "discipline", area="xingfu", walled=True, kind="conduct")
    assert "没有收件" in await boss.say("热力图 本周")
    heat = await reckoning.heat_of(hall.store.reader, hall.guide, reckoning.running(hall.guide, SPAN, WEDNESDAY))
    assert not heat.points


SPAN = Span.WEEK


async def test_the_plain_numbers_for_pictures(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 3)
    period = reckoning.running(hall.guide, SPAN, hall.clock.now())
    heat = await reckoning.heat_of(hall.store.reader, hall.guide, period)
    assert heat.map.of("dongtang", "roads") == heat.map.total == 3
    assert heat.points == [(33.39, 117.65, "xingfu", "roads")] * 3
    assert heat.centres.keys() == {area.code for area in hall.guide.town.areas.values() if area.level == 2}
    board = await reckoning.board_of(hall.store.reader, hall.guide, period, hall.clock.now())
    assert [(row.unit, row.tickets, row.figures["taken"]) for row in board.rows] == [("transport", 3, 100.0)]


# Monday


async def test_on_monday_at_nine_who_leads_gets_the_week(hall: Hall) -> None:
    boss = await hall.staff("陈督", Role.SUPERVISOR)
    lead = await hall.staff("刘队", Role.LEAD, "transport")
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await answered(hall, handler, 5)
    await hall.store.commit(standing(hall.guide, hall.clock.now()))
    await hall.until(datetime(2026, 3, 9, 0, 59, tzinfo=UTC))
    boss.heard.clear()
    lead.heard.clear()
    handler.heard.clear()
    await hall.until(datetime(2026, 3, 9, 1, 1, tzinfo=UTC))
    (told,) = [text for text in boss.heard if text.startswith("红黑榜")]
    assert "2026年第10周" in told
    assert "收件5件" in told
    (told,) = [text for text in lead.heard if text.startswith("红黑榜")]
    assert "本单位：1. 市交通运输局" in told
    assert not [text for text in handler.heard if text.startswith("红黑榜")]
    await hall.until(datetime(2026, 3, 23, 1, 1, tzinfo=UTC))
    weeks = [text.split("（")[0] for text in boss.heard if text.startswith("红黑榜")]
    assert weeks == ["红黑榜 2026年第10周", "红黑榜 2026年第11周"], "what was due counts in its week; then nothing was"


async def test_after_a_holiday_it_comes_on_the_first_working_day(hall: Hall) -> None:
    thursday = datetime(2026, 4, 30, 2, tzinfo=UTC)
    assert mondays.next_one(hall.guide, thursday).due_at == datetime(2026, 5, 6, 1, tzinfo=UTC)
    assert mondays.next_one(hall.guide, WEDNESDAY).due_at == datetime(2026, 3, 9, 1, tzinfo=UTC)
    assert mondays.next_one(hall.guide, WEDNESDAY + timedelta(days=7)).due_at == datetime(2026, 3, 16, 1, tzinfo=UTC)
