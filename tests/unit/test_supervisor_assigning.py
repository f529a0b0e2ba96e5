"""A supervisor chooses who works on a ticket: the unit that leads, those that help, and those it is kept from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.people import Role
from bot.domain.ticket import Action, Status
from tests.fakes.town_hall import Hall, Person, town_hall

N, M = "260304-00011", "260304-00022"
WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
WALLED = "我要投诉，政务大厅窗口工作人员态度恶劣"
SUMMARY = "核查一名窗口人员的服务态度"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        await open_.filed(N, "transport")
        yield open_


@pytest.fixture
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


@pytest.fixture
async def marked(hall: Hall) -> Person:
    return await hall.staff("钱进", Role.SUPERVISOR, walled=True)


async def pooled(hall: Hall, text: str, *more: str) -> str:
    """A ticket no rule takes; its number."""
    resident = hall.resident()
    await resident.say(text)
    await resident.say("确认")
    return resident.last.ticket


# The unit that leads


@pytest.mark.parametrize("said", ["urban-management", "市城市管理局", "城市管理", "Urban Management Bureau"])
async def test_a_unit_is_understood_by_code_name_and_part(hall: Hall, supervisor: Person, said: str) -> None:
    assert "市城市管理局" in await supervisor.say(f"改派 {N} {said} 请尽快")
    moved = await hall.ticket(N)
    assert (moved.status, moved.unit) == (Status.DISPATCHED, "urban-management")
    (event,) = [e for e in await hall.store.reader.events(N) if e.data.get("unit") == "urban-management"]
    assert event.data["text"] == "请尽快"


async def test_a_part_that_several_have_offers_them_and_keeps_the_words(hall: Hall, supervisor: Person) -> None:
    assert "哪个单位" in await supervisor.say(f"改派 {N} 公安局 请交警处理")
    await supervisor.press("市公安局交警大队")
    assert (await hall.ticket(N)).unit == "traffic-police"
    assert (await hall.store.reader.events(N))[-1].data["text"] == "请交警处理"


async def test_an_unknown_unit_changes_nothing(hall: Hall, supervisor: Person) -> None:
    assert "没有叫“火星局”的单位" in await supervisor.say(f"改派 {N} 火星局")
    assert (await hall.ticket(N)).unit == "transport"


async def test_to_the_unit_that_has_it_is_refused(hall: Hall, supervisor: Person) -> None:
    assert "已经在市交通运输局办理" in await supervisor.say(f"改派 {N} transport")
    assert await hall.actions(N) == [Action.FILE, Action.DISPATCH]


async def test_law_enforcement_never_goes_to_a_village(hall: Hall, supervisor: Person) -> None:
    await hall.filed(M, "market-regulation", kind="market", text="店家缺斤短两")
    assert "不能由村（社区）办理" in await supervisor.say(f"改派 {M} xingfu-committee")
    assert (await hall.ticket(M)).unit == "market-regulation"


async def test_the_new_unit_has_its_full_time_and_the_resident_hears_the_date(hall: Hall, supervisor: Person) -> None:
    other = await hall.staff("李娟", Role.HANDLER, "urban-management")
    await hall.after_working_hours(14)
    await supervisor.say(f"改派 {N} urban-management")
    moved = await hall.ticket(N)
    assert moved.due_at == moved.promised_at == datetime(2026, 3, 13, 10, 0, tzinfo=UTC)
    await hall.after(minutes=2)
    assert "改由市城市管理局办理" in hall.resident().heard[-1]
    assert "3月13日" in hall.resident().heard[-1]
    assert [text for text in other.heard if "新工单" in text]


async def test_on_the_same_day_only_the_unit_is_another_and_that_is_folded(hall: Hall, supervisor: Person) -> None:
    await supervisor.say(f"改派 {N} urban-management")
    assert not [e.data for e in await hall.store.reader.events(N) if e.action is Action.RETIME]
    await hall.after(minutes=2)
    (told,) = hall.resident().heard
    assert "改由市城市管理局办理" in told
    assert "答复日期不变" in told


async def test_without_a_unit_the_likely_ones_are_offered(hall: Hall, supervisor: Person) -> None:
    number = await pooled(hall, "小区门口垃圾堆成山了没人管")
    assert (await hall.ticket(number)).unit == ""
    assert "派给哪个单位" in await supervisor.say(f"改派 {number}")
    assert supervisor.last.choices
    await supervisor.tap(supervisor.last.choices[0])
    assert (await hall.ticket(number)).status is Status.DISPATCHED
    assert not await hall.store.reader.tasks(("pool",))
    await hall.after(minutes=2)
    assert "前答复您" in hall.resident().heard[-1], "from the pool the exact date is told"


async def test_two_units_at_once_the_second_is_told(hall: Hall, supervisor: Person) -> None:
    second = await hall.staff("周督", Role.SUPERVISOR)
    await supervisor.say(f"改派 {N} urban-management")
    assert "已经在市城市管理局办理" in await second.say(f"改派 {N} urban-management")


async def test_a_handler_cannot_assign(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    assert "不能改派" in await handler.say(f"改派 {N} urban-management")
    assert (await hall.ticket(N)).unit == "transport"


# The wall


async def test_a_conduct_complaint_waits_for_a_marked_supervisor(
    hall: Hall, supervisor: Person, marked: Person
) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "discipline")
    number = await pooled(hall, WALLED)
    await hall.store.index_words()
    ticket = await hall.ticket(number)
    assert (ticket.walled, ticket.unit, ticket.status) == (True, "", Status.FILED)
    await hall.after(hours=3)
    assert [text for text in marked.heard if number in text]
    assert not [text for text in (*supervisor.heard, *handler.heard) if number in text]
    for outsider in (supervisor, handler):
        assert "没有找到" in await outsider.say(f"看 {number}")
        assert number not in await outsider.say("待办")
    assert number not in await supervisor.say("搜 态度恶劣")
    assert number not in await supervisor.say("待派池")
    assert number in await marked.say("待派池")


async def test_the_chosen_unit_reads_the_summary_and_never_the_words(hall: Hall, marked: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "discipline")
    lead = await hall.staff("赵敏", Role.LEAD, "discipline")
    number = await pooled(hall, WALLED)
    assert "请写一段给它看的摘要" in await marked.say(f"改派 {number} discipline")
    assert (await hall.ticket(number)).unit == ""
    assert "已派给市作风效能办公室" in await marked.say(SUMMARY)
    await hall.after(minutes=2)
    for reader in (handler, lead):
        card = await reader.say(f"看 {number}")
        assert SUMMARY in card
        assert "态度恶劣" not in card
    assert "态度恶劣" not in "".join(handler.heard)
    assert "核查一名" in "".join(handler.heard)
    await hall.store.index_words()
    assert number in await marked.say("搜 态度恶劣")
    assert number not in await lead.say("搜 态度恶劣"), "nor can the words be guessed at"
    assert number in await lead.say("搜 核查")
    assert "态度恶劣" in await marked.say(f"看 {number}")


async def test_a_summary_may_come_with_the_command(hall: Hall, marked: Person) -> None:
    number = await pooled(hall, WALLED)
    await marked.say(f"改派 {number} discipline {SUMMARY}")
    ticket = await hall.ticket(number)
    assert (ticket.unit, ticket.work.summary) == ("discipline", SUMMARY)


async def test_what_is_added_later_stays_behind_the_wall(hall: Hall, marked: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "discipline")
    number = await pooled(hall, WALLED)
    await marked.say(f"改派 {number} discipline {SUMMARY}")
    await hall.after(minutes=20)
    before = len(handler.heard)
    await hall.resident().say(f"补充 {number} 就是那位姓魏的科长")
    await hall.after(minutes=20)
    assert [text for text in handler.heard[before:] if number in text]
    assert "姓魏" not in "".join(handler.heard) + await handler.say(f"看 {number}")
    assert [text for text in marked.heard if "姓魏" in text]


async def test_a_report_stands_behind_the_wall_whatever_its_kind(hall: Hall, supervisor: Person) -> None:
    number = await pooled(hall, "举报人民路上有人违法占道倒卖")
    ticket = await hall.ticket(number)
    assert ticket.type == "report"
    assert (ticket.walled, ticket.unit) == (True, "")


async def test_becoming_a_conduct_complaint_raises_the_wall(hall: Hall, supervisor: Person, marked: Person) -> None:
    await supervisor.say(f"类别 {N} conduct")
    assert (await hall.ticket(N)).walled
    assert "没有找到" in await supervisor.say(f"看 {N}")
    await hall.after(minutes=2)
    assert [text for text in marked.heard if N in text]


async def test_the_chosen_unit_cannot_take_the_wall_down(hall: Hall, marked: Person) -> None:
    lead = await hall.staff("赵敏", Role.LEAD, "discipline")
    number = await pooled(hall, WALLED)
    await marked.say(f"改派 {number} discipline {SUMMARY}")
    await lead.say(f"类别 {number} roads")
    assert (await hall.ticket(number)).walled
    assert "态度恶劣" not in await lead.say(f"看 {number}")


# Keeping from


async def test_kept_from_a_unit_it_is_neither_seen_nor_assigned_there(hall: Hall, supervisor: Person) -> None:
    lead = await hall.staff("赵敏", Role.LEAD, "traffic-police")
    await supervisor.say(f"协办 {N} traffic-police")
    assert N in await lead.say(f"看 {N}")
    assert "已对市公安局交警大队回避" in await supervisor.say(f"回避 {N} 交警大队")
    assert "没有找到" in await lead.say(f"看 {N}")
    await hall.store.index_words()
    assert N in await supervisor.say("搜 路灯")
    assert N not in await lead.say("搜 路灯")
    assert "须回避市公安局交警大队" in await supervisor.say(f"改派 {N} traffic-police")
    assert (await hall.ticket(N)).work.assists == ()


async def test_kept_from_the_unit_that_has_it_goes_to_another_first(hall: Hall, supervisor: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await handler.say(f"接单 {N}")
    assert "改派给谁" in await supervisor.say(f"回避 {N} transport")
    assert (await hall.ticket(N)).unit == "transport"
    await supervisor.tap(f"{N}:keep_move=urban-management")
    moved = await hall.ticket(N)
    assert (moved.unit, moved.work.kept_from) == ("urban-management", ("transport",))
    heard = len(handler.heard)
    await hall.after(minutes=2)
    assert "没有找到" in await handler.say(f"看 {N}")
    assert not [text for text in handler.heard[heard:] if N in text], "not even that it went on"


async def test_kept_from_a_person_goes_back_to_the_unit(hall: Hall, supervisor: Person) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    lead = await hall.staff("赵敏", Role.LEAD, "transport")
    await handler.say(f"接单 {N}")
    assert "已对王强回避" in await supervisor.say(f"keep {N} from 王强")
    ticket = await hall.ticket(N)
    assert (ticket.handler, ticket.work.about) == ("", ("id-王强",))
    assert "没有找到" in await handler.say(f"看 {N}")
    await hall.after(minutes=2)
    assert [text for text in lead.heard if "换人办理" in text]


async def test_in_the_pool_keeping_it_from_somebody_raises_the_wall(
    hall: Hall, supervisor: Person, marked: Person
) -> None:
    number = await pooled(hall, "小区门口垃圾堆成山了没人管")
    await supervisor.say(f"回避 {number} urban-management")
    assert (await hall.ticket(number)).walled
    assert "没有找到" in await supervisor.say(f"看 {number}")
    assert number in await marked.say(f"看 {number}")


async def test_where_nobody_stands_behind_the_wall_it_is_not_raised(hall: Hall, supervisor: Person) -> None:
    number = await pooled(hall, "小区门口垃圾堆成山了没人管")
    await supervisor.say(f"回避 {number} urban-management")
    assert not (await hall.ticket(number)).walled
    assert number in await supervisor.say(f"看 {number}")


async def test_what_one_unit_was_granted_is_not_granted_to_the_next(hall: Hall, supervisor: Person) -> None:
    ticket = await hall.ticket(N)
    work = replace(ticket.work, extended=3, paused=25_200.0)
    after = ticket.after(Action.RETIME, hall.clock.now(), work=work)
    changes = Changes(at=hall.clock.now())
    changes.ticket(after, after.event(Action.RETIME, hall.clock.now()))
    await hall.store.commit(changes)
    await hall.after_working_hours(14)
    await supervisor.say(f"改派 {N} urban-management")
    await supervisor.say(f"类别 {N} environment")
    moved = await hall.ticket(N)
    assert moved.due_at == datetime(2026, 3, 13, 10, 0, tzinfo=UTC), "counted anew it is the same"
    assert moved.work.extended == 3, "in all there are ten"
