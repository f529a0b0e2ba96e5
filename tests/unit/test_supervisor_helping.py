"""Several units on one ticket: assisting ones with clocks of their own, and joint sessions that stop none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.people import Role
from bot.domain.ticket import Status
from tests.fakes.town_hall import Hall, Person, town_hall

N = "260304-00011"
WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
DUE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        await open_.filed(N, "transport")
        yield open_


@pytest.fixture
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


@pytest.fixture
async def helper(hall: Hall) -> Person:
    return await hall.staff("李娟", Role.HANDLER, "urban-management")


async def test_who_helps_has_half_of_the_rest(hall: Hall, supervisor: Person, helper: Person) -> None:
    said = await supervisor.say(f"协办 {N} 城市管理局 请修剪遮挡的树枝")
    (assist,) = (await hall.ticket(N)).work.assists
    # From Wednesday 10:00 to Wednesday 18:00 are 6 hours and five days of 7: 41. Half of it, 20:30, is 6 hours on
    # Wednesday, 14 on Thursday and Friday, and half an hour on Monday.
    assert assist.due_at == datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
    assert "市城市管理局" in said
    await hall.after(minutes=2)
    assert "请修剪遮挡的树枝" in helper.heard[-1]
    assert (await hall.ticket(N)).due_at == DUE, "the lead's own clock is left alone"


async def test_several_help_and_each_is_told(hall: Hall, supervisor: Person, helper: Person) -> None:
    other = await hall.staff("周水", Role.HANDLER, "water")
    await supervisor.say(f"协办 {N} 城市管理局、云棠水务公司 请配合")
    assert [a.unit for a in (await hall.ticket(N)).work.assists] == ["urban-management", "water"]
    await hall.after(minutes=2)
    assert "请配合" in helper.heard[-1]
    assert "请配合" in other.heard[-1]


async def test_what_was_done_is_reported_to_who_leads(hall: Hall, supervisor: Person, helper: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await handler.say(f"接单 {N}")
    await supervisor.say(f"协办 {N} 城市管理局")
    assert "请写协办做了什么" in await helper.say(f"协办完 {N}")
    await helper.say("树枝已修剪")
    (assist,) = (await hall.ticket(N)).work.assists
    assert (assist.text, assist.handler, assist.done_at) == ("树枝已修剪", "id-李娟", hall.clock.now())
    await hall.after(minutes=12)
    assert [text for text in handler.heard if "树枝已修剪" in text]
    assert "没有请您单位协办，或已经反馈过" in await helper.say(f"协办完 {N} 再报一次")
    await hall.until(DUE)
    assert not [text for text in supervisor.heard if "还没有反馈" in text]


async def test_help_that_does_not_come_is_told_once(hall: Hall, supervisor: Person, helper: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await supervisor.say(f"协办 {N} 城市管理局")
    await hall.until(DUE)
    for person in (supervisor, helper, handler):
        assert sum("还没有反馈" in text for text in person.heard) == 1


async def test_two_late_ones_are_two_pieces_of_news(hall: Hall, supervisor: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await handler.say(f"接单 {N}")
    await supervisor.say(f"协办 {N} 城市管理局")
    await hall.after_working_hours(7)
    await supervisor.say(f"协办 {N} 云棠水务公司")
    await hall.until(DUE)
    late = "".join(handler.heard)
    assert "市城市管理局的协办" in late
    assert "云棠水务公司的协办" in late


async def test_who_leads_or_helps_already_is_not_asked_again(hall: Hall, supervisor: Person) -> None:
    assert "已经在主办或协办" in await supervisor.say(f"协办 {N} transport")
    await supervisor.say(f"协办 {N} 城市管理局")
    assert "已经在主办或协办" in await supervisor.say(f"协办 {N} 城市管理局")
    assert len((await hall.ticket(N)).work.assists) == 1


async def test_a_name_that_several_have_is_asked_about(hall: Hall, supervisor: Person) -> None:
    assert "不止一个单位" in await supervisor.say(f"协办 {N} 公安局")


async def test_a_strange_unit_does_not_report(hall: Hall, supervisor: Person, helper: Person) -> None:
    await supervisor.say(f"协办 {N} 云棠水务公司")
    assert "没有找到" in await helper.say(f"协办完 {N} 已办")


# Joint sessions


async def test_a_joint_session_stops_no_clock_and_ends_with_an_outcome(
    hall: Hall, supervisor: Person, helper: Person
) -> None:
    await supervisor.say(f"会商 {N} 城市管理局 云棠水务公司 周五上午九点")
    joint = await hall.ticket(N)
    assert (joint.status, joint.work.joint, joint.due_at) == (Status.JOINT, ("urban-management", "water"), DUE)
    await hall.after(minutes=2)
    assert "周五上午九点" in helper.heard[-1]
    assert "一起商量" in hall.resident().heard[-1]
    assert "请写会商结论" in await supervisor.say(f"会商结果 {N} 城市管理局")
    await supervisor.say("由城管局修剪树枝")
    ended = await hall.ticket(N)
    assert (ended.status, ended.unit, ended.work.joint) == (Status.DISPATCHED, "urban-management", ())
    event = (await hall.store.reader.events(N))[-1]
    assert event.data["outcome"] == "由城管局修剪树枝"
    assert event.data["joint"] == ["urban-management", "water"]


async def test_led_by_the_same_unit_the_date_stays(hall: Hall, supervisor: Person) -> None:
    await supervisor.say(f"会商 {N} 城市管理局")
    await hall.after_working_hours(7)
    await supervisor.say(f"会商结果 {N} transport 仍由交通局办理")
    assert (await hall.ticket(N)).due_at == DUE


async def test_assigning_after_a_session_asks_for_its_outcome(hall: Hall, supervisor: Person) -> None:
    await supervisor.say(f"会商 {N} 城市管理局")
    assert "请写会商结论" in await supervisor.say(f"改派 {N} 城市管理局")
    assert (await hall.ticket(N)).status is Status.JOINT
    await supervisor.say("由城管局牵头")
    assert (await hall.store.reader.events(N))[-1].data["outcome"] == "由城管局牵头"


async def test_alone_nobody_confers(hall: Hall, supervisor: Person) -> None:
    assert "至少要两个单位" in await supervisor.say(f"会商 {N} transport")
    assert (await hall.ticket(N)).status is Status.DISPATCHED


async def test_out_of_the_pool_the_first_unit_leads_and_the_clock_runs(hall: Hall, supervisor: Person) -> None:
    resident = hall.resident()
    await resident.say("小区门口垃圾堆成山了没人管")
    await resident.say("确认")
    number = resident.last.ticket
    await supervisor.say(f"会商 {number} 城市管理局 云棠水务公司")
    joint = await hall.ticket(number)
    assert (joint.status, joint.unit, joint.due_at) == (Status.JOINT, "urban-management", DUE)
    assert not await hall.store.reader.tasks(("pool",))
    assert hall.guide.ladder(joint), "somebody is pushed when it is late"
    await hall.after(minutes=2)
    assert "3月11日" in resident.heard[-1]
