"""Returning a dispatch, and asking for more time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.people import Role
from bot.domain.ticket import Status
from tests.fakes.town_hall import Hall, Person, town_hall

N, M = "260304-00011", "260304-00022"
WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
DUE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        await open_.filed(N, "transport")
        yield open_


@pytest.fixture
async def handler(hall: Hall) -> Person:
    return await hall.staff("王强", Role.HANDLER, "transport")


@pytest.fixture
async def lead(hall: Hall) -> Person:
    return await hall.staff("赵敏", Role.LEAD, "transport")


@pytest.fixture
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


async def taken(hall: Hall, handler: Person) -> None:
    await handler.say(f"接单 {N}")
    assert (await hall.ticket(N)).status is Status.IN_PROGRESS


async def test_an_objection_upheld_gives_the_new_unit_its_full_time(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    other = await hall.staff("孙电", Role.HANDLER, "energy")
    await taken(hall, handler)
    assert "为什么退件" in await handler.say(f"退件 {N} 路灯归供电单位管")
    assert "提出退件" in await handler.press("不属本单位职责")
    objected = await hall.ticket(N)
    assert objected.status is Status.OBJECTED
    assert objected.work.proposals[0].klass == "not_our_duty"
    assert objected.work.proposals[0].text == "路灯归供电单位管"
    await hall.after(days=1)
    assert [text for text in supervisor.heard if "退件" in text and "路灯归供电单位管" in text]
    await supervisor.say(f"准 {N} 云棠公用事业公司")
    moved = await hall.ticket(N)
    assert (moved.status, moved.unit, moved.handler) == (Status.DISPATCHED, "energy", "")
    assert (moved.work.bounces, moved.work.proposals, moved.work.lead_fixed) == (1, (), False)
    assert moved.due_at == datetime(2026, 3, 12, 9, 30, tzinfo=UTC), (
        "five working days from Thursday; it closes at 17:30"
    )
    assert moved.promised_at == moved.due_at
    await hall.after(minutes=5)
    assert "3月12日" in hall.resident().heard[-1], "the date moves only with a message"
    assert [text for text in other.heard if N in text]


async def test_an_objection_upheld_without_a_unit_offers_some(hall: Hall, handler: Person, supervisor: Person) -> None:
    await handler.say(f"退件 {N} 不属职责 路灯归供电单位管")
    asked = await supervisor.say(f"准 {N}")
    assert "路灯归供电单位管" in asked
    assert (await hall.ticket(N)).status is Status.OBJECTED, "nothing is decided yet"


async def test_an_objection_refused(hall: Hall, handler: Person, supervisor: Person) -> None:
    await taken(hall, handler)
    await handler.say(f"退件 {N} 不属职责 路灯归供电单位管")
    assert "未准" in await supervisor.say(f"不准 {N} 人民路的路灯由你们维护")
    back = await hall.ticket(N)
    assert (back.status, back.handler, back.due_at) == (Status.IN_PROGRESS, "id-王强", DUE), "no clock was stopped"
    await hall.after(minutes=15)
    assert [text for text in handler.heard if "人民路的路灯由你们维护" in text]


async def test_an_objection_refused_to_a_unit_where_nobody_had_it(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    await handler.say(f"退件 {N} 不属职责 路灯归供电单位管")
    await supervisor.say(f"不准 {N} 由你们维护")
    back = await hall.ticket(N)
    assert (back.status, back.handler) == (Status.DISPATCHED, "")


async def test_four_working_hours_to_object(hall: Hall, handler: Person) -> None:
    await hall.after_working_hours(4)
    assert "为什么退件" in await handler.say(f"退件 {N}")
    await hall.after(minutes=1)
    assert "不能再退件" in await handler.say(f"退件 {N} 不属职责")
    assert "不能再退件" in await handler.tap(f"{N}:object_as=not_our_duty")


async def test_after_two_bounces_the_lead_stays(hall: Hall, handler: Person, supervisor: Person) -> None:
    second = await hall.staff("孙电", Role.HANDLER, "energy")
    third = await hall.staff("周管", Role.HANDLER, "urban-management")
    await handler.say(f"退件 {N} 不属职责")
    await supervisor.say(f"准 {N} energy")
    await second.say(f"退件 {N} 不在辖区")
    await supervisor.say(f"准 {N} urban-management")
    fixed = await hall.ticket(N)
    assert (fixed.unit, fixed.work.bounces, fixed.work.lead_fixed) == ("urban-management", 2, True)
    assert "已由督办员指定主办" in await third.say(f"退件 {N} 不属职责")


async def test_an_extension_moves_the_date_with_a_message(hall: Hall, handler: Person, lead: Person) -> None:
    assert "几个工作日" in await handler.say(f"延期 {N}")
    assert "为什么" in await handler.say("3天")
    assert "已提交" in await handler.say("等配件到货")
    assert "已经提交过" in await handler.say(f"延期 {N} 2 再等")
    await hall.after(minutes=15)
    assert [text for text in lead.heard if "延期" in text and "等配件到货" in text]
    assert "不由您决定" not in await lead.say(f"准 {N}")
    extended = await hall.ticket(N)
    assert extended.due_at == datetime(2026, 3, 16, 10, 0, tzinfo=UTC), "Thursday, Friday, Monday"
    assert (extended.promised_at, extended.work.extended) == (extended.due_at, 3)
    await hall.after(minutes=15)
    assert "3月16日" in hall.resident().heard[-1]
    assert "等配件到货" in hall.resident().heard[-1]
    assert [text for text in handler.heard if "延期已准" in text]


async def test_ten_working_days_in_all(hall: Hall, handler: Person, lead: Person) -> None:
    assert "最多还能延10个" in await handler.say(f"延期 {N} 11 等配件")
    assert "最多还能延10个" in await handler.say(f"延期 {N} 0 等配件")
    await handler.say(f"延期 {N} 5 等配件")
    await lead.say(f"准 {N}")
    assert "最多还能延5个" in await handler.say(f"延期 {N} 6 等配件")


async def test_much_more_time_and_a_leads_own_are_a_supervisors(
    hall: Hall, handler: Person, lead: Person, supervisor: Person
) -> None:
    await handler.say(f"延期 {N} 6 等配件")
    assert "不由您决定" in await lead.say(f"准 {N}")
    assert "未准" in await supervisor.say(f"不准 {N} 太久")
    assert (await hall.ticket(N)).due_at == DUE
    await lead.say(f"延期 {N} 1 等配件")
    assert "自己提的" in await lead.say(f"准 {N}")
    assert "已准" in await supervisor.say(f"准 {N}")
    assert (await hall.ticket(N)).work.extended == 1


async def test_too_late_for_an_extension(hall: Hall, handler: Person) -> None:
    await hall.until(DUE - timedelta(minutes=1))
    assert "为什么" in await handler.say(f"延期 {N} 1")
    await hall.until(DUE)
    assert "到期前才能" in await handler.say(f"延期 {N} 1 等配件")


async def test_assigning_what_was_returned_is_a_decision_too(hall: Hall, handler: Person, supervisor: Person) -> None:
    await handler.say(f"退件 {N} 不属职责")
    await supervisor.say(f"改派 {N} 市城市管理局")
    assert (await hall.ticket(N)).work.bounces == 1
    assert "退件已由陈督" in await supervisor.tap(f"{N}:refuse=objection")
