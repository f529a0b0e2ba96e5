"""Taking, handing on, notes, news and undo: the real store and router, people who type and tap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from bot.changes import Changes, StaffEvent
from bot.domain.people import Role, Shift
from bot.domain.ticket import Action, Status
from bot.domain.town import LOAD, Town
from bot.runtime.dispatcher import Dispatcher
from handlers.staff import taking
from tests.fakes.town_hall import Hall, Person, town_hall

MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in town
N, M, THIRD = "260304-00011", "260304-00022", "260304-00033"
UNIT = "transport"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, MORNING) as opened:
        yield opened


async def handler(hall: Hall, who: str = "王强", /, **details: object) -> Person:
    return await hall.staff(who, Role.HANDLER, UNIT, **details)


async def test_taking_says_until_when_and_the_resident_hears_of_it(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    text = await wang.say(f"接单 {N}")
    assert "已接单" in text
    assert N in text
    assert "路灯坏了" in text
    assert "3月11日（周三）18:00" in text
    ticket = await hall.ticket(N)
    assert (ticket.status, ticket.handler, ticket.work.taken_at) == (Status.IN_PROGRESS, "id-王强", MORNING)
    await hall.after(minutes=1)
    (heard,) = hall.resident().heard
    assert "已安排人办理" in heard
    assert N in heard


async def test_taking_twice_is_answered_kindly(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    assert "不用再接" in await wang.say(f"接单 {N}")
    assert (await hall.actions(N)).count(Action.TAKE) == 1


async def test_two_take_at_the_same_moment_and_the_other_is_told_who(hall: Hall) -> None:
    people = [await handler(hall, name) for name in ("王强", "李娟")]
    await hall.filed(N, UNIT)
    answers = await asyncio.gather(*(person.say(f"接单 {N}") for person in people))
    winner = (await hall.ticket(N)).handler.removeprefix("id-")
    assert (await hall.actions(N)).count(Action.TAKE) == 1
    assert sorted("已接单：" in text for text in answers) == [False, True]
    (lost,) = (text for text in answers if "已接单：" not in text)
    assert f"已由{winner}接单" in lost


async def test_two_desks_on_one_store_cannot_both_win(hall: Hall) -> None:
    wang, li = await handler(hall), await handler(hall, "李娟")
    await hall.filed(N, UNIT)
    first = hall.dispatcher
    other = Dispatcher(first._desk)  # a second process would have one of its own
    hall.dispatcher = first
    one = asyncio.create_task(wang.say(f"接单 {N}"))
    hall.dispatcher = other
    two = asyncio.create_task(li.say(f"接单 {N}"))
    await asyncio.gather(one, two)
    assert (await hall.actions(N)).count(Action.TAKE) == 1


async def test_a_supervisor_who_takes_an_alert_follows_it_and_the_unit_keeps_the_ticket(hall: Hall) -> None:
    wang = await handler(hall)
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    assert "在跟进" in await chief.say(f"接单 {N}")
    assert (await hall.ticket(N)).handler == "id-王强"
    await hall.after(minutes=11)
    assert any("周敏在跟进" in text for text in wang.heard)


async def test_a_ticket_whose_handler_is_gone_can_be_taken_on_its_way(hall: Hall) -> None:
    wang, li = await handler(hall), await handler(hall, "李娟")
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    ticket = await hall.ticket(N)
    changes = Changes(at=MORNING)
    back = ticket.after(Action.HAND, MORNING, handler="")
    changes.ticket(back, back.event(Action.HAND, MORNING))
    await hall.store.commit(changes)
    assert "已接单" in await li.say(f"接单 {N}")
    assert (await hall.ticket(N)).handler == "id-李娟"


def sharing(town: Town) -> Town:
    return replace(town, units={**town.units, UNIT: replace(town.units[UNIT], assign=LOAD)})


async def test_by_load_the_one_with_least_to_do_gets_it(tmp_path: Path) -> None:
    async with town_hall(tmp_path, MORNING, sharing) as hall:
        wang, li = await handler(hall), await handler(hall, "李娟")
        away = Shift(MORNING, datetime(2026, 3, 20, tzinfo=UTC))
        gone = await handler(hall, "赵忙", away=away)
        await hall.filed(M, UNIT)
        await wang.say(f"接单 {M}")
        ticket = await hall.filed(N, UNIT)
        turn = hall.dispatcher._desk.turn(  # the turn of the desk that opens a unit's box
            (await hall.store.reader.session(wang.address)) or pytest.fail("no session"),
            hall.dispatcher._desk.traits["chat"],
            MORNING,
        )
        people = [person.staff for person in (wang, li, gone) if person.staff]
        given = await taking.by_load(turn, ticket, people)
        assert given.handler == "id-李娟"
        assert given.status is Status.DISPATCHED, "giving is not taking: the clock of taking runs on"
        # The one it was given to a moment ago has one more, though the store does not know yet: a tie goes by name.
        third = await taking.by_load(turn, changed(ticket, number=THIRD), people)
        assert third.handler == "id-李娟" or third.handler == "id-王强"
        assert await taking.by_load(turn, ticket, [gone.staff] if gone.staff else []) == ticket


async def test_by_load_changes_nothing_where_the_first_to_take_has_it(hall: Hall) -> None:
    wang = await handler(hall)
    ticket = await hall.filed(N, UNIT)
    await wang.say("待办")
    desk = hall.dispatcher._desk
    session = await hall.store.reader.session(wang.address)
    assert session is not None
    turn = desk.turn(session, desk.traits["chat"], MORNING)
    assert wang.staff is not None
    assert await taking.by_load(turn, ticket, [wang.staff]) == ticket


async def test_handing_to_a_colleague_by_name_tells_both(hall: Hall) -> None:
    wang, li = await handler(hall), await handler(hall, "李娟")
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    text = await wang.say(f"转给 {N} 李娟 现场在桥头")
    assert "转给李娟" in text
    assert (await hall.ticket(N)).handler == "id-李娟"
    await hall.after(minutes=11)
    assert any("王强把" in heard and N in heard for heard in li.heard)
    assert "不由您办理" in await wang.say(f"进展 {N} 已到场")


async def test_handing_asks_to_whom_and_which_of_two_of_one_name(hall: Hall) -> None:
    wang = await handler(hall)
    await handler(hall, "a", name="李娟", id="one")
    await handler(hall, "b", name="李娟", id="two")
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    assert "转给谁" in await wang.say(f"转给 {N}")
    assert len(wang.last.choices) == 2
    assert "请选一位" in await wang.say(f"转给 {N} 李娟")
    await wang.tap(wang.last.choices[1])
    assert (await hall.ticket(N)).handler == "two"


async def test_nobody_is_handed_what_they_cannot_have(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.staff("外人", Role.HANDLER, "education-bureau")
    away = Shift(MORNING, datetime(2026, 3, 20, tzinfo=UTC))
    await handler(hall, "赵忙", away=away, deputy="id-李娟")
    await handler(hall, "李娟")
    await hall.filed(N, UNIT, filer="李娟")  # her own case
    await wang.say(f"接单 {N}")
    assert "没有别人" in await wang.say(f"转给 {N} 外人"), (
        "of the two colleagues one is away, of the other it is the case"
    )
    assert "代班人是李娟" in await wang.say(f"转给 {N} 赵忙")
    assert "李娟不能办理" in await wang.say(f"转给 {N} 李娟")
    assert (await hall.ticket(N)).handler == "id-王强"


async def test_a_note_stays_inside_and_takes_the_files_of_the_last_ten_minutes(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say("", "photo-1")
    assert "已记录" in await wang.say(f"记录 {N} 已联系路灯所")
    (kept,) = await hall.store.reader.attachments_of(N)
    assert kept.fingerprint == "photo-1"
    await hall.after(hours=5)
    assert not hall.resident().heard
    # The files are used up: the next note has none.
    await wang.say(f"记录 {N} 再记一次")
    assert "enclosed" not in (await hall.store.reader.events(N))[-1].data


async def test_words_wanted_by_a_button_are_the_next_message(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say(f"看 {N}")
    assert "要记什么" in await wang.press("记录")
    assert "已记录" in await wang.say("路灯所下午到")
    assert (await hall.store.reader.events(N))[-1].data["text"] == "路灯所下午到"


async def test_another_command_in_between_ends_the_waiting_for_words(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say(f"看 {N}")
    await wang.press("记录")
    await wang.say("待办")
    assert "没有看懂" in await wang.say("路灯所下午到")
    await wang.say(f"记录 {N}")
    assert "没有改动" in await wang.press("先不写")
    assert "没有看懂" in await wang.say("路灯所下午到")


async def test_nothing_after_a_command_is_asked_for(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    for word in ("进展", "问", "记录"):
        assert N in await wang.say(f"{word} {N}")
        assert word in wang.last.text, "the usage stands in the question"
    for word in ("接单", "看", "进展", "转给", "撤销"):
        assert "请写明是哪一件" in await wang.say(word)


async def test_progress_is_folded_and_too_long_is_refused(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    assert "最多500字" in await wang.say(f"进展 {N} {'灯' * 501}")
    await wang.say(f"进展 {N} 维修队已出发")
    await hall.after(minutes=1)
    assert any("维修队已出发" in text for text in hall.resident().heard)


async def test_undo_takes_back_what_has_not_left(hall: Hall) -> None:
    wang = await handler(hall)
    before = await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    assert "已撤销" in await wang.press("撤销")
    ticket = await hall.ticket(N)
    assert (ticket.status, ticket.handler, ticket.work.taken_at) == (Status.DISPATCHED, "", None)
    assert (ticket.dispatched_at, ticket.due_at) == (before.dispatched_at, before.due_at), "no time is won by it"
    await hall.after(minutes=1)
    assert not hall.resident().heard


async def test_undo_comes_too_late_for_what_the_resident_has_heard(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    await hall.after(minutes=1)
    assert "已经送达" in await wang.say(f"撤销 {N}")
    assert (await hall.ticket(N)).handler == "id-王强"


async def test_undo_of_a_hand_gives_it_back_and_says_so(hall: Hall) -> None:
    wang, li = await handler(hall), await handler(hall, "李娟")
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    await hall.after(minutes=1)
    await wang.say(f"转给 {N} 李娟")
    await wang.press("撤销")
    assert (await hall.ticket(N)).handler == "id-王强"
    await hall.after(minutes=11)
    assert not any("转给您" in text for text in li.heard)


async def test_undo_is_for_the_last_step_and_for_whoever_took_it(hall: Hall) -> None:
    wang, li = await handler(hall), await handler(hall, "李娟")
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    button = wang.token("撤销")
    assert "没有您刚做" in await li.say(f"撤销 {N}")
    await wang.say(f"记录 {N} 又记一笔")
    assert "没有您刚做" in await wang.tap(button), "another step came after it"
    assert "不能撤销" in await wang.say(f"撤销 {N}"), "a note is not taken back"


async def test_an_old_button_on_a_state_that_forbids_it_says_what_is_possible(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say(f"看 {N}")
    old = wang.token("进展")
    ticket = await hall.ticket(N)
    changes = Changes(at=MORNING)
    ended = ticket.after(Action.WITHDRAW, MORNING)
    changes.ticket(ended, ended.event(Action.WITHDRAW, MORNING))
    await hall.store.commit(changes)
    await wang.tap(old)
    text = await wang.say("维修队已出发")
    assert "已撤回" in text
    assert "不能" in text
    assert f"记录 {N}" in text
    assert (await hall.actions(N))[-1] is Action.WITHDRAW, "nothing was kept of it"


async def test_a_button_of_somebody_who_was_removed_does_nothing(hall: Hall) -> None:
    wang = await handler(hall)
    await hall.filed(N, UNIT)
    await wang.say("待办")
    assert wang.staff is not None
    gone = changed(wang.staff, removed_at=MORNING, seq=2)
    event = StaffEvent(staff=gone.id, seq=2, at=MORNING, action="removed", by="desk")
    await hall.store.commit(Changes(at=MORNING, staff=[(gone, event)]))
    await wang.tap(f"{N}:take")
    assert (await hall.ticket(N)).handler == ""
    assert "路灯" not in wang.last.text
