"""Answers that somebody else has a say in: promised dates and signatures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.people import Role
from bot.domain.ticket import Status
from bot.domain.work import Matter
from tests.fakes.town_hall import Hall, Person, signing_off, town_hall

N = "260304-00011"
WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
DONE = "路灯线路断了，今天上午已经换好电缆，晚上会亮。"


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


async def sent(handler: Person, text: str = f"已解决：{DONE}") -> str:
    await handler.say(f"答复 {N} {text}")
    return await handler.press("发出")


async def promised(hall: Hall, handler: Person, lead: Person) -> None:
    await handler.say(f"承诺 {N} 3月10日 材料已经订好，到货当天换好电缆。")
    await handler.press("发出")
    await lead.say(f"准 {N}")
    await hall.settle()


async def test_a_promise_waits_for_the_lead_and_is_told(hall: Hall, handler: Person, lead: Person) -> None:
    await handler.say(f"承诺 {N} 3月10日 材料已经订好，到货当天换好电缆。")
    assert "批准" in await handler.press("发出")
    waiting = await hall.ticket(N)
    assert [p.matter for p in waiting.work.proposals] == [Matter.PROMISE]
    assert waiting.work.answer is not None
    assert waiting.work.answer.leaves_at is None
    await hall.after(minutes=10)
    assert [text for text in lead.heard if "承诺期限" in text and "王强" in text]
    assert not [text for text in hall.resident().heard if "承诺" in text]
    assert "不由您决定" in await handler.say(f"准 {N}") or "自己提的" in handler.last.text
    assert "已准" in await lead.say(f"准 {N}")
    await hall.settle()
    answered = await hall.ticket(N)
    tuesday = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
    assert (answered.status, answered.promised_at, answered.work.promise_at) == (Status.ANSWERED, tuesday, tuesday)
    assert "我们承诺在3月10日（周二）18:00前办好" in hall.resident().heard[-1]


async def test_a_lead_needs_no_second_tap(hall: Hall, lead: Person) -> None:
    await lead.say(f"承诺 {N} 3月10日 材料已经订好，到货当天换好电缆。")
    await lead.press("发出")
    await hall.after(minutes=2)
    assert (await hall.ticket(N)).status is Status.ANSWERED


async def test_a_promise_that_was_kept(hall: Hall, handler: Person, lead: Person) -> None:
    await promised(hall, handler, lead)
    await hall.until(datetime(2026, 3, 10, 1, 15, tzinfo=UTC))
    assert [text for text in handler.heard if "承诺的日期" in text]
    assert "记为兑现" in await handler.say(f"兑现 {N} 电缆今早换好了")
    await hall.settle()
    assert "电缆今早换好了" in hall.resident().heard[-1]
    await hall.after(days=2)
    kept = await hall.ticket(N)
    assert (kept.work.promise_at, kept.work.broken_promises) == (None, 0)
    assert "没有等待兑现" in await handler.say(f"兑现 {N} 再说一次")


async def test_a_promise_that_was_broken(hall: Hall, handler: Person, lead: Person, supervisor: Person) -> None:
    await promised(hall, handler, lead)
    await hall.until(datetime(2026, 3, 10, 9, 59, tzinfo=UTC))
    assert (await hall.ticket(N)).work.broken_promises == 0
    await hall.until(datetime(2026, 3, 11, 1, 0, tzinfo=UTC))
    assert (await hall.ticket(N)).work.broken_promises == 1
    for person in (handler, lead, supervisor):
        assert [text for text in person.heard if "没有兑现" in text], person.address


async def test_a_signature(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY, signing_off("transport")) as hall:
        await hall.filed(N, "transport")
        handler = await hall.staff("王强", Role.HANDLER, "transport")
        lead = await hall.staff("赵敏", Role.LEAD, "transport")
        assert "审签" in await handler.say(f"答复 {N} 已解决：{DONE}")
        await handler.press("发出")
        assert "请写原因" in await lead.say(f"不准 {N}")
        assert "未准" in await lead.say("没写清楚哪天修好的")
        back = await hall.ticket(N)
        assert (back.status, back.work.answer, back.work.proposals) == (Status.IN_PROGRESS, None, ())
        assert hall.guide.ladder(back), "the clock runs again"
        await hall.after(minutes=15)
        assert [text for text in handler.heard if "没写清楚哪天修好的" in text]
        assert DONE in await handler.say(f"答复 {N}"), "the words are still there"
        await handler.press("发出")
        await lead.say(f"准 {N}")
        await hall.settle()
        assert (await hall.ticket(N)).status is Status.ANSWERED
        assert DONE in hall.resident().heard[-1], "a signed answer leaves at once"


async def test_an_unsigned_answer_goes_to_the_supervisors_and_is_not_late(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY, signing_off("transport")) as hall:
        ticket = await hall.filed(N, "transport")
        handler = await hall.staff("王强", Role.HANDLER, "transport")
        await hall.staff("赵敏", Role.LEAD, "transport")
        supervisor = await hall.staff("陈督", Role.SUPERVISOR)
        await sent(handler)
        assert ticket.due_at is not None
        await hall.after_working_hours(3.9)
        assert not [text for text in supervisor.heard if "审签" in text]
        await hall.after_working_hours(0.5)
        assert [text for text in supervisor.heard if "审签" in text and "还没有决定" in text]
        await hall.until(ticket.due_at + timedelta(days=5))
        assert not [text for text in supervisor.heard if "超时" in text], "submitting met the deadline"
        assert "已准" in await supervisor.say(f"准 {N}")
        assert (await hall.ticket(N)).status is Status.ANSWERED
