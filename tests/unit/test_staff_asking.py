"""A question to the resident: the clock stands from its delivery, and runs again with the answer or without one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Reporter
from bot.domain.people import Role
from bot.domain.ticket import Action, Status
from bot.domain.work import Matter
from tests.fakes.town_hall import Hall, Person, town_hall

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in town; due Wed 11 March 18:00
N, M = "260304-00011", "260304-00022"
UNIT = "transport"


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, MORNING) as opened:
        yield opened


async def asked(hall: Hall, question: str = "具体是哪一盏灯？", **details: Any) -> tuple[Person, Person]:
    """A handler has taken the ticket and asked, and it has been delivered."""
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT, **details)
    await wang.say(f"接单 {N}")
    await wang.say(f"问 {N} {question}")
    await hall.settle()
    return wang, hall.resident()


async def test_the_clock_stands_from_delivery_and_the_next_words_are_the_answer(hall: Hall) -> None:
    wang, li = await asked(hall)
    assert any("具体是哪一盏灯？" in text and N in text for text in li.heard)
    waiting = await hall.ticket(N)
    assert waiting.status is Status.WAITING_RESIDENT
    assert (waiting.work.paused_at, waiting.work.pauses) == (MORNING, 1)
    assert "等居民回复" in await wang.say(f"看 {N}")

    hall.clock.at = local(3, 5, 10)  # a day later: 10-12 and 14-18 on Wednesday, 9-10 on Thursday: 7 hours
    text = await li.say("桥头第二盏")
    assert N in text
    assert "路灯坏了" in text
    assert "3月12日" in text, "seven hours after Wed 11 March 18:00 is Thu 12 March 18:00"
    after = await hall.ticket(N)
    assert after.status is Status.IN_PROGRESS
    assert after.due_at == after.promised_at == local(3, 12, 18)
    assert after.work.paused == 7 * 3600
    assert (after.work.asked_at, after.work.paused_at) == (None, None)
    await hall.after(minutes=11)
    assert any("桥头第二盏" in heard for heard in wang.heard)
    assert not (await hall.store.reader.session(li.address)).asked  # type: ignore[union-attr]  # they have talked


async def test_words_and_photos_that_follow_belong_to_the_answer(hall: Hall) -> None:
    _, li = await asked(hall)
    await li.say("桥头第二盏")
    assert N in await li.say("靠河那边")
    assert N in await li.say("", "photo-1")
    assert [r.fingerprint for r in await hall.store.reader.attachments_of(N)] == ["photo-1"]
    hall.clock.at += timedelta(minutes=3)
    assert N not in await li.say("还有一件事：人民公园没有垃圾桶"), "that is a new matter"


async def test_not_this_makes_a_draft_of_it_and_opens_the_question_again(hall: Hall) -> None:
    _, li = await asked(hall)
    hall.clock.at = local(3, 4, 16)
    await li.say("人民公园没有垃圾桶")
    text = await li.press("不是这件")
    assert "已从" in text
    assert "垃圾桶" in text
    ticket = await hall.ticket(N)
    assert ticket.status is Status.WAITING_RESIDENT
    assert ticket.work.paused_at == local(3, 4, 16)
    assert ticket.work.pauses == 1, "it is the same pause"
    assert "没有这个选项" in await li.tap(f"{N}:not_answer=6"), "a second press finds nothing left to do"


async def test_an_open_draft_that_is_talked_about_comes_first(hall: Hall) -> None:
    _, li = await asked(hall)
    hall.clock.at += timedelta(minutes=5)
    await li.say("新诉求")
    await li.say("人民公园没有垃圾桶")  # this answers the question, as nothing else is open
    assert N in li.last.text


async def test_nobody_answers_one_reminder_then_the_clock_runs_again(hall: Hall) -> None:
    wang, li = await asked(hall)
    await hall.until(local(3, 5, 19))  # the end of the first working day after delivery: Thu 5 March 18:00
    assert sum("还在等您回复" in text for text in li.heard) == 1
    await hall.until(local(3, 9, 19))  # three working days: 5, 6 and 9 March
    assert sum("还在等您回复" in text for text in li.heard) == 1
    ticket = await hall.ticket(N)
    assert ticket.status is Status.IN_PROGRESS
    # 6 hours of Wed 4 March (10-12, 14-18) and three days of 7: 27 h. From Wed 11 March 18:00: 12, 13, 16 March are 21,
    # the other six end on Tue 17 March 17:00.
    assert ticket.work.paused == 27 * 3600
    assert ticket.due_at == ticket.promised_at == local(3, 17, 17)
    assert any("没有收到您的回复" in text and "3月17日" in text for text in li.heard)
    await hall.until(local(3, 10, 9, 30))
    assert any("没有回复" in text for text in wang.heard)


async def test_over_the_national_day(tmp_path: Path) -> None:
    async with town_hall(tmp_path, local(9, 30, 16)) as hall:
        await asked(hall)
        assert (await hall.ticket(N)).due_at == local(10, 13, 18)
        await hall.until(local(10, 10, 18))
        ticket = await hall.ticket(N)
        # 2 h of 30 September, then 8, 9 and the make-up Saturday 10 October: 23 h. From Tue 13 October 18:00:
        # 14, 15, 16 October are 21 h, the last two end on Mon 19 October 11:00.
        assert ticket.status is Status.IN_PROGRESS
        assert ticket.due_at == local(10, 19, 11)


async def test_no_rung_of_the_ladder_is_climbed_while_the_clock_stands(hall: Hall) -> None:
    wang, li = await asked(hall)
    hall.clock.at = local(3, 5, 10)
    await li.say("桥头第二盏")
    await hall.until(local(3, 12, 17, 59))
    assert not any("已到期" in text or "超期" in text for text in wang.heard)


async def test_a_question_one_minute_before_due_needs_the_lead(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    zhao = await hall.staff("赵刚", Role.LEAD, UNIT)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    await hall.until(local(3, 11, 17, 59))
    assert "分管领导" in await wang.say(f"问 {N} 哪一盏？")
    ticket = await hall.ticket(N)
    assert ticket.status is Status.IN_PROGRESS
    assert ticket.work.proposal(Matter.QUESTION) is not None
    await hall.after(minutes=2)
    late = await hall.ticket(N)
    assert late.due_at == local(3, 11, 18), "asking alone stops nothing"
    await zhao.say(f"准 {N}")
    await hall.settle()
    assert (await hall.ticket(N)).status is Status.WAITING_RESIDENT
    assert any("哪一盏？" in text for text in hall.resident().heard)


async def test_the_lead_may_ask_in_the_last_quarter(hall: Hall) -> None:
    zhao = await hall.staff("赵刚", Role.LEAD, UNIT)
    await hall.filed(N, UNIT)
    await zhao.say(f"接单 {N}")
    await hall.until(local(3, 11, 17, 59))
    assert "已问反映人" in await zhao.say(f"问 {N} 哪一盏？")


async def test_danger_is_asked_about_but_its_clock_runs_on(hall: Hall) -> None:
    wang, li = await asked(hall, "几楼？", danger="gas", clock="danger")
    assert any("几楼" in text for text in li.heard)
    ticket = await hall.ticket(N)
    assert ticket.work.paused_at is None
    due = ticket.due_at
    assert "事关安全" in wang.last.text
    assert N in await li.say("三楼")
    after = await hall.ticket(N)
    assert (after.status, after.due_at) == (Status.IN_PROGRESS, due)


async def test_a_third_question_stops_no_clock(hall: Hall) -> None:
    wang, li = await asked(hall)
    for question in ("第二问", "第三问"):
        await li.say("桥头")
        hall.clock.at += timedelta(minutes=15)
        text = await wang.say(f"问 {N} {question}")
        await hall.settle()
        hall.clock.at += timedelta(minutes=1)
    assert "已经暂停过两次" in text
    ticket = await hall.ticket(N)
    assert ticket.work.pauses == 2
    assert ticket.work.paused_at is None


async def test_one_question_at_a_time_and_somebody_to_ask(hall: Hall) -> None:
    wang, _ = await asked(hall)
    assert "已经问过" in await wang.say(f"问 {N} 还有？")
    ticket = await hall.ticket(N)
    alone = replace(ticket, number=M, status=Status.DISPATCHED, handler="", seq=1)
    changes = Changes(at=MORNING)
    changes.ticket(alone, alone.event(Action.FILE, MORNING))
    await hall.store.commit(changes)
    assert "没有可以联系的反映人" in await wang.say(f"问 {M} 哪一盏？")


async def test_a_question_in_danger_gives_way_to_the_next(hall: Hall) -> None:
    wang, li = await asked(hall, "几楼？", danger="gas", clock="danger")
    assert "已问反映人" in await wang.say(f"问 {N} 闻到多久了？")
    await hall.settle()
    assert "闻到多久了" in await li.say(f"查询 {N}")
    assert N in await li.say("半小时")
    assert (await hall.ticket(N)).status is Status.IN_PROGRESS


async def test_asking_takes_what_nobody_took(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await wang.say(f"问 {N} 哪一盏？")
    assert (await hall.ticket(N)).handler == "id-王强"
    assert (await hall.actions(N))[-2:] == [Action.TAKE, Action.ASK]


async def test_a_question_that_has_not_arrived_can_be_taken_back(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    await hall.settle()
    await wang.say(f"问 {N} 哪一盏？")
    assert "已撤销" in await wang.press("撤销")
    assert (await hall.ticket(N)).status is Status.IN_PROGRESS
    await hall.after(hours=1)
    assert not any("哪一盏" in text for text in hall.resident().heard)
    assert (await hall.ticket(N)).work.pauses == 0


async def test_a_question_that_has_arrived_cannot(hall: Hall) -> None:
    wang, _ = await asked(hall)
    assert "已经送达" in await wang.say(f"撤销 {N}")


async def test_quoting_the_question_answers_it_whatever_else_is_open(hall: Hall) -> None:
    _, li = await asked(hall)
    hall.clock.at += timedelta(minutes=5)
    claimed = await hall.store.reader.pushes_of(N)
    assert any(push.key.startswith(f"told:question:{N}") for push in claimed)
    hall.count += 1
    text = await li.say(f"补充 {N} 桥头第二盏")
    assert N in text
    assert (await hall.ticket(N)).status is Status.IN_PROGRESS


async def test_danger_in_an_answer_is_answered_first(hall: Hall) -> None:
    _, li = await asked(hall)
    text = await li.say("不知道，我家现在闻到很重的煤气味，煤气泄漏了")
    assert text.index("119") < text.index(N) if "119" in text else "拨打" in text.split(N)[0]


async def test_the_first_delivery_to_one_of_several_counts(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    other = hall.resident("neighbour")
    await hall.store.commit(Changes(at=MORNING, reporters=[Reporter(N, other.address, "joined", MORNING)]))
    await wang.say(f"接单 {N}")
    await wang.say(f"问 {N} 哪一盏？")
    await hall.settle()
    assert (await hall.ticket(N)).work.pauses == 1
    await other.say("桥头第二盏")
    assert (await hall.ticket(N)).status is Status.IN_PROGRESS
    # Whoever did not answer starts a draft with their next words: nothing waits for them any more.
    assert "还没有提交" in await hall.resident().say("人民公园没有垃圾桶")


async def test_a_sticker_or_thanks_is_no_answer(hall: Hall) -> None:
    _, li = await asked(hall)
    await li.say("谢谢")
    assert (await hall.ticket(N)).status is Status.WAITING_RESIDENT
