"""The desk's own work: the pool, drafts nobody confirmed, search, and figures."""

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
