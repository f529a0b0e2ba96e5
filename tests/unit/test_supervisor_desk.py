"""The desk's own work: the pool, drafts nobody confirmed, search, figures, and acts on many tickets at once."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.numbers import make
from bot.domain.people import Role
from bot.domain.ticket import Action, Status
from tests.fakes.town_hall import Hall, Person, town_hall

N = "260304-00011"
WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
RUBBISH = "小区门口垃圾堆成山了没人管"
GAS = "我家楼道里有很浓的煤气味，怕要爆炸"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        yield open_


@pytest.fixture
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


async def pooled(hall: Hall, text: str = RUBBISH, who: str = "filer", *files: str) -> str:
    """A ticket no rule takes; its number."""
    resident = hall.resident(who)
    await resident.say(text, *files)
    await resident.say("确认")
    return resident.last.ticket


# The pool


async def test_the_pool_shows_danger_first_then_the_oldest(hall: Hall, supervisor: Person) -> None:
    first = await pooled(hall)
    await hall.after(minutes=1)
    second = await pooled(hall, "路边垃圾桶坏了没人换", "other")
    await hall.after(minutes=1)
    await hall.resident("third").say(GAS)
    await hall.after(minutes=6)
    shown = await supervisor.say("待派")
    assert shown.index("紧急未确认") < shown.index(first) < shown.index(second)
    assert "3件" in shown
    assert "派给哪个单位" in await supervisor.say("改派 2"), "places count every line of the list"
    assert supervisor.last.ticket == first


async def test_an_empty_pool_says_so(hall: Hall, supervisor: Person) -> None:
    assert await supervisor.say("待派") == "没有等待分派或处理的。"


async def test_pages(hall: Hall, supervisor: Person) -> None:
    for n in range(10):
        await pooled(hall, f"{n}号院门口垃圾堆成山了没人管", f"p{n}")
    assert "共2页" in await supervisor.say("待派")
    assert "9号院" in await supervisor.press("下一页")
    assert "1号院" not in supervisor.last.text


async def test_from_the_pool_to_a_unit_in_two_taps(hall: Hall, supervisor: Person) -> None:
    number = await pooled(hall)
    await supervisor.say("待派")
    assert RUBBISH in await supervisor.press("1")
    await supervisor.press("市城市管理局")
    assert (await hall.ticket(number)).unit == "urban-management"
    assert await supervisor.say("待派") == "没有等待分派或处理的。"


async def test_a_voice_is_to_be_typed_out(hall: Hall, supervisor: Person) -> None:
    number = await pooled(hall, "", "filer", "photo-1", "photo-2")
    assert "待听写" in await supervisor.say("待派")
    shown = await supervisor.press("1")
    assert "照片2张" in shown
    assert "听写" in shown
    await supervisor.say(f"听写 {number} 小区垃圾没人清运")
    assert (await hall.ticket(number)).text == "小区垃圾没人清运"


# Drafts nobody confirmed


async def test_an_unconfirmed_draft_is_filed_for_the_person(hall: Hall, supervisor: Person) -> None:
    resident = hall.resident()
    await resident.say(RUBBISH)
    await hall.after(hours=45)
    assert "未确认" in await supervisor.say("待派")
    assert RUBBISH in await supervisor.press("1")
    said = await supervisor.press("代为登记")
    number = supervisor.last.ticket
    assert number in said
    ticket = await hall.ticket(number)
    assert (ticket.text, ticket.status) == (RUBBISH, Status.FILED)
    assert [r.address for r in await hall.store.reader.reporters(number)] == [resident.address]
    event = (await hall.store.reader.events(number))[0]
    assert (event.action, event.by) == (Action.FILE, "id-陈督")
    await hall.after(minutes=1)
    assert number in resident.heard[-1]
    assert ticket.code in resident.heard[-1]
    assert "不会" not in await resident.say("查询")
    assert number in resident.last.text


async def test_a_draft_pressed_twice_is_filed_once(hall: Hall, supervisor: Person) -> None:
    await hall.resident().say(RUBBISH)
    await hall.after(hours=45)
    await supervisor.say("待派")
    await supervisor.press("1")
    button = supervisor.token("代为登记")
    await supervisor.tap(button)
    assert "已经处理过" in await supervisor.tap(button)
    assert len(await hall.store.reader.tickets_of(hall.resident().address)) == 1


async def test_a_dropped_draft_is_told_too(hall: Hall, supervisor: Person) -> None:
    resident = hall.resident()
    await resident.say(RUBBISH)
    await hall.after(hours=45)
    await supervisor.say("待派")
    await supervisor.press("1")
    assert "已放弃" in await supervisor.press("放弃")
    await hall.after(minutes=1)
    assert "没有登记" in resident.heard[-1]
    assert await supervisor.say("待派") == "没有等待分派或处理的。"


async def test_a_dangerous_draft_filed_by_staff_and_confirmed_later_is_one_ticket(
    hall: Hall, supervisor: Person
) -> None:
    resident = hall.resident()
    await resident.say(GAS)
    await hall.after(minutes=6)
    assert [text for text in supervisor.heard if "煤气" in text], "whoever is on duty hears of it"
    await supervisor.say("待派")
    await supervisor.press("1")
    await supervisor.press("代为登记")
    number = supervisor.last.ticket
    assert (await hall.ticket(number)).danger
    await resident.say("确认")
    assert [t.number for t in await hall.store.reader.tickets_of(resident.address)] == [number]
    assert number in resident.last.text


async def test_confirming_a_dangerous_draft_ends_its_task(hall: Hall, supervisor: Person) -> None:
    resident = hall.resident()
    await resident.say(GAS)
    await hall.after(minutes=6)
    await resident.say("确认")
    assert not await hall.store.reader.tasks(("danger",))


async def test_drafts_of_other_areas_and_behind_the_wall_are_not_there(hall: Hall) -> None:
    marked = await hall.staff("钱进", Role.SUPERVISOR, walled=True)
    plain = await hall.staff("孙敏", Role.SUPERVISOR)
    await hall.resident().say("我要投诉，政务大厅窗口工作人员态度恶劣")
    await hall.after(hours=45)
    assert await plain.say("待派") == "没有等待分派或处理的。"
    assert "态度恶劣" in await marked.say("待派")
    await marked.press("1")
    assert "已经处理过" in await plain.tap(marked.token("代为登记")), "nor with somebody else's button"


# Search and figures


@pytest.mark.parametrize("said", ["路灯", "人民路 路灯", "ABCD", N, "00011", "交通运输局"])
async def test_found_by_words_alias_number_and_unit(hall: Hall, supervisor: Person, said: str) -> None:
    await hall.filed(N, "transport")
    await hall.store.index_words()
    assert N in await supervisor.say(f"搜 {said}")
    assert "没有找到" in await supervisor.say("搜 飞碟")


async def test_found_are_places_of_the_list_and_pages_go_on(hall: Hall, supervisor: Person) -> None:
    for n in range(1, 13):
        await hall.filed(make(WEDNESDAY.date(), n), "transport", f"p{n}")
    await hall.store.index_words()
    assert "找到12件，第1至10件" in await supervisor.say("搜 路灯")
    more = next(c for c in supervisor.last.choices if c.token.startswith("staff:find_more"))
    assert "第11至12件" in await supervisor.tap(more)
    await supervisor.say("改派 1 urban-management")
    assert supervisor.last.ticket == make(WEDNESDAY.date(), 2), "the newest first: the eleventh is number 2"


async def test_a_search_is_recorded(hall: Hall, supervisor: Person) -> None:
    await supervisor.say("搜 路灯")
    with closing(sqlite3.connect(hall.store.path)) as database:
        rows = database.execute("SELECT actor, detail FROM looked WHERE what = 'search'").fetchall()
    assert rows == [("id-陈督", "路灯")]


async def test_a_lead_finds_what_is_theirs_and_a_handler_searches_nothing(hall: Hall) -> None:
    lead = await hall.staff("赵敏", Role.LEAD, "transport")
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed(N, "transport")
    other = make(WEDNESDAY.date(), 7)
    await hall.filed(other, "energy", "other")
    await hall.store.index_words()
    found = await lead.say("搜 路灯")
    assert N in found
    assert other not in found
    assert "不能这样做" in await handler.say("搜 路灯")


async def test_an_own_case_is_not_found(hall: Hall, supervisor: Person) -> None:
    await hall.filed(N, "transport", "陈督")
    await hall.store.index_words()
    assert N not in await supervisor.say("搜 路灯")


async def test_the_desk_at_a_glance(hall: Hall, supervisor: Person) -> None:
    await hall.filed(N, "transport")
    await hall.filed(make(WEDNESDAY.date(), 7), "energy", "other", danger="gas")
    await pooled(hall, who="third")
    shown = await supervisor.say("看板")
    assert "在办 3" in shown
    assert "未分派 1" in shown
    assert "红色 1" in shown
    assert "\n逾期" not in shown
    await hall.after(days=9)
    shown = await supervisor.say("看板")
    assert "\n逾期 2" in shown
    assert "市交通运输局：在办1，逾期1" in shown


async def test_a_lead_sees_the_figures_of_their_unit_alone(hall: Hall) -> None:
    lead = await hall.staff("赵敏", Role.LEAD, "transport")
    await hall.filed(N, "transport")
    await hall.filed(make(WEDNESDAY.date(), 7), "energy", "other")
    shown = await lead.say("看板")
    assert "在办 1" in shown
    assert "未分派" not in shown


# Many at once


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
