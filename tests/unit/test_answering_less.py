"""A person over their rate: everything is stored, fewer answers leave, and one answer covers all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.changes import Timer
from bot.domain.buckets import Rate
from bot.domain.flood import Figures
from bot.domain.people import Address
from bot.domain.ticket import Action, Event, Status
from bot.message import MessageKind, Reply
from bot.runtime import waiting_room
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.gate import CALM
from bot.turn import Turn
from tests.fakes.small_desk import CHAT, RESIDENT, SmallDesk

AT_ONCE = replace(CHAT, answers_at_once=True)
FEW = Figures(person=Rate(4, 0.1), answers=Rate(6, 0.01), same=3)


def dispatcher(small: SmallDesk, figures: Figures = FEW) -> Dispatcher:
    return Dispatcher(replace(small.desk, flood=figures))


async def said(desk: Dispatcher, small: SmallDesk, count: int, start: int = 0) -> list[str | None]:
    found = []
    for number in range(start, start + count):
        answer = await desk.take(small.message(f"text {number}", key=str(number)))
        found.append(answer.reply.text if answer.reply else None)
    return found


def timers(small: SmallDesk, kind: str) -> list[Timer]:
    return [timer for timer in small.store.timers.values() if timer.kind == kind]


async def test_every_message_is_stored_and_the_first_too_many_gets_one_word() -> None:
    small = SmallDesk(traits=AT_ONCE)
    answers = await said(dispatcher(small), small, 8)
    assert answers[:4] == [f"text {n}" for n in range(4)]
    assert answers[4] == "zh_CN: flood.all_has_come"
    assert answers[5:] == [None] * 3
    assert [c.message.text for c in small.store.commits if c.message] == [f"text {n}" for n in range(8)]
    session = small.store.reader.remembered[RESIDENT]
    assert session.held is not None
    assert (session.held.count, session.held.reply) == (4, Reply("text 7"))
    assert small.count("minsheng_answers_held_total", why="rate") == 4


async def test_a_copy_of_a_message_that_was_not_answered_is_not_answered_either() -> None:
    small = SmallDesk(traits=AT_ONCE)
    desk = dispatcher(small)
    await said(desk, small, 6)
    again = await desk.take(small.message("text 5", key="5"))
    assert again.reply is None
    assert sum(c.message is not None for c in small.store.commits) == 6


async def test_when_it_is_calm_one_answer_covers_all_and_not_before() -> None:
    async def calm(turn: Turn) -> Reply | None:
        held = turn.session.held
        turn.remember(held=None)
        return held.reply if held else None

    small = SmallDesk(traits=AT_ONCE, fire=calm)
    desk = dispatcher(small)
    await said(desk, small, 8)
    [timer] = timers(small, CALM)
    small.clock.at = timer.due_at - timedelta(seconds=1)
    assert (await said(desk, small, 1, 8)) == [None]  # it goes on: less is there again
    small.clock.at = timer.due_at
    assert await desk.fire(timer)
    [later] = timers(small, CALM)
    assert later.due_at > timer.due_at
    assert not small.store.pushes
    small.clock.at = later.due_at
    assert await desk.fire(later)
    assert [push.reply.text for push in small.store.pushes.values()] == ["text 8"]
    assert small.store.reader.remembered[RESIDENT].held is None
    assert (await said(desk, small, 1, 9)) == ["text 9"]


async def test_nobody_else_is_answered_less() -> None:
    small = SmallDesk(traits=AT_ONCE)
    desk = dispatcher(small)
    await said(desk, small, 8)
    answer = await desk.take(small.message("hello", key="other", address=Address("chat", "wang")))
    assert answer.reply == Reply("hello")


async def test_staff_and_receipts_are_never_held_back() -> None:
    async def works(turn: Turn) -> Reply | None:
        assert turn.message is not None
        turn.works_here = turn.message.text == "staff"
        if turn.message.text == "file":
            turn.changes.events.append(Event("260304-00010", 1, turn.now, Action.FILE, Status.FILED, "x"))
        return Reply(turn.message.text)

    small = SmallDesk(traits=AT_ONCE, handle=works)
    desk = dispatcher(small)
    await said(desk, small, 8)
    assert (await desk.take(small.message("more", key="m"))).reply is None
    assert (await desk.take(small.message("staff", key="s"))).reply == Reply("staff")
    assert (await desk.take(small.message("file", key="f"))).reply == Reply("file")


async def test_pages_and_forms_have_limits_of_their_own() -> None:
    small = SmallDesk(traits=AT_ONCE)
    desk = dispatcher(small)
    await said(desk, small, 8)
    assert (await desk.take(small.message("page", key="p", on_page=True))).reply == Reply("page")
    assert (await desk.take(small.message("form", key="f", kind=MessageKind.FORM))).reply == Reply("form")


async def test_all_answers_of_an_hour_hold_back_what_timers_say_too() -> None:
    small = SmallDesk(traits=AT_ONCE)
    desk = dispatcher(small, Figures(person=Rate(100, 1), answers=Rate(3, 0.001), same=50))
    assert (await said(desk, small, 5))[3:] == ["zh_CN: flood.all_has_come", None]
    card = Timer("card", "d1", small.clock.now(), address=RESIDENT)
    assert await desk.fire(card)
    assert not small.store.pushes
    assert small.store.reader.remembered[RESIDENT].held is not None


# Very many at once


async def test_what_cannot_wait_in_memory_is_put_by_and_has_its_turn_in_order() -> None:
    small = SmallDesk(traits=AT_ONCE)
    desk = dispatcher(small, Figures(person=Rate(10_000, 1), answers=Rate(10_000, 1), same=50))
    messages = [small.message(f"text {n:03}", key=f"{n:03}") for n in range(60)]
    answers = await asyncio.gather(*(desk.take(message) for message in messages))
    assert {a.reply.text for a in answers if a.reply} == {f"text {n:03}" for n in range(waiting_room.IN_MEMORY + 1)}
    waiting = len(small.store.reader.waiting)
    assert waiting == 60 - waiting_room.IN_MEMORY - 1
    assert small.count("minsheng_put_by_total") == waiting
    direct = [c.message.text for c in small.store.commits if c.message is not None]
    last = await desk.take(small.message("text 060", key="060"))  # nobody overtakes their own
    assert last.reply is None
    while due := timers(small, waiting_room.PUT_BY):
        small.clock.at = max(timer.due_at for timer in due)
        for timer in due:
            assert await desk.fire(timer)
    assert not small.store.reader.waiting
    told = [c.message.text for c in small.store.commits if c.message is not None]
    assert told == [*direct, *(f"text {n:03}" for n in range(len(direct), 61))]
    assert (await desk.take(small.message("after", key="after"))).reply == Reply("after")


async def test_where_another_process_gave_all_of_it_its_turn_the_next_is_answered_at_once() -> None:
    small = SmallDesk(traits=AT_ONCE)
    desk = dispatcher(small)
    small.store.reader.waiting.append(small.message("old", key="old"))
    await desk.room.recover()
    small.store.reader.waiting.clear()
    assert (await desk.take(small.message("new", key="new"))).reply == Reply("new")
    assert not timers(small, waiting_room.PUT_BY)


async def test_after_a_restart_what_was_put_by_comes_first() -> None:
    small = SmallDesk(traits=AT_ONCE)
    small.store.reader.waiting.append(small.message("old", key="old"))
    desk = dispatcher(small)
    assert await desk.room.recover() == 1
    assert (await desk.take(small.message("new", key="new"))).reply is None
    [timer] = timers(small, waiting_room.PUT_BY)
    small.clock.at = timer.due_at
    assert await desk.fire(timer)
    assert [c.message.text for c in small.store.commits if c.message is not None] == ["old", "new"]
