"""Answering: asked step by step, shown as the resident will read it, recalled in time, told at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.people import Role
from bot.domain.ticket import Action, Status
from bot.domain.work import Outcome
from tests.fakes.town_hall import Hall, Person, town_hall

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


async def sent(handler: Person, text: str = f"已解决：{DONE}") -> str:
    await handler.say(f"答复 {N} {text}")
    return await handler.press("发出")


async def test_two_messages_and_two_minutes(hall: Hall, handler: Person) -> None:
    shown = await handler.say(f"答复 {N} 已解决：{DONE}")
    told = f"您反映的“人民路的路灯坏了三天，晚上看不见路”（编号{N}）已经办好：\n{DONE}\n——市交通运输局"
    assert told in shown
    assert "没有附凭证" in shown
    assert "提示" not in shown, "nothing is odd about it"
    assert (await hall.ticket(N)).status is Status.DISPATCHED, "a preview changes nothing"
    assert N in await handler.press("发出")
    submitted = await hall.ticket(N)
    assert (submitted.status, submitted.handler) == (Status.IN_PROGRESS, handler.staff and handler.staff.id)
    assert submitted.work.answer is not None
    assert submitted.work.answer.submitted_at == WEDNESDAY
    await hall.after(seconds=119)
    assert not [text for text in hall.resident().heard if DONE in text], "two minutes are not over"
    await hall.after(seconds=1)
    answered = await hall.ticket(N)
    assert (answered.status, answered.work.answer) == (Status.ANSWERED, None)
    assert answered.work.last_answer is not None
    assert answered.work.last_answer.outcome is Outcome.SOLVED
    asked = f"{told}\n这件事解决了吗？"
    assert hall.resident().heard[-1:] == [asked], "word for word what the preview showed, and the question"
    assert (await hall.actions(N))[-4:] == [Action.TAKE, Action.SUBMIT, Action.ANSWER, Action.REVIEW]


async def test_every_step_is_asked_and_nothing_twice(hall: Hall, handler: Person) -> None:
    assert "请发答复内容" in await handler.say(f"答复 {N}")
    assert "办成什么样" in await handler.say(DONE)
    assert "承诺哪天" in await handler.press("承诺期限")
    assert "没有看懂日期" in await handler.say("过几天")
    assert "已经过了" in await handler.say("2026-03-03")
    assert "我们承诺在3月10日（周二）18:00前办好" in await handler.say("3月10日")
    await handler.press("修改")
    shown = await handler.say("换电缆的材料已经订好，到货当天就换。")
    assert "到货当天就换" in shown
    assert DONE not in shown
    assert "3月10日" in shown, "the date stays when the words change"


async def test_dropped(hall: Hall, handler: Person) -> None:
    await handler.say(f"答复 {N} 已解决：{DONE}")
    send = handler.token("发出")
    assert "没有发出" in await handler.press("不发了")
    assert "没有正在写的答复" in await handler.tap(send)
    assert (await hall.ticket(N)).status is Status.DISPATCHED


async def test_an_old_preview_shows_the_new_one(hall: Hall, handler: Person) -> None:
    await handler.say(f"答复 {N} 已解决：{DONE}")
    old = handler.token("发出")
    await handler.press("修改")
    await handler.say("电缆已经换好，路灯今晚会亮，请您留意。")
    assert "请您留意" in await handler.tap(old)
    assert (await hall.ticket(N)).status is Status.DISPATCHED, "what was sent is what was shown last"


async def test_after_half_an_hour_the_preview_is_gone(hall: Hall, handler: Person) -> None:
    await handler.say(f"答复 {N} 已解决：{DONE}")
    send = handler.token("发出")
    await hall.after(minutes=31)
    assert "没有正在写的答复" in await handler.tap(send)


async def test_evidence_before_and_with_the_command(hall: Hall, handler: Person) -> None:
    await handler.say("", "old")
    await hall.after(minutes=11)
    await handler.say("", "before")
    shown = await handler.say(f"答复 {N} 已解决：{DONE}", "with")
    assert "凭证" in shown
    assert "2" in shown.split("凭证：")[1].split("\n")[0], "the one of eleven minutes ago belongs to nothing"
    send = handler.token("发出")
    await handler.say("", "later")
    assert "请再看一遍" in await handler.tap(send), "what was not shown does not leave"
    await handler.press("发出")
    answer = (await hall.ticket(N)).work.answer
    assert answer is not None
    files = await hall.store.reader.attachments_of(N)
    assert sorted(f.fingerprint for f in files) == ["before", "later", "with"]
    assert sorted(f.id for f in files) == sorted(answer.evidence)


async def test_a_photo_the_ticket_has_already_is_flagged(hall: Hall, handler: Person) -> None:
    await handler.say("", "same")
    await sent(handler)
    await handler.say(f"撤回答复 {N}")
    await handler.press("不发了")
    await handler.say("", "same")
    assert "已有的文件相同" in await handler.say(f"答复 {N} 已解决：{DONE}")


async def test_flags_never_block(hall: Hall, handler: Person) -> None:
    shown = await handler.say(f"答复 {N} 说明 您好，已收悉，正在处理。")
    assert "不到20个字" in shown
    assert "没有说办了什么" in shown
    await handler.press("发出")
    answer = (await hall.ticket(N)).work.answer
    assert answer is not None
    assert set(answer.flags) == {"short", "empty"}


async def test_the_same_words_for_another_ticket_are_flagged(hall: Hall, handler: Person) -> None:
    other = "260304-00022"
    await hall.filed(other, "transport", "other")
    await sent(handler)
    await hall.after(minutes=2)
    assert "和以前的答复完全一样" in await handler.say(f"答复 {other} 已解决：{DONE}")


async def test_recalled_and_changed(hall: Hall, handler: Person) -> None:
    await sent(handler)
    shown = await handler.press("撤回答复")
    assert "已撤回" in shown
    assert DONE in shown, "it lies ready to be changed"
    await hall.after(minutes=5)
    assert hall.resident().heard == []
    recalled = await hall.ticket(N)
    assert (recalled.status, recalled.work.answer) == (Status.IN_PROGRESS, None)
    await handler.press("修改")
    await handler.say("电缆已经换好，路灯今晚会亮，请您留意。")
    await handler.press("发出")
    await hall.after(minutes=2)
    assert "请您留意" in hall.resident().heard[-1]


async def test_what_has_left_cannot_be_recalled(hall: Hall, handler: Person) -> None:
    await sent(handler)
    await hall.after(minutes=2)
    assert "不能撤回" in await handler.say(f"撤回答复 {N}")
    assert (await hall.ticket(N)).status is Status.ANSWERED


async def test_on_its_way_nothing_else_is_begun(hall: Hall, handler: Person) -> None:
    await sent(handler)
    for command in ("答复", "延期", "提级", "不受理", "退件", "承诺"):
        assert "先撤回答复" in await handler.say(f"{command} {N} 3 等配件"), command


async def test_a_canned_answer_is_filled_in(tmp_path: Path) -> None:
    canned = {"repair": "已安排维修，【日期】前修好，联系人{who}。您可随时问我们进展。【注意】注意安全。"}
    async with town_hall(tmp_path, WEDNESDAY, lambda town: replace(town, canned=canned)) as hall:
        await hall.filed(N, "transport")
        handler = await hall.staff("王强", Role.HANDLER, "transport")
        assert "@repair" in await handler.say("模板")
        assert "【日期】" in await handler.say("模板 维修")
        assert "没有这样的" in await handler.say("模板 没有的词")
        assert "没有名为 nothing" in await handler.say(f"答复 {N} @nothing")
        assert "{who}" in await handler.say(f"答复 {N} @repair 3月9日")
        assert "【注意】" in await handler.say("李工")
        await handler.say("施工期间")
        shown = await handler.press("已解决")
        assert "3月9日前修好，联系人李工" in shown
        await handler.press("发出")
        assert (await hall.ticket(N)).work.answer is not None


async def test_a_blank_does_not_leave(hall: Hall, handler: Person) -> None:
    shown = await handler.say(f"答复 {N} 已解决：____已经把路灯修好，今晚会亮，请您留意。")
    assert "____" in shown
    assert [c.label for c in handler.last.choices] == ["不发了"], "nothing to send yet"


async def test_the_answer_is_in_the_residents_language(hall: Hall, handler: Person) -> None:
    await hall.resident().say("/english")
    shown = await handler.say(f"答复 {N} solved: {DONE}")
    assert f"(number {N}), has been done" in shown


async def test_somebody_elses_ticket(hall: Hall) -> None:
    stranger = await hall.staff("李外", Role.HANDLER, "energy")
    first = await stranger.say(f"答复 {N} 已解决：{DONE}")
    second = await stranger.say(f"答复 260304-00033 已解决：{DONE}")
    assert first.replace(N, "") == second.replace("260304-00033", ""), "the same words as for a wrong number"


async def test_a_question_on_its_way_does_not_come_after_the_answer(hall: Hall, handler: Person) -> None:
    await handler.say(f"接单 {N}")
    await handler.say(f"问 {N} 是哪一盏灯？")
    assert (await hall.ticket(N)).status is Status.WAITING_RESIDENT
    await sent(handler)
    hall.clock.advance(timedelta(minutes=2))
    for timer in await hall.store.due_timers(hall.clock.now(), 100):
        if timer.kind == "answer_leaves":
            assert await hall.dispatcher.fire(timer)
    await hall.settle()
    assert not [text for text in hall.resident().heard if "是哪一盏灯" in text]
    answered = await hall.ticket(N)
    assert (answered.status, answered.work.asked_at) == (Status.ANSWERED, None)


async def test_words_under_a_photo_are_the_words_that_were_asked_for(hall: Hall, handler: Person) -> None:
    await handler.say(f"答复 {N}")
    shown = await handler.say(f"已解决：{DONE}", "after")
    assert "居民会看到" in shown
    assert "随附凭证" in shown


async def test_a_refused_command_keeps_its_files(hall: Hall, handler: Person) -> None:
    assert "没有名为" in await handler.say(f"答复 {N} @nothing", "after")
    assert "随附凭证" in await handler.say(f"答复 {N} 已解决：{DONE}")


async def test_what_the_state_forbids_keeps_the_files_too(hall: Hall, handler: Person) -> None:
    await sent(handler)
    await hall.after(minutes=2)
    await handler.say(f"答复 {N} 已解决：{DONE}", "after")
    other = "260304-00022"
    await hall.filed(other, "transport", "other")
    assert "随附凭证" in await handler.say(f"答复 {other} 已解决：{DONE}")


async def test_the_words_of_the_buttons_can_be_typed(hall: Hall, handler: Person) -> None:
    await handler.say(f"答复 {N} 已解决：{DONE}")
    assert "请选发出、修改或不发" in await handler.say("好的")
    await handler.say("修改")
    await handler.say("电缆已经换好，路灯今晚会亮，请您留意。")
    await handler.say("发出")
    assert (await hall.ticket(N)).work.answer is not None


async def test_what_would_be_cut_on_its_way_is_refused(hall: Hall, handler: Person) -> None:
    assert "太长了" in await handler.say(f"答复 {N} 已解决：{'修' * 501}")
    assert "居民会看到" in await handler.say(f"答复 {N} 已解决：{'修' * 500}")
    answer = handler.last.text.split("────────")[1]
    assert len(answer.encode()) < 2000, "it fits one WeChat message"
