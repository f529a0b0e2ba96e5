"""What residents do with their own tickets, where it could go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.changes import Changes, Reporter
from bot.domain.people import Role
from bot.domain.place import Place
from bot.domain.ticket import Action, Status, Type
from bot.domain.work import Work
from handlers.resident import idea_search, own
from tests.fakes.town_hall import Hall, texts, town_hall

N = "260304-00011"
START = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
VOCABULARY = {
    "催办": "urge",
    "撤回": "withdraw",
    "拆分": "split",
    "电话": "phone",
    "点子库": "ideas",
    "补充": "supplement",
}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, START) as open_:
        yield open_


async def belongs(hall: Hall, name: str, role: str) -> None:
    changes = Changes(at=hall.clock.now())
    changes.reporters.append(Reporter(N, hall.resident(name).address, role, hall.clock.now()))
    await hall.store.commit(changes)


async def test_urging_what_nobody_has_is_told_to_the_supervisors(hall: Hall) -> None:
    supervisor = await hall.staff("陈督", Role.SUPERVISOR)
    resident = hall.resident()
    await resident.say("嗯嗯嗯这个事情没人管")
    await resident.say("确认")
    (ticket,) = await hall.store.reader.tickets_of(resident.address)
    assert ticket.unit == ""
    await hall.until(datetime(2026, 3, 5, 6, 0, tzinfo=UTC))
    supervisor.heard.clear()
    assert "第1次催办" in await resident.say("催办")
    await hall.after(minutes=30)
    assert any("居民催办" in heard for heard in supervisor.heard)


async def test_two_who_urge_on_one_day_count_once(hall: Hall) -> None:
    await hall.filed(N, "transport")
    await belongs(hall, "neighbour", "joined")
    await hall.until(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    assert "第1次催办" in await hall.resident().say("催办")
    assert "今天已经催办过" in await hall.resident("neighbour").say("催办")
    assert (await hall.ticket(N)).work.urges == 1
    assert (await hall.actions(N)).count(Action.URGE) == 1


async def test_words_that_come_too_early_are_kept_all_the_same(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed(N, "transport")
    assert "还没过半" in await hall.resident().say(f"催办 {N} 孩子上学要走这条路")
    await hall.after(minutes=30)
    assert any("孩子上学" in heard for heard in handler.heard)
    said = [event.data.get("text") for event in await hall.store.reader.events(N)]
    assert "孩子上学要走这条路" in said


async def test_a_danger_said_with_it_waits_for_nothing(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed(N, "transport")
    await hall.until(datetime(2026, 3, 4, 15, 0, tzinfo=UTC))  # 23:00 in the town: quiet hours
    handler.heard.clear()
    answered = await hall.resident().say(f"催办 {N} 灯杆漏电，有人触电了")
    assert "120" in answered
    await hall.after(minutes=1)
    assert any("触电" in heard for heard in handler.heard)


async def test_what_was_merged_is_urged_and_left_where_it_lives_on(hall: Hall) -> None:
    other = "260304-00022"
    await hall.filed(N, "transport")
    into = await hall.filed(other, "transport", "neighbour")
    merged = (await hall.ticket(N)).after(Action.MERGE, START, work=Work(merged_into=other))
    changes = Changes(at=START)
    changes.ticket(merged, merged.event(Action.MERGE, START))
    changes.reporters.append(Reporter(other, hall.resident().address, "joined", START))
    await hall.store.commit(changes)
    await hall.until(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    assert other in await hall.resident().say(f"催办 {N}")
    assert (await hall.ticket(other)).work.urges == 1
    await hall.resident().say(f"撤回 {N}")
    assert "已退出" in await hall.resident().press("确认撤回")
    assert (await hall.ticket(other)).status is into.status


async def test_seen_is_told_once_for_each_urging(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed(N, "transport")
    await hall.until(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    await hall.resident().say("催办")
    await handler.say(f"看 {N}")
    await handler.say(f"看 {N}")
    assert (await hall.actions(N)).count(Action.SEE) == 1
    await hall.after(minutes=30)
    assert [heard for heard in hall.resident().heard if "已看到催办" in heard]


async def test_a_supervisor_who_looks_is_not_the_unit_that_has_seen_it(hall: Hall) -> None:
    supervisor = await hall.staff("陈督", Role.SUPERVISOR)
    await hall.filed(N, "transport")
    await hall.until(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    await hall.resident().say("催办")
    await supervisor.say(f"看 {N}")
    assert Action.SEE not in await hall.actions(N)


async def test_whoever_has_two_channels_is_no_other_person(hall: Hall) -> None:
    await hall.filed(N, "transport")
    await belongs(hall, "tablet", "claimed")
    await hall.resident("tablet").say(f"撤回 {N} 修好了")
    await hall.resident("tablet").press("确认撤回")
    assert (await hall.ticket(N)).status is Status.WITHDRAWN
    await hall.settle()
    assert any("已按您的要求撤回" in heard for heard in hall.resident().heard)


async def test_the_filer_leaves_on_all_channels(hall: Hall) -> None:
    await hall.filed(N, "transport")
    await belongs(hall, "tablet", "claimed")
    await belongs(hall, "neighbour", "joined")
    await hall.resident().say(f"撤回 {N}")
    assert "别人还在等" in await hall.resident().press("确认撤回")
    left = [r.address.id for r in await hall.store.reader.reporters(N)]
    assert left == ["neighbour"]
    assert "没有找到" in await hall.resident("tablet").say(f"撤回 {N}")
    assert "人民路的路灯" not in await hall.resident("neighbour").say(f"查询 {N}")


async def test_who_joins_first_can_withdraw_what_the_filer_left(hall: Hall) -> None:
    await hall.filed(N, "transport")
    await belongs(hall, "neighbour", "joined")
    await hall.resident().say(f"撤回 {N}")
    await hall.resident().press("确认撤回")
    await hall.resident("neighbour").say(f"撤回 {N}")
    await hall.resident("neighbour").press("确认撤回")
    assert (await hall.ticket(N)).status is Status.WITHDRAWN


async def test_a_withdrawn_report_is_told_to_those_who_may_know(hall: Hall) -> None:
    marked = await hall.staff("孙敏", Role.SUPERVISOR, walled=True)
    other = await hall.staff("陈督", Role.SUPERVISOR)
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    resident = hall.resident()
    await resident.say("我要举报人民路工地偷排污水")
    await resident.say("确认")
    (ticket,) = await hall.store.reader.tickets_of(resident.address)
    assert ticket.walled
    await hall.settle()
    for person in (marked, other, handler):
        person.heard.clear()
    await resident.say(f"撤回 {ticket.number} 弄错了")
    await resident.press("确认撤回")
    await hall.after(minutes=30)
    assert any("已撤回" in heard for heard in marked.heard)
    assert not any(ticket.number in heard for heard in (*other.heard, *handler.heard))


async def test_an_old_button_does_not_withdraw_what_was_answered_since(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed(N, "transport")
    resident = hall.resident()
    await resident.say(f"撤回 {N}")
    token = resident.token("确认撤回")
    await handler.say(f"答复 {N} 已解决 已更换路灯灯头并检查了线路，今晚恢复照明。")
    await handler.press("发出")
    await hall.after(minutes=3)
    assert "现在不能撤回" in await resident.tap(token)
    assert (await hall.ticket(N)).status is Status.ANSWERED


async def test_a_strangers_button_withdraws_nothing(hall: Hall) -> None:
    await hall.filed(N, "transport")
    assert "没有找到" in await hall.resident("stranger").tap(f"{N}:withdraw_now")
    assert (await hall.ticket(N)).status is Status.DISPATCHED


async def test_what_stays_is_of_the_units_kind(hall: Hall) -> None:
    place = Place("人民路，幸福社区", "xingfu")
    await hall.filed(N, "transport", text="人民路的路灯坏了，垃圾也没人清运", kind="roads", area="xingfu", place=place)
    resident = hall.resident()
    await resident.say(f"拆分 {N} 1. 人民路垃圾没人清运 2. 人民路的路灯坏了")
    await resident.say("确认")
    first = await hall.ticket(N)
    assert first.text == "人民路的路灯坏了"
    made = next(t for t in await hall.store.reader.tickets_of(resident.address) if t.number != N)
    assert made.text == "人民路垃圾没人清运"
    assert made.area == "xingfu"
    (link,) = await hall.store.reader.links(N)
    assert (link.ticket, link.kind, link.other) == (made.number, "split_from", N)


async def test_who_joined_cannot_split_somebody_elses_words(hall: Hall) -> None:
    await hall.filed(N, "transport")
    await belongs(hall, "neighbour", "joined")
    assert "没有找到" in await hall.resident("neighbour").say(f"拆分 {N}")
    assert "没有找到" in await hall.resident("neighbour").say(f"匿名 {N}")


async def test_what_was_split_is_filed_though_the_first_is_gone(hall: Hall) -> None:
    await hall.filed(N, "transport")
    resident = hall.resident()
    await resident.say(f"拆分 {N} 人民路垃圾没人清运")
    changes = Changes(at=hall.clock.now())
    changes.removed_reporters.append((N, resident.address))
    await hall.store.commit(changes)
    assert "编号" in await resident.say("确认")
    assert not await hall.store.reader.links(N)


async def test_a_report_taken_out_is_not_told_to_the_first_ones_unit(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed(N, "transport")
    resident = hall.resident()
    await resident.say(f"拆分 {N} 我要举报人民路工地偷排污水")
    await resident.say("确认")
    made = next(t for t in await hall.store.reader.tickets_of(resident.address) if t.number != N)
    assert made.type is Type.REPORT
    await hall.after(minutes=30)
    assert any("另一件事" in heard for heard in handler.heard)
    assert not any(made.number in heard for heard in handler.heard)


async def test_a_wrong_number_opens_no_telephone(hall: Hall) -> None:
    supervisor = await hall.staff("陈督", Role.SUPERVISOR)
    await hall.resident().say("电话 13812345678")
    await hall.filed(N, "transport")
    assert "13812345678" in await supervisor.say(f"电话 {N}")
    assert "没有找到" in await supervisor.say("电话 260101-00011")


async def test_what_is_stored_of_it_goes(hall: Hall) -> None:
    resident = hall.resident()
    await resident.say("电话 13812345678")
    await hall.filed(N, "transport")
    await resident.say(f"撤回 {N} 自己修好了")
    await resident.press("确认撤回")
    await resident.tap("desk:erase_now")
    session = await hall.store.reader.session(resident.address)
    assert session is not None
    assert (session.phone, session.composing) == ("", None)
    assert str(resident.address) not in {event.by for event in await hall.store.reader.events(N)}


@pytest.mark.parametrize(
    "text",
    [
        "撤回 3 号楼的停电通知",  # a matter that begins with the word
        "催办公室的人来看看",
        "拆分",  # the whole word is heard before
        "补充 260304-00011 是靠桥的那盏",
        "电话 260304 坏了",
        "撤回了 260304-00011",
    ],
)
async def test_matters_that_look_like_commands_are_matters(hall: Hall, text: str) -> None:
    turn = None
    assert await own.named(turn, text, VOCABULARY) is None  # type: ignore[arg-type]  # it is not looked at


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("点子库 停车", "停车"),
        ("点子库：停车 公园", "停车 公园"),
        ("点子库", ""),
        ("点子库 建议在人民路修一个停车场。", ""),
        ("点子库 建议在人民路修一个停车场，再修一个公园给老人和孩子们", ""),
        ("停车 点子库", ""),
    ],
)
def test_searching_the_idea_store(text: str, words: str) -> None:
    assert idea_search.asked(text, VOCABULARY) == words


def test_every_word_about_an_own_ticket_has_its_questions() -> None:
    known = texts().words("zh_CN").texts
    assert not [key for name in own.ABOUT for key in (f"own.which.{name}", f"own.none.{name}") if key not in known]
